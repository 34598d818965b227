import type { RunEvent } from "../core/event.ts";
import type { Owner } from "../core/request.ts";
import type { Engine, Thread, ThreadHooks, ThreadRequest } from "../engine/engine.ts";
import {
  type CodexSource,
  goingOn as inThread,
  onlyThe,
  openThread,
  type Taken,
  type Taking,
} from "../run/codex-source.ts";
import type { PowerPlace } from "../run/power-place.ts";
import { interruptTurn, type Stopped, stopThread, sweepCommands } from "../run/stop-turn.ts";
import { ownerOf } from "../sys/owner.ts";
import type { PipedProcess } from "../sys/spawn.ts";

export interface StayingCodex {
  /** The source for one run of the session. `heard` is whether Codex has written down in a thread what the run asks. */
  forRun(request: ThreadRequest, heard?: (threadId: string) => boolean): CodexSource;
  /** Ends it and everything that it started. */
  close(): Promise<Stopped>;
}

export interface StayingOptions {
  engines: readonly Engine[];
  place: PowerPlace;
  /** Hands over the Codex that was started before all else, once. */
  early: { take(): PipedProcess | undefined };
  /** Hears which Codex it is now, so that a reader who finds the broker dead knows whom to end. */
  onProcess: (codex: Owner | null) => void;
}

const NOTHING: Stopped = { killed: [], left: [] };

/** One Codex for all runs of a session: its thread stays open, so that the next message costs no start. */
export function createStayingCodex(options: StayingOptions): StayingCodex {
  const { engines, place, early, onProcess } = options;
  let threadId: string | undefined;
  let held: { thread: Thread; relay: Relay; opened: boolean; fallback: string | undefined } | undefined;
  let lent = false;
  let dropping: Promise<void> = Promise.resolve();

  const drop = async (goingOn: boolean | "deaf"): Promise<Stopped> => {
    const thread = held?.thread;
    held = undefined;
    if (!thread) {
      await dropping;
      return NOTHING;
    }
    const stopped = stopThread(thread, { markers: [place.marker, place.commandsMarker], goingOn });
    dropping = stopped.then(
      () => onProcess(null),
      () => {},
    );
    return stopped;
  };

  /** A Codex that dies between two runs leaves its MCP servers to nobody: they go at once. */
  const dropIdle = (thread: Thread): void => {
    if (held?.thread === thread && !lent && !thread.stays) void drop(false).catch(() => {});
  };

  const open = async (request: ThreadRequest, taking: Taking, from: readonly Engine[] = engines): Promise<Taken> => {
    const relay = createRelay(taking.hooks);
    const onThread = (thread: Thread) => {
      held = { thread, relay, opened: false, fallback: undefined };
      taking.onThread(thread);
      onProcess(processOf(thread));
      void thread.gone.then(() => dropIdle(thread));
    };
    const started = early.take();
    const asked = started === undefined ? request : { ...request, started };
    const taken = await openThread(from, asked, { ...taking, hooks: relay.hooks, onThread });
    const thread = relay.thread();
    if (!held || !thread) return taken;
    held = { ...held, opened: true, fallback: taken.fallback };
    const anew = thread.threadId !== threadId;
    threadId = thread.threadId;
    return { ...taken, anew };
  };

  /** The Codex that is there, or a new one. */
  const lend = async (request: ThreadRequest, taking: Taking, from?: readonly Engine[]): Promise<Taken> => {
    lent = true;
    const thread = held?.relay.thread();
    if (held?.opened && held.thread.stays && thread) {
      held.relay.use(taking.hooks);
      taking.onThread(held.thread);
      taking.hooks.onEvent(thread);
      return { thread: held.thread, fallback: held.fallback };
    }
    await drop(false);
    return open(request, taking, from);
  };

  return {
    forRun(request, heard = () => true) {
      return {
        take: (taking) => lend(request, taking),
        takeNext: (taking, before) => lend(inThread(request, before), taking, onlyThe(before.engine, engines)),
        async giveBack(thread, goingOn) {
          const hears = !goingOn || !held?.opened || !thread.stays || (await interruptTurn(thread));
          // A turn that did not end must not go on behind the next one's back.
          if (!held?.opened || !thread.stays || thread.busy) return drop(hears ? goingOn : "deaf");
          held.relay.use(undefined);
          const swept = await sweepCommands(place.commandsMarker);
          lent = false;
          dropIdle(thread);
          return swept;
        },
        strays: () => ({ markers: [place.commandsMarker] }),
        async takeAgain(taking) {
          lent = true;
          // A new thread may have died before Codex wrote it down.
          const unspoken = request.threadId === undefined || request.unspoken === true;
          const again = await open({ ...request, unspoken, ...(threadId === undefined ? {} : { threadId }) }, taking);
          // It may have died after it began the turn, and before it wrote the prompt down.
          return { ...again, anew: again.anew === true || (threadId !== undefined && !heard(threadId)) };
        },
      };
    },
    close: () => drop(false),
  };
}

/** The process that leads a thread's others, where it has one. */
export function processOf({ roots: [pid] }: Thread): Owner | null {
  return (pid === undefined ? undefined : ownerOf(pid)) ?? null;
}

interface Relay {
  hooks: ThreadHooks;
  /** Where what Codex says goes from now on; between two runs nobody hears it. */
  use(hooks: ThreadHooks | undefined): void;
  thread(): Extract<RunEvent, { type: "thread" }> | undefined;
}

function createRelay(first: ThreadHooks): Relay {
  let to: ThreadHooks | undefined = first;
  let thread: Extract<RunEvent, { type: "thread" }> | undefined;
  return {
    hooks: {
      onEvent(event) {
        if (event.type === "thread") thread = event;
        to?.onEvent(event);
      },
      onRaw: (line) => to?.onRaw(line),
      onStderr: (text) => to?.onStderr(text),
    },
    use(hooks) {
      to = hooks;
    },
    thread: () => thread,
  };
}
