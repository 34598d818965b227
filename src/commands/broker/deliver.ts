import { setTimeout as sleep } from "node:timers/promises";
import { isCut } from "../../broker/line.ts";
import type { SendParams, SendResult } from "../../broker/protocol.ts";
import type { SessionRef } from "../../broker/store/broker-record.ts";
import { readQueue } from "../../broker/store/queue.ts";
import { readSessionView, type SessionView } from "../../broker/store/read-session.ts";
import { AskCodexError } from "../../core/errors.ts";
import { reachBroker } from "./reach.ts";

/**
 * Gives a message to the broker of a session. A broker that dies on the way may have taken it: then its queue on the
 * disk says so, and else it was not taken and may be sent again.
 */
export async function deliver(ref: SessionRef, params: SendParams, seen?: SessionView): Promise<SendResult> {
  const line = await reachBroker(ref, seen);
  try {
    return await line.send(params);
  } catch (error) {
    if (!isCut(error)) throw error;
    return await findTaken(ref, params.message_id);
  } finally {
    line.close();
  }
}

const LOOK_AGAIN_MS = 50;
const LOOKS = 20;

async function findTaken(ref: SessionRef, messageId: string): Promise<SendResult> {
  for (let look = 1; look <= LOOKS; look++) {
    const { broker, waiting } = await readSessionView(ref);
    const message = readQueue(ref).find((one) => one.message_id === messageId);
    if (message?.state === "consumed" && message.run_id !== null)
      return {
        delivery: message.delivery === "steer" ? "steered" : "started",
        run_id: message.run_id,
        queue_depth: waiting.length,
        note: "the broker was gone before it answered",
      };
    if (message?.state === "queued")
      return {
        delivery: "queued",
        run_id: message.request.runId,
        queue_depth: waiting.length,
        note: `the broker died, and the message waits: codex_broker resume ${ref.brokerId} goes on with it`,
      };
    if (message)
      throw new AskCodexError("refused", message.why ?? "the session was stopped before it got the message", {
        hint: `codex_broker resume ${ref.brokerId} makes it live again; then send it again`,
      });
    if (broker === undefined || broker.record.ended) break;
    await sleep(LOOK_AGAIN_MS);
  }
  throw new AskCodexError("lost", "the broker was gone before it took the message: not taken", {
    hint: `codex_broker resume ${ref.brokerId} makes the session live again; then send it again`,
  });
}
