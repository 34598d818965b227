import { homedir } from "node:os";
import { join } from "node:path";
import { readVariable } from "./environment.ts";
import { PLATFORM } from "./platform.ts";

/**
 * The user's home as Codex finds it: HOME, and on Windows the profile, whatever HOME a Git Bash has set. "" where there
 * is none.
 */
export function userHome(env: NodeJS.ProcessEnv, platform = PLATFORM): string {
  return (platform === "win32" ? readVariable(env, "USERPROFILE", platform) : env.HOME) || homedir();
}

/** Where Codex keeps its login, its settings and its sessions. */
export const codexHome = (env: NodeJS.ProcessEnv, platform = PLATFORM): string =>
  readVariable(env, "CODEX_HOME", platform) || join(userHome(env, platform), ".codex");
