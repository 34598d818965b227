import { AskCodexError, EngineUnavailable, isNoSuchThread, messageOf } from "../core/errors.ts";
import type { EngineName } from "../core/request.ts";
import type { Engine, Thread, ThreadHooks, ThreadRequest } from "../engine/engine.ts";
import { type Quarry, stopProcesses } from "../sys/stop-processes.ts";
import { type Stopped, stopThread } from "./stop-turn.ts";

/** What a run needs of the outside to get its thread. */
export interface Taking {
  hooks: ThreadHooks;
  /** Hears of the thread as soon as there is something to stop. */
  onThread: (thread: Thread) => void;
  /** Waits for the work, or for the stop of the run. */
  unlessStopped: (work: Promise<void>) => Promise<void>;
}

export interface Taken {
  thread: Thread;
  /** It knows nothing of what the run asked of the one before it. */
  anew?: boolean;
  /** Why it is not the engine that was asked for. */
  fallback: string | undefined;
}

/** A thread in which a turn has ended, and the engine that drove it. */
export interface Before {
  threadId: string;
  engine: EngineName;
}

/** Where a run gets its thread from, and whom it gives it back to. */
export interface CodexSource {
  take(taking: Taking): Promise<Taken>;
  /** The same thread for one more turn, with the same engine, after it was given back. */
  takeNext(taking: Taking, before: Before): Promise<Taken>;
  /** Ends the turn if it goes on; resolves when no process of the turn is left. */
  giveBack(thread: Thread, goingOn: boolean): Promise<Stopped>;
  /** What must not live when the tree is looked at. */
  strays(thread: Thread): Quarry;
  /** A Codex that died in the middle of a turn is started again in the same thread, once a run; undefined: it is not. */
  takeAgain?: (taking: Taking) => Promise<Taken>;
}

/** A Codex for one run: it ends with it. */
export const codexOfRun = (engines: readonly Engine[], request: ThreadRequest, runId: string): CodexSource => ({
  take: (taking) => openThread(engines, request, taking),
  takeNext: (taking, before) =>
    openThread(onlyThe(before.engine, engines), goingOn(withoutStarted(request), before), taking),
  giveBack: (thread, goingOn) => stopThread(thread, { markers: [runId], goingOn }),
  strays: (thread) => ({ markers: [runId], roots: thread.roots }),
});

export const onlyThe = (name: EngineName, engines: readonly Engine[]): Engine[] =>
  engines.filter((engine) => engine.name === name);

/** What goes on in a thread that Codex knows surely. */
export const goingOn = (request: ThreadRequest, { threadId }: Before): ThreadRequest => ({
  ...request,
  threadId,
  adopted: false,
  unspoken: false,
});

/**
 * Opens the thread with the first engine that can; another one is tried only while nothing was asked of a model. An
 * engine whose Codex was killed before the thread was open gets a second one.
 */
export async function openThread(engines: readonly Engine[], request: ThreadRequest, taking: Taking): Promise<Taken> {
  let fallback: string | undefined;
  for (const engine of engines) {
    let why = await tryEngine(engine, request, taking, true);
    if ("error" in why && why.error.killed) why = await tryEngine(engine, withoutStarted(request), taking, false);
    if ("thread" in why) return { thread: why.thread, fallback };
    fallback = `${engine.name} could not be used: ${why.error.message}`;
    taking.hooks.onEvent({ type: "warning", message: fallback });
  }
  throw new AskCodexError("fatal", `Codex can't be driven here (${fallback ?? "no engine"})`, {
    hint: "try `codex --version`; update it with `npm install -g @openai/codex`",
  });
}

async function tryEngine(
  engine: Engine,
  request: ThreadRequest,
  taking: Taking,
  isFirst: boolean,
): Promise<{ thread: Thread } | { error: EngineUnavailable }> {
  const { hooks, onThread, unlessStopped } = taking;
  const thread = engine.prepare(request, hooks);
  onThread(thread);
  try {
    await unlessStopped(thread.open());
    return { thread };
  } catch (error) {
    const { threadId, ...anew } = withoutStarted(request);
    const isLost = request.unspoken === true && threadId !== undefined && isNoSuchThread(error);
    const isKilled = isFirst && error instanceof AskCodexError && error.kind === "killed";
    if (!isLost && !isKilled && !(error instanceof EngineUnavailable)) throw error;
    await thread.close(1_000);
    // Nobody knows of it once another one has the thread: what it had begun to start goes with it.
    await stopProcesses({ markers: [], roots: thread.roots }, 1_000);
    if (isLost) {
      hooks.onEvent({ type: "warning", message: "Codex had not written the thread down yet, so it has a new one" });
      return tryEngine(engine, anew, taking, isFirst);
    }
    return {
      error: error instanceof EngineUnavailable ? error : new EngineUnavailable(messageOf(error), { killed: true }),
    };
  }
}

/** It was for the first try. */
function withoutStarted({ started: _, ...request }: ThreadRequest): ThreadRequest {
  return request;
}
