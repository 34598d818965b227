import { lstatSync } from "node:fs";
import {
  latestBroker,
  type NumberedBroker,
  type SessionRef,
  sessionDir,
  sessionPath,
} from "../../../broker/store/broker-record.ts";
import { readQueue, unreadMessages } from "../../../broker/store/queue.ts";
import { isAtWork, trueBroker } from "../../../broker/store/true-broker.ts";
import { AskCodexError, messageOf } from "../../../core/errors.ts";
import { SessionRecord } from "../../../core/record.ts";
import type { Message } from "../../../core/session.ts";
import { parseIfThere } from "../../../run/record.ts";
import { isThere } from "../../../sys/files.ts";

/** A session with all that is kept of it: its record, and the folder that a live one has. */
export type FoundSession = { id: string } & (
  | OverSession
  | { state: "live" }
  | { state: "unreadable"; path: string; reason: string }
);

export interface OverSession {
  id: string;
  state: "over";
  ref: SessionRef;
  /** Its last broker; undefined where there was none, or where it was one of a run. */
  broker: NumberedBroker | undefined;
  thread: string | null;
  runs: readonly string[];
  /** Whether a message in it still waits to be delivered. */
  isWaiting: boolean;
  endedAt: number;
}

/**
 * A session whose broker is dead is made `lost` on the way, if that is wanted. None where another gc removes it at this
 * moment.
 */
export async function lookAtSession(ref: SessionRef, reconcile: boolean): Promise<FoundSession[]> {
  try {
    return [await readOne(ref, reconcile)];
  } catch (error) {
    const path = [sessionPath(ref), sessionDir(ref)].find(isThere);
    return path === undefined ? [] : [{ id: ref.brokerId, state: "unreadable", path, reason: messageOf(error) }];
  }
}

async function readOne(ref: SessionRef, reconcile: boolean): Promise<FoundSession> {
  const id = ref.brokerId;
  const session = parseIfThere(sessionPath(ref), SessionRecord);
  const broker = reconcile ? await trueBroker(ref) : latestBroker(ref);
  if (broker && isAtWork(ref, broker)) return { id, state: "live" };
  const [unread] = unreadMessages(ref);
  if (unread !== undefined) throw new AskCodexError("failed", unread);
  const queue = readQueue(ref);
  return {
    id,
    state: "over",
    ref,
    broker,
    thread: session?.session_id ?? null,
    runs: [...(session?.runs ?? []), ...consumedIn(queue)],
    isWaiting: queue.some((message) => message.state === "queued"),
    endedAt: Math.max(session ? Date.parse(session.updated_at) : 0, endOf(ref, broker)),
  };
}

const consumedIn = (queue: readonly Message[]): string[] => queue.flatMap((message) => message.run_id ?? []);

/** Nobody knows when a lost broker died, and it may have been found dead only now: its start counts. */
function endOf(ref: SessionRef, broker: NumberedBroker | undefined): number {
  if (broker === undefined) return lstatSync(sessionDir(ref), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const { ended, created_at: createdAt } = broker.record;
  return Date.parse(ended === null || ended.how === "lost" ? createdAt : ended.at);
}
