import type { Command } from "../../sys/spawn.ts";

/** How an app-server is started. A file of its own that loads nothing: the broker starts Codex with it before all else. */
export const appServerCommand = (
  codex: { command: string; args: readonly string[] },
  cwd: string,
  env: NodeJS.ProcessEnv,
): Command => ({
  command: codex.command,
  args: [...codex.args, "app-server"],
  cwd,
  env,
});
