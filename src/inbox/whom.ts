import type { Owner } from "../core/request.ts";

/** A Claude Code session, and its process where that is known. */
export interface Party {
  session: string;
  owner: Owner | null;
}

/** What decides whom an item is for. */
export interface Due {
  /** The session that started the run; null: none did. */
  claude: Party | null;
  /** When the run ended or asked, in milliseconds. */
  since: number;
  /** Whom it was shown to last. */
  claim: (Party & { at: string }) | undefined;
}

/** The machine at the moment of a look. */
export interface Look {
  isAlive(owner: Owner): boolean;
  now: number;
}

/** How long a session counts as alive whose process nobody knows. */
const UNKNOWN_MS = 3_600_000;

/**
 * What a caller does with an item that nobody acknowledged: `show`, `take` (show it once it is claimed) or `leave` it to
 * another one. A caller that is no session, a person in a terminal, sees everything and takes nothing. Pure.
 */
export function whatToDo({ claude, since, claim }: Due, caller: Party | null, look: Look): "show" | "take" | "leave" {
  if (caller === null) return "show";
  if (claim !== undefined && mayLive(claim, Date.parse(claim.at), look)) {
    if (!isSame(claim, caller)) return "leave";
    // A claim that names the process stands for as long as the process.
    return claim.owner === null && caller.owner !== null ? "take" : "show";
  }
  return claude === null || isSame(claude, caller) || !mayLive(claude, since, look) ? "take" : "leave";
}

/** Whether a session is still there to read what it is due. */
export const mayLive = ({ owner }: Party, since: number, { isAlive, now }: Look): boolean =>
  owner === null ? now - since < UNKNOWN_MS : isAlive(owner);

/** One session, or one Claude Code: `/clear` begins another session in the same process, and the first is never seen again. */
export const isSame = (one: Party, other: Party): boolean =>
  one.session === other.session ||
  (one.owner !== null &&
    other.owner !== null &&
    one.owner.pid === other.owner.pid &&
    one.owner.startTime === other.owner.startTime &&
    one.owner.bootId === other.owner.bootId);
