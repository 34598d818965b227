import { EngineUnavailable } from "../../core/errors.ts";
import type { RunEvent } from "../../core/event.ts";
import type { EngineName } from "../../core/request.ts";
import type { Thread, ThreadRequest, TurnInput } from "../../engine/engine.ts";
import { ENGINE_TABLE } from "../../engine/index.ts";
import { openThread } from "../../run/codex-source.ts";
import { stopProcesses } from "../../sys/stop-processes.ts";

/** A thread in the hands of one of our engines, and all that was heard of it. */
export interface Talk {
  thread: Thread;
  threadId(): string;
  events: RunEvent[];
  /** Why it is not the engine that was asked for first. */
  fallback: string | undefined;
  /** Resolves with the first event of a kind from this moment on that has what is asked. */
  next<Type extends RunEvent["type"]>(type: Type): Promise<Extract<RunEvent, { type: Type }>>;
  /** One turn to its end; resolves with the events that it brought. */
  turn(input: TurnInput): Promise<RunEvent[]>;
  /** Closes Codex's input and waits for it to go, and ends what is left of it; false: it did not go by itself. */
  close(): Promise<boolean>;
}

/** It takes 0.05 s. */
const CLOSE_MS = 2_000;
/** How long what is left may take to go, once it is asked to. */
export const STOP_MS = 1_000;

/** Where talks take place: nothing is started there once it is closed. */
export interface Place {
  /** Every thread whose Codex may live. */
  threads: Set<Thread>;
  /** Throws when it is closed. */
  checkOpen(): void;
}

/** Opens a thread exactly as a run does, with the first of these engines that can. */
export async function openTalk(
  engines: readonly EngineName[],
  request: ThreadRequest,
  { threads, checkOpen }: Place,
): Promise<Talk> {
  checkOpen();
  const events: RunEvent[] = [];
  const waiting = new Set<(event: RunEvent) => void>();
  const onEvent = (event: RunEvent) => {
    events.push(event);
    for (const hear of waiting) hear(event);
  };
  const hooks = { onEvent, onRaw: () => {}, onStderr: () => {} };
  const { thread, fallback } = await openThread(
    engines.map((name) => ENGINE_TABLE[name]),
    request,
    { hooks, onThread: (one) => void threads.add(one), unlessStopped: (work) => work },
  );
  return {
    thread,
    events,
    fallback,
    threadId() {
      const id = events.findLast((event) => event.type === "thread")?.threadId;
      if (id === undefined) throw new EngineUnavailable("Codex named no thread");
      return id;
    },
    next: (type) =>
      new Promise((resolve) => {
        const hear = (event: RunEvent) => {
          if (!isOf(event, type)) return;
          waiting.delete(hear);
          resolve(event);
        };
        waiting.add(hear);
      }),
    async turn(input) {
      checkOpen();
      const before = events.length;
      await thread.run(input);
      return events.slice(before);
    },
    async close() {
      const gone = await thread.close(CLOSE_MS);
      // A sandbox that was killed while it started has no parent, no marker, and only Codex's session to be found by.
      await stopProcesses({ markers: [], roots: thread.roots }, STOP_MS);
      threads.delete(thread);
      return gone;
    },
  };
}

const isOf = <Type extends RunEvent["type"]>(event: RunEvent, type: Type): event is Extract<RunEvent, { type: Type }> =>
  event.type === type;

/** How a turn ended, in a few words. */
export function endOf(events: readonly RunEvent[]): string {
  const ended = events.findLast((event) => event.type === "turn_ended");
  if (ended === undefined) return "the turn did not end";
  return `the turn ${ended.status}${ended.error === undefined ? "" : `: ${ended.error.message}`}`;
}
