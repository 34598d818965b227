import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import * as z from "zod";
import { attempt, readIfThere } from "../sys/files.ts";
import { codexHome } from "../sys/user-home.ts";

/** The real path of the directory that Codex keeps its login and settings in: an account is known by it. */
export function codexHomeOf(env: NodeJS.ProcessEnv): string {
  const named = resolve(codexHome(env));
  return attempt(() => realpathSync(named)) ?? named;
}

/** Where it is kept what was last heard of the quota of a Codex home. */
export const quotaPath = (home: string, codexHome: string): string =>
  join(home, "quota", `${createHash("sha256").update(codexHome).digest("hex").slice(0, 12)}.json`);

const Login = z.looseObject({ auth_mode: z.string().nullish(), tokens: z.looseObject({}) });

/**
 * Whether Codex can be asked for the quota: only a ChatGPT login has one (CODEX.md 7). Looks at what auth.json has, not
 * at what it says. A login that lies in the system's keyring is not seen: its quota is unknown until a run has told it.
 */
export function hasChatGptLogin(codexHome: string): boolean {
  const login = attempt(() => Login.safeParse(JSON.parse(readIfThere(join(codexHome, "auth.json")) ?? "null")).data);
  return login !== undefined && login.auth_mode !== "apikey";
}
