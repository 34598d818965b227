import { messageOf } from "../core/errors.ts";
import { shortLine } from "../core/one-line.ts";
import { redact } from "../core/redact.ts";
import type { PushEvent } from "./push-event.ts";

/** One way to tell the caller. */
export interface Channel {
  readonly name: "command" | "url" | "stream" | "desktop";
  /** Longest time that an event may take, in ms. */
  readonly limitMs: number;
  /** Whether an event is for it at all. */
  takes(event: PushEvent): boolean;
  /** Rejects with the reason, as a sentence; ends at once what it does when the signal comes. */
  send(event: PushEvent, signal: AbortSignal): Promise<void>;
}

export interface Failure {
  channel: string;
  event: string;
  reason: string;
}

/** The events of a run on their way through one channel, one after the other. */
export interface ChannelLine {
  /** Whether progress would be sent now, so that nobody writes it down in vain. */
  takesProgress(): boolean;
  put(event: PushEvent): void;
  /** Puts the last event in; resolves when it is out or given up, within `END_MS`. Never rejects. */
  end(event: PushEvent): Promise<void>;
  readonly sent: number;
  readonly failed: readonly Failure[];
}

const PROGRESS_MS = 10_000;
/** What is on its way when the run ends has so long, and the end itself has the rest. */
const BEFORE_END_MS = 10_000;
const END_MS = 20_000;
const REASON_CHARS = 300;

/**
 * Keeps the order, sends one event at a time, and lets go of progress that nobody could follow: at most one in 10 s,
 * and none while another event is on its way. `now` is in ms and never goes back.
 */
export function createLine(channel: Channel, now: () => number): ChannelLine {
  let tail = Promise.resolve();
  let onTheirWay = 0;
  let sent = 0;
  let progressAt = now();
  const failed: Failure[] = [];
  const endOfEarlier = new AbortController();

  const fail = (event: PushEvent, error: unknown) => {
    // Progress that fails does so every 10 s: said once.
    if (event.event === "progress" && failed.some((one) => one.event === "progress")) return;
    failed.push({
      channel: channel.name,
      event: event.event,
      reason: shortLine(redact(messageOf(error)), REASON_CHARS),
    });
  };
  const add = (event: PushEvent, giveUp: AbortSignal): Promise<void> => {
    onTheirWay += 1;
    tail = tail
      .then(() => within(channel, event, giveUp))
      .then(
        () => {
          sent += 1;
        },
        (error: unknown) => fail(event, error),
      )
      .finally(() => {
        onTheirWay -= 1;
      });
    return tail;
  };

  const takesProgress = () => onTheirWay === 0 && now() - progressAt >= PROGRESS_MS;

  return {
    takesProgress,
    put(event) {
      if (!channel.takes(event)) return;
      if (event.event === "progress") {
        if (!takesProgress()) return;
        progressAt = now();
      }
      void add(event, endOfEarlier.signal);
    },
    async end(event) {
      const earlier = setTimeout(
        () => endOfEarlier.abort(new Error("it was given up for the end of the run")),
        BEFORE_END_MS,
      );
      const last = new AbortController();
      const all = setTimeout(() => last.abort(new Error(`it was not out after ${END_MS / 1_000} s`)), END_MS);
      try {
        await (channel.takes(event) ? add(event, last.signal) : tail);
      } finally {
        clearTimeout(earlier);
        clearTimeout(all);
      }
    },
    get sent() {
      return sent;
    },
    get failed() {
      return failed;
    },
  };
}

/** A channel that does not listen to its signal is not waited for either. */
async function within(channel: Channel, event: PushEvent, giveUp: AbortSignal): Promise<void> {
  const { limitMs } = channel;
  const own = new AbortController();
  const stop = () => own.abort(giveUp.reason);
  if (giveUp.aborted) throw giveUp.reason;
  giveUp.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(() => own.abort(new Error(`it was not done after ${limitMs / 1_000} s`)), limitMs);
  try {
    const stopped = new Promise<never>((_, reject) => {
      own.signal.addEventListener("abort", () => reject(own.signal.reason), { once: true });
    });
    await Promise.race([channel.send(event, own.signal), stopped]);
  } finally {
    clearTimeout(timer);
    giveUp.removeEventListener("abort", stop);
  }
}
