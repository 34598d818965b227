import type { Background } from "../../core/request.ts";
import type { Draft } from "../../packet/draft.ts";
import { ownerOf } from "../../sys/owner.ts";

/** How many background runs go on at a time where nobody says another number. */
export const MAX_PARALLEL = 4;

/**
 * How a run begins that nobody waits for, and whom its end is for. One that is carried out among others (`inLine`)
 * begins when its turn comes there, and takes no place among the background runs.
 */
export const planBackground = (values: Draft, env: NodeJS.ProcessEnv, inLine: boolean): Background => ({
  claude: claudeOf(env),
  maxParallel: inLine ? 0 : (values.maxParallel ?? MAX_PARALLEL),
  notBefore: null,
});

/** The Claude Code session that a command runs in; it tells its process as CLAUDE_PID (CLAUDE-CODE.md 5). */
export function claudeOf({
  CLAUDE_CODE_SESSION_ID: session,
  CLAUDE_PID: pid,
}: NodeJS.ProcessEnv): Background["claude"] {
  if (session === undefined || session === "") return null;
  const number = Number(pid);
  return { session, owner: (Number.isInteger(number) && number > 0 ? ownerOf(number) : undefined) ?? null };
}
