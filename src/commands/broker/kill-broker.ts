import { type SessionRef, writeBroker } from "../../broker/store/broker-record.ts";
import { readWaiting, writeMessage } from "../../broker/store/queue.ts";
import { readSessionView, type SessionView } from "../../broker/store/read-session.ts";
import { markersOf, powerPlace } from "../../run/power-place.ts";
import { sessionMarkers } from "../../sys/environment.ts";
import { isAlive } from "../../sys/owner.ts";
import { stillRoots, stopProcesses } from "../../sys/stop-processes.ts";
import { ownerOf } from "./reach.ts";

export const STOP_REASON = "codex_broker stop";
const TERM_MS = 600;

/** What a stop found. */
export interface Stopped {
  killed: string[];
  left: string[];
  undelivered: number;
  note: string | null;
}

/** Ends a broker that does not answer as what it is, a process, and writes down what it can't write any more. */
export async function killBroker(ref: SessionRef, view: SessionView): Promise<Stopped> {
  const { broker, run } = view;
  const live = run && run.view.state !== "ended" ? { dir: run.dir, ...run.view } : undefined;
  const owner = ownerOf(view);
  const codex = broker?.record.codex_process ?? live?.status.codex;
  const markers = live
    ? markersOf(powerPlace(live.dir, live.request), live.request.runId)
    : sessionMarkers(ref.brokerId);
  const roots = [...(owner && isAlive(owner) ? [owner.pid] : []), ...stillRoots(codex)];
  const { killed, left } = await stopProcesses({ markers, roots }, TERM_MS);
  const waiting = readWaiting(ref);
  for (const message of waiting)
    writeMessage(ref, { ...message, state: "undelivered", why: `the session was stopped: ${STOP_REASON}` });
  await markStopped(ref, killed);
  return { killed, left, undelivered: waiting.length, note: "its broker did not answer and was killed" };
}

/** The reader makes it lost, with its run; that somebody wanted it so is more than that. */
async function markStopped(ref: SessionRef, killed: readonly string[]): Promise<void> {
  const { broker } = await readSessionView(ref);
  const ended = broker?.record.ended;
  if (!broker || ended?.how !== "lost") return;
  const { number, record } = broker;
  const processes = { ...ended.processes, killed: [...killed, ...ended.processes.killed] };
  const reason = `${STOP_REASON}: the broker did not answer and was killed`;
  writeBroker(ref, number, { ...record, ended: { ...ended, how: "stopped", reason, processes } });
}
