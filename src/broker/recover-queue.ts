import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { newRunId } from "../core/ids.ts";
import type { SessionRecord } from "../core/record.ts";
import type { Message } from "../core/session.ts";
import { headOfGoal, threadHolds } from "../engine/find-thread.ts";
import { readReceipt, readStatus } from "../run/record.ts";
import { readSession } from "../run/session-record.ts";
import { runDir } from "../sys/paths.ts";
import type { Seat } from "./seat.ts";
import { readConsumed, readWaiting, writeMessage } from "./store/queue.ts";

/**
 * Puts right what a broker that ended in the middle has left between a message and its run: what Codex was given is
 * consumed, what it never heard of waits again. Only for who holds the session: no run of it lives then.
 */
export function recoverQueue(seat: Seat, env: NodeJS.ProcessEnv): void {
  const session = readSession(seat.home, seat.workspace, seat.brokerId);
  const threadId = session?.session_id ?? undefined;
  // What was sent to Codex and is not in its thread was never read: killed early, it leaves no file, or one without it.
  const isUnheard = ({ request }: Message): boolean =>
    threadId !== undefined && !threadHolds(env, threadId, headOfGoal(request.packet.goal));
  for (const message of readWaiting(seat.ref)) {
    const steeredInto = message.delivery === "steer" && session ? givenIn(session, message, env) : undefined;
    if (steeredInto !== undefined) {
      writeMessage(seat.ref, { ...message, state: "consumed", run_id: steeredInto });
      continue;
    }
    const dir = dirOf(seat, message.request.runId);
    if (!existsSync(dir)) continue;
    // The broker ended before it began the run: nothing is in the record that the message does not have.
    if (!isWhole(dir) || (!wasSent(dir) && !isOver(dir))) rmSync(dir, { recursive: true, force: true });
    else if (wasLost(dir, () => isUnheard(message))) giveBack(seat, message);
    else writeMessage(seat.ref, { ...message, state: "consumed", run_id: message.request.runId });
  }
  const last = readConsumed(seat.ref);
  if (last && last.run_id === last.request.runId && wasLost(dirOf(seat, last.run_id), () => isUnheard(last)))
    giveBack(seat, last);
}

/** The run that a steered message was consumed in, though nobody could write that down any more: Codex's thread knows. */
function givenIn(session: SessionRecord, { message_id }: Message, env: NodeJS.ProcessEnv): string | undefined {
  if (session.session_id === null || !threadHolds(env, session.session_id, message_id)) return undefined;
  return session.runs.at(-1);
}

const dirOf = ({ home, workspace }: Seat, runId: string): string => runDir(home, workspace, runId);

/** The request is what a record gets last. */
const isWhole = (dir: string): boolean => existsSync(join(dir, "request.json"));
const isOver = (dir: string): boolean => existsSync(join(dir, "result.json"));
const wasSent = (dir: string): boolean => readStatus(dir).sent === true;

/** Lost before Codex heard of it; a reader may not have been able to write that down. */
const wasLost = (dir: string, isUnheard: () => boolean): boolean =>
  isWhole(dir) && (readReceipt(dir)?.verdict ?? "lost") === "lost" && (!wasSent(dir) || isUnheard());

function giveBack({ ref }: Seat, message: Message): void {
  const why = `the run ${message.request.runId} was lost before Codex was given it`;
  const request = { ...message.request, runId: newRunId(new Date()) };
  writeMessage(ref, { ...message, request, state: "queued", run_id: null, why });
}
