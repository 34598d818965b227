import type { InboxClaim } from "../core/inbox.ts";
import type { Owner } from "../core/request.ts";
import { isAlive } from "../sys/owner.ts";
import { type Content, findItems, type InboxItem, type Where } from "./find-items.ts";
import { claimItem, isAcknowledged, latestClaim } from "./item-store.ts";
import { isSame, type Look, mayLive, type Party, whatToDo } from "./whom.ts";

/** An item that the caller is shown. */
export interface TakenItem extends InboxItem {
  content: Content;
  /** For a person: the session that it is for, and whether it may still be there; null: whoever asks first. */
  owed: { session: string; alive: boolean } | null;
}

export interface TakeOptions extends Where {
  /** Whether so many find room; asked before the last of them is claimed. */
  fits(items: readonly TakenItem[]): boolean;
  /** Leaves out what this caller holds a claim on: a hook that says it at every prompt would only cost. */
  leaveOut?(item: InboxItem, claim: InboxClaim): boolean;
}

export interface Taken {
  items: TakenItem[];
  /** So many are left that the caller is due. */
  more: number;
  /** What is noted of an item and can't be read, a sentence each. */
  faults: string[];
}

/**
 * Claims what the caller is due, as much of it as finds room, and counts the rest. What is claimed here was claimed by
 * this caller before, or will be by nobody else while it lives.
 */
export async function takeItems(options: TakeOptions): Promise<Taken> {
  const { caller, now } = options;
  const look: Look = { now, isAlive: rememberAlive() };
  const items: TakenItem[] = [];
  const faults: string[] = [];
  let more = 0;
  for (const item of await findItems(options)) {
    const { number, claim, fault } = latestClaim(item.dir, item.what);
    if (fault !== undefined) faults.push(fault);
    const todo = whatToDo({ ...item, claim }, caller, look);
    if (todo === "leave") continue;
    if (claim && caller && isSame(claim, caller) && options.leaveOut?.(item, claim)) continue;
    const taken = more > 0 ? undefined : { ...item, content: item.read(), owed: owedTo(item, claim, look) };
    if (taken === undefined || !options.fits([...items, taken])) more++;
    else if (todo === "show" || (caller && takeFor(item, caller, number))) items.push(taken);
  }
  return { items, more, faults };
}

/** Whoever died with it in hand may have acknowledged it between our two looks. */
const takeFor = ({ dir, what }: InboxItem, caller: Party, after: number): boolean =>
  claimItem(dir, what, caller, after) && !isAcknowledged(dir, what);

function owedTo({ claude, since }: InboxItem, claim: (Party & { at: string }) | undefined, look: Look) {
  const last =
    claim && mayLive(claim, Date.parse(claim.at), look) ? { party: claim, since: Date.parse(claim.at) } : undefined;
  const due = last ?? (claude && { party: claude, since });
  return due && { session: due.party.session, alive: mayLive(due.party, due.since, look) };
}

/** Many items are due to the same few sessions. */
function rememberAlive(): (owner: Owner) => boolean {
  const known = new Map<string, boolean>();
  return (owner) => {
    const key = JSON.stringify(owner);
    const alive = known.get(key) ?? isAlive(owner);
    known.set(key, alive);
    return alive;
  };
}
