import type { What } from "../core/inbox.ts";
import type { RunRequest } from "../core/request.ts";
import { isAlive } from "../sys/owner.ts";
import { writeRead } from "./item-store.ts";

/**
 * Notes that somebody (a session, null: a person) has read how a run ended, or what it asks: the inbox shows that to
 * nobody any more. Throws where it can't be noted.
 */
export const acknowledge = (dir: string, what: What, by: string | null): void => writeRead(dir, what, by);

/**
 * Whether the caller is the one that the end of a background run is for: the Claude session that started it, another
 * session of the same process, or anybody where no session did. No run that somebody waited for is in the inbox.
 */
export function isAddressee({ background }: RunRequest, env: NodeJS.ProcessEnv): boolean {
  if (background === undefined) return false;
  const { claude } = background;
  if (claude === null || claude.session === env.CLAUDE_CODE_SESSION_ID) return true;
  return claude.owner !== null && String(claude.owner.pid) === env.CLAUDE_PID && isAlive(claude.owner);
}
