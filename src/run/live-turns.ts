import type { Thread } from "../engine/engine.ts";
import type { Taking } from "./codex-source.ts";
import type { StopCause } from "./decide-verdict.ts";
import type { RunContext } from "./run-context.ts";
import { initialTurnState, type TurnState } from "./turn-state.ts";
import { createTurnWatch, type TurnWatch } from "./turn-watch.ts";

/** A turn that is about to begin: what watches it, and what it brings to get its thread. */
export interface LiveTurn {
  watch: TurnWatch;
  taking: Taking;
}

/** The turns of a run, one after the other, for whoever stops, answers or steers whichever of them lives. */
export interface LiveTurns {
  /** The turn that lives, or the last one that did. */
  now(): LiveTurn;
  /** Begins another one, with clocks of its own; `from` is what the run has counted so far. */
  next(from: TurnState): LiveTurn;
  /** Ends the turn that lives, and lets no other one begin; the first cause counts. */
  stop(cause: StopCause): void;
  /** Why somebody asked for the end of the run, also while no turn lived. */
  stopped(): StopCause | undefined;
  answer(text: string): boolean;
  steer(messageId: string, text: string): Promise<boolean>;
}

/** The first turn is watched from now on. */
export function createLiveTurns(context: RunContext): LiveTurns {
  const { request, hooks } = context;
  let thread: Thread | undefined;
  let cause: StopCause | undefined;

  const begin = (from: TurnState): LiveTurn => {
    const watch = createTurnWatch(request.limits, from, Date.now());
    watch.onNotice(hooks.onEvent);
    if (cause) watch.stop(cause);
    thread = undefined;
    return {
      watch,
      taking: {
        hooks: {
          ...hooks,
          onEvent(told) {
            const event = told.type === "edit" ? { ...told, files: told.files.map(shorten) } : told;
            const before = watch.state().question;
            watch.see(event, Date.now());
            hooks.onEvent(event);
            const { question } = watch.state();
            if (question !== before) context.onParked(question);
          },
        },
        onThread(taken) {
          thread = taken;
        },
        unlessStopped: (work) => watch.unlessStopped(work),
      },
    };
  };
  const shorten = <File extends { path: string }>(file: File): File =>
    file.path.startsWith(`${request.workspace}/`)
      ? { ...file, path: file.path.slice(request.workspace.length + 1) }
      : file;

  let now = begin(initialTurnState(context.session?.tokens ?? undefined));
  return {
    now: () => now,
    next(from) {
      now = begin(from);
      return now;
    },
    stop(why) {
      cause ??= why;
      now.watch.stop(why);
    },
    stopped: () => cause,
    answer(text) {
      const { question } = now.watch.state();
      return question !== undefined && (thread?.answer(question.callId, text) ?? false);
    },
    steer: (messageId, text) =>
      now.watch.stopped() === undefined && thread ? thread.steer(messageId, text) : Promise.resolve(false),
  };
}
