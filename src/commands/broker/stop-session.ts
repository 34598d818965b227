import { setTimeout as sleep } from "node:timers/promises";
import { askBroker } from "../../broker/client.ts";
import { isCut } from "../../broker/line.ts";
import type { SessionRef } from "../../broker/store/broker-record.ts";
import { readSessionView, type SessionView } from "../../broker/store/read-session.ts";
import type { Io } from "../../cli/define.ts";
import type { Owner } from "../../core/request.ts";
import { isAlive } from "../../sys/owner.ts";
import { killBroker, STOP_REASON, type Stopped } from "./kill-broker.ts";
import { printFields } from "./print-fields.ts";
import { addressOf, ownerOf } from "./reach.ts";
import type { Flags, Target } from "./verb.ts";

/** In all a stop takes 5 s at the most: so long the broker has for it, the rest is for doing it without the broker. */
const BROKER_MS = 3_200;
const LOOK_AGAIN_MS = 20;

/** Ends a session by its broker, and without it where it hangs; nothing of it lives when this returns. */
export async function stopSession({ ref }: Target, flags: Flags, io: Io): Promise<number> {
  const before = await readSessionView(ref);
  const done = await stopLive(ref);
  const after = await readSessionView(ref);
  const killed = [...new Set([...killedInRun(before, after), ...done.killed])];
  printFields({ broker_id: ref.brokerId, status: after.state, ...done, killed }, flags.json ?? false, io);
  return 0;
}

/** What the end of the run that was at work found, which the session's own end does not name again. */
function killedInRun(before: SessionView, after: SessionView): string[] {
  if (!before.run || before.run.view.state === "ended" || after.run?.runId !== before.run.runId) return [];
  return after.run.view.state === "ended" ? after.run.view.receipt.processes.killed : [];
}

async function stopLive(ref: SessionRef): Promise<Stopped> {
  const deadline = Date.now() + BROKER_MS;
  for (;;) {
    const view = await readSessionView(ref);
    const address = addressOf(view);
    if (!address) return overBefore(view);
    const said = await within(
      deadline,
      askBroker(address, (line) => line.stop(STOP_REASON)).catch((error: unknown) => {
        // Gone before it answered: the record tells how it ended.
        if (isCut(error)) return undefined;
        throw error;
      }),
    );
    if (said === "silent" || said === "late") return killBroker(ref, view);
    if (said) {
      const { processes, undelivered } = said.said;
      const told = { killed: processes.killed, left: processes.left, undelivered: undelivered.length, note: null };
      if (await isGone(ownerOf(view), deadline)) return told;
      const rest = await killBroker(ref, view);
      return { ...told, killed: [...told.killed, ...rest.killed], left: rest.left };
    }
    // A broker that is only coming up is waited for: what is not there yet can't be stopped.
    await sleep(LOOK_AGAIN_MS);
  }
}

const overBefore = ({ state, broker }: SessionView): Stopped => ({
  killed: [],
  left: [],
  undelivered: 0,
  note: `it had ended before: ${broker?.record.ended?.reason ?? state}`,
});

/** It has told the end, and needs a moment to go itself. */
async function isGone(owner: Owner | undefined, deadline: number): Promise<boolean> {
  while (owner && isAlive(owner)) {
    if (Date.now() >= deadline) return false;
    await sleep(LOOK_AGAIN_MS);
  }
  return true;
}

async function within<T>(deadline: number, work: Promise<T>): Promise<T | "late"> {
  const clock = new AbortController();
  const late = sleep(Math.max(0, deadline - Date.now()), undefined, { signal: clock.signal }).then(
    () => "late" as const,
    () => "late" as const,
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    clock.abort();
  }
}
