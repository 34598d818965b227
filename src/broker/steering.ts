import type { Message } from "../core/session.ts";
import { attempt } from "../sys/files.ts";
import type { SessionRef } from "./store/broker-record.ts";
import { writeMessage } from "./store/queue.ts";

/** The messages that were put into the turn that goes on, until it is known what became of them. */
export interface Steering {
  /** Puts a message into a turn; false: it was too late, and the message waits for a turn of its own. */
  put(message: Message, steer: (messageId: string, text: string) => Promise<boolean>): Promise<boolean>;
  /** Codex has given it to the model. */
  consumed(messageId: string, runId: string): void;
  /** The turn is over: what Codex did not give to the model waits for a turn of its own. */
  release(runId: string, completed: boolean): void;
  has(messageId: string): boolean;
}

export function createSteering(ref: SessionRef): Steering {
  const pending = new Map<string, Steered>();
  // An older Codex does not say that it gave a message to the model; one that does always says it.
  let tells = false;
  const consume = (id: string, runId: string) => {
    const one = pending.get(id);
    pending.delete(id);
    if (one) writeMessage(ref, { ...one.message, state: "consumed", run_id: runId, why: null });
  };
  /** On the disk it has waited all the time; only the reason is news. */
  const waits = (id: string, why: string) => {
    const one = pending.get(id);
    pending.delete(id);
    if (!one) return;
    one.late = true;
    attempt(() => writeMessage(ref, { ...one.message, state: "queued", run_id: null, why }));
  };
  return {
    async put(message, steer) {
      const { message_id: id } = message;
      const one: Steered = { message, taken: false, late: false };
      pending.set(id, one);
      one.taken = await steer(id, message.text);
      if (!one.taken) waits(id, "no turn was under way any more, so it waits for its own");
      // The turn may have ended while Codex took it.
      return !one.late;
    },
    consumed(messageId, runId) {
      tells = true;
      consume(messageId, runId);
    },
    release(runId, completed) {
      for (const [id, { taken }] of [...pending]) {
        if (completed && taken && !tells) consume(id, runId);
        else waits(id, "the turn ended before Codex gave it to the model, so it waits for its own");
      }
    },
    has: (messageId) => pending.has(messageId),
  };
}

interface Steered {
  message: Message;
  /** Codex has it, and will give it to the model when it can. */
  taken: boolean;
  late: boolean;
}
