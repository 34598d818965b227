import { setTimeout as sleep } from "node:timers/promises";
import { dial } from "../../broker/client.ts";
import type { Address, Line } from "../../broker/line.ts";
import type { SessionRef } from "../../broker/store/broker-record.ts";
import { readSessionView, type SessionView } from "../../broker/store/read-session.ts";
import { AskCodexError } from "../../core/errors.ts";
import type { Owner } from "../../core/request.ts";

const LOOK_AGAIN_MS = 20;
/** A broker comes up in a tenth of a second, and listens until the record says that it has ended. */
const UP_MS = 5_000;

/** Where the broker of a session can be spoken to; undefined when it has ended. */
export function addressOf({ broker, run }: SessionView): Address | undefined {
  if (broker) return broker.record.ended ? undefined : broker.record;
  return run && run.view.state !== "ended" ? run.view.request : undefined;
}

/** The process of the broker that has a session, as far as it is written down. */
export const ownerOf = ({ broker, run }: SessionView): Owner | undefined =>
  broker?.record.owner ?? (run && run.view.state !== "ended" ? run.view.status.owner : undefined);

/**
 * Opens a line to the broker of a session, waiting for one that is only coming up; one that has ended is refused (75).
 * A view that was just `seen` is as good as another look, until nobody answers there.
 */
export async function reachBroker(ref: SessionRef, seen?: SessionView): Promise<Line> {
  let view = seen ?? (await readSessionView(ref));
  for (const until = Date.now() + UP_MS; ; view = await readSessionView(ref)) {
    const address = addressOf(view);
    if (!address) throw notLive(view);
    const line = await dial(address);
    if (line !== undefined && line !== "silent") return line;
    if (line === "silent" || Date.now() > until) throw mute(view);
    await sleep(LOOK_AGAIN_MS);
  }
}

/** Nobody takes a message any more; what helps depends on whether there is something to go on with. */
export function notLive({ ref, state, broker, session }: SessionView): AskCodexError {
  const resumable = broker !== undefined || session?.session_id;
  return new AskCodexError("refused", `the session ${ref.brokerId} is ${state}, so nobody takes this`, {
    hint: resumable ? `codex_broker resume ${ref.brokerId} makes it live again` : "start a new session",
  });
}

function mute(view: SessionView): AskCodexError {
  const { ref } = view;
  const owner = ownerOf(view);
  const who = owner ? `the broker process ${owner.pid}` : "the broker";
  return new AskCodexError("refused", `${who} of the session ${ref.brokerId} lives, but does not answer`, {
    hint: `codex_broker stop ${ref.brokerId} ends it, then codex_broker resume ${ref.brokerId} goes on`,
  });
}

/** Whoever holds a session is named, for two brokers must never have one thread. */
export function refuseHeld(view: SessionView): void {
  const { ref, broker, run } = view;
  if (!addressOf(view)) return;
  const owner = ownerOf(view);
  const since = broker?.record.created_at ?? (run && run.view.state !== "ended" ? run.view.request.createdAt : "");
  const held = owner ? `the broker process ${owner.pid}` : "a broker that is coming up";
  throw new AskCodexError("refused", `the session ${ref.brokerId} is live: it is held by ${held} since ${since}`, {
    hint: `codex_broker send ${ref.brokerId} "…", or codex_broker stop ${ref.brokerId}`,
  });
}
