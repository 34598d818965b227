import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { messageOf } from "../core/errors.ts";
import { InboxClaim, type InboxRead, type What } from "../core/inbox.ts";
import { toJson } from "../run/create-record.ts";
import { latestNumber } from "../run/numbered-file.ts";
import { listDir, parseIfThere } from "../run/record.ts";
import { attempt, isThere } from "../sys/files.ts";
import { makeLastingDir, makeOnce } from "../sys/lasting-files.ts";
import { inboxDir } from "../sys/paths.ts";
import type { Party } from "./whom.ts";

/** Everything that the inbox keeps of an item lies in the folder of its run; the id of a call is any text, so it is hashed. */
const itemDir = (dir: string, what: What): string => join(inboxDir(dir), nameOf(what));

const nameOf = (what: What): string =>
  what === "finished" || what === "unreadable"
    ? what
    : `question-${createHash("sha256").update(what).digest("hex").slice(0, 16)}`;

const readPath = (dir: string, what: What): string => join(itemDir(dir, what), "read.json");

export const isAcknowledged = (dir: string, what: What): boolean => isThere(readPath(dir, what));

/** Notes that an item was read, for good; the first note stays. Survives a power failure. */
export function writeRead(dir: string, what: What, by: string | null): void {
  // A record that gc has just removed is not made anew.
  if (!isThere(dir)) return;
  const read: InboxRead = { version: 1, run_id: basename(dir), what, by, at: new Date().toISOString() };
  makeLastingDir(itemDir(dir, what));
  makeOnce(readPath(dir, what), toJson(read));
}

/** Notes that what a hook printed of an item has reached Claude Code. */
export function markTold(dir: string, what: What): void {
  if (isThere(dir)) makeOnce(join(itemDir(dir, what), "told"), "");
}

export const wasTold = (dir: string, what: What): boolean => isThere(join(itemDir(dir, what), "told"));

export interface NumberedClaim {
  number: number;
  /** undefined: nobody was shown the item, or what was noted can't be read: shown again is better than lost. */
  claim: InboxClaim | undefined;
  /** Why it can't be read. */
  fault?: string;
}

/** To whom an item was shown last. */
export function latestClaim(dir: string, what: What): NumberedClaim {
  const folder = itemDir(dir, what);
  const number = latestNumber(folder);
  try {
    return { number, claim: parseIfThere(join(folder, `${number}.json`), InboxClaim) };
  } catch (error) {
    return { number, claim: undefined, fault: messageOf(error) };
  }
}

/**
 * Takes an item for a session, behind the claim number `after` that was seen to stand no more. Making the file with the
 * next number fails for the second of two (false), so that they never both show it. A claim that can't be written, on a
 * full disk, keeps nobody from reading.
 */
export function claimItem(dir: string, what: What, { session, owner }: Party, after: number): boolean {
  const claim: InboxClaim = { version: 1, run_id: basename(dir), what, session, owner, at: new Date().toISOString() };
  const made = attempt(() => {
    if (!isThere(dir)) return false;
    makeLastingDir(itemDir(dir, what));
    return makeOnce(join(itemDir(dir, what), `${after + 1}.json`), toJson(claim));
  });
  return made ?? true;
}

/** What of a run was shown to anybody and is not acknowledged, by the claims that can be read. */
export function openClaims(dir: string): InboxClaim[] {
  return listDir(inboxDir(dir)).flatMap((name) => {
    const folder = join(inboxDir(dir), name);
    const number = latestNumber(folder);
    if (number === 0 || isThere(join(folder, "read.json"))) return [];
    return attempt(() => parseIfThere(join(folder, `${number}.json`), InboxClaim)) ?? [];
  });
}
