import { readQueue } from "../../broker/store/queue.ts";
import type { SessionView } from "../../broker/store/read-session.ts";
import type { Message } from "../../core/session.ts";

/** The runs of a session in the order in which they ran; those that never came to a thread are in no session record. */
export function sessionRuns(view: SessionView, queue: readonly Message[] = readQueue(view.ref)): string[] {
  const known = view.session?.runs ?? [];
  const consumed = queue.flatMap(({ run_id: id }) => (id === null ? [] : [id])).sort();
  const all = new Set([...consumed.filter((id) => !known.includes(id)), ...known]);
  if (view.run) {
    all.delete(view.run.runId);
    all.add(view.run.runId);
  }
  return [...all];
}
