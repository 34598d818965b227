import { readMessage } from "../../broker/store/queue.ts";
import type { SessionView } from "../../broker/store/read-session.ts";
import type { SessionRecord } from "../../core/record.ts";
import type { RunRequest } from "../../core/request.ts";
import { readRequest } from "../../run/record.ts";

/** What a session may do, for whoever plans its next run: its record, or what it was begun with as long as it has no thread. */
export function sessionOf(view: SessionView): SessionRecord | undefined {
  if (view.session) return view.session;
  const { broker, run, ref } = view;
  const first = broker ? readMessage(ref, 1)?.request : undefined;
  const request = first ?? (run && readRequest(run.dir));
  // A run that ended without a thread has told Codex nothing, so the next one tells it all; one that was lost comes again.
  const untold = run?.view.state === "ended" && run.view.receipt.verdict !== "lost";
  return request && begunWith(request, untold ? [] : [request.runId]);
}

const begunWith = (request: RunRequest, runs: string[]): SessionRecord => ({
  version: 1,
  broker_id: request.brokerId,
  session_id: request.threadId ?? null,
  workspace: request.workspace,
  role: request.packet.role,
  power: request.power,
  engine: request.engine,
  model: request.model ?? null,
  reasoning: request.reasoning ?? null,
  tokens: null,
  runs,
  // Only a thread that Codex had before is known to the first request of a session.
  ...(request.threadId === undefined ? {} : { adopted: true }),
  created_at: request.createdAt,
  updated_at: request.createdAt,
});
