import { messageOf } from "../core/errors.ts";
import type { EndedProcesses } from "../core/record.ts";
import type { BrokerEnd } from "../core/session.ts";
import type { Equipment } from "./equipment.ts";
import type { StopResult } from "./protocol.ts";
import type { Seat } from "./seat.ts";
import { readWaiting, writeMessage } from "./store/queue.ts";

export interface Closing extends Pick<BrokerEnd, "how" | "reason"> {
  seat: Seat;
  equipment: Equipment;
  /** Whether a user ended it, so that nobody will get what still waits. */
  isAsked: boolean;
  /** What the end of the run that was stopped with the session took. */
  stopped: EndedProcesses | undefined;
}

/**
 * Ends what is left of a session, and writes down how it ended. Whoever asked for the end is always told what was
 * found; `unwritten` is why it is not in the record.
 */
export async function closeSession(closing: Closing): Promise<{ result: StopResult; unwritten: unknown }> {
  const { seat, how, isAsked, stopped } = closing;
  const { processes, reason } = await endProcesses(closing);
  const result: StopResult = { processes: together(stopped ?? NOTHING, processes), undelivered: [] };
  try {
    // A session that ended for another reason is resumed with them.
    const waiting = isAsked ? readWaiting(seat.ref) : [];
    result.undelivered = waiting.map((message) => message.message_id);
    for (const message of waiting)
      writeMessage(seat.ref, { ...message, state: "undelivered", why: `the session was stopped: ${reason}` });
    seat.writeEnd({ at: new Date().toISOString(), how, reason, processes: result.processes });
    return { result, unwritten: undefined };
  } catch (error) {
    return { result, unwritten: error };
  }
}

async function endProcesses({ equipment, reason }: Closing): Promise<{ processes: EndedProcesses; reason: string }> {
  try {
    return { processes: await equipment.close(), reason };
  } catch (error) {
    return { processes: NOTHING, reason: `${reason} (${messageOf(error)})` };
  }
}

const NOTHING: EndedProcesses = { killed: [], left: [], removed_dirs: [] };

const together = (one: EndedProcesses, other: EndedProcesses): EndedProcesses => ({
  killed: [...one.killed, ...other.killed],
  left: [...new Set([...one.left, ...other.left])],
  removed_dirs: [...one.removed_dirs, ...other.removed_dirs],
});
