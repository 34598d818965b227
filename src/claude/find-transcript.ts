import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { usageError } from "../core/errors.ts";
import { attempt } from "../sys/files.ts";
import { userHome } from "../sys/user-home.ts";

const SESSION_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a word names a transcript by its shape: a session id, or the path of a JSONL file. */
export const namesTranscript = (word: string): boolean => SESSION_ID.test(word) || /\.jsonl$/i.test(word);

/** Where Claude Code keeps what is its own (CLAUDE-CODE.md 1). */
export const claudeConfigDir = (env: NodeJS.ProcessEnv): string =>
  resolve(env.CLAUDE_CONFIG_DIR || join(userHome(env), ".claude"));

/** The transcript that a word means: a session id or a path; without a word that of the session that calls us. */
export function findTranscript(word: string | undefined, env: NodeJS.ProcessEnv, cwd: string): string {
  const session = word ?? env.CLAUDE_CODE_SESSION_ID;
  if (!session)
    throw usageError(
      "no session of Claude Code calls this: CLAUDE_CODE_SESSION_ID is not set",
      "name a transcript or a session id: codex_broker start --from-claude=ID",
    );
  if (!SESSION_ID.test(session)) {
    if (word === undefined)
      throw usageError(`CLAUDE_CODE_SESSION_ID is ${JSON.stringify(session)}, which is no session id`);
    return resolve(cwd, word);
  }
  const config = claudeConfigDir(env);
  const found = transcriptsOf(session, join(config, "projects"));
  if (found[0] !== undefined) return found[0];
  throw usageError(
    `there is no transcript of the session ${session} below ${join(config, "projects")}`,
    "name its file, or set CLAUDE_CONFIG_DIR to the folder of Claude Code that has it",
  );
}

/**
 * `projects/<the project's path, other characters than letters and digits as dashes>/<session id>.jsonl`. Every project is
 * looked into, for the session may have begun elsewhere; the one that was written last comes first.
 */
function transcriptsOf(session: string, projects: string): string[] {
  const dirs = attempt(() => readdirSync(projects)) ?? [];
  return dirs
    .map((project) => join(projects, project, `${session}.jsonl`))
    .filter(existsSync)
    .toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
}
