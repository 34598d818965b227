import type { RunEvent } from "../core/event.ts";
import type { Limits } from "../core/request.ts";
import { classifyError } from "./classify-error.ts";
import { createClock } from "./clock.ts";
import type { StopCause } from "./decide-verdict.ts";
import { reduceTurn, type TurnState } from "./turn-state.ts";
import { createRetryWatch } from "./watch-retries.ts";

export interface TurnWatch {
  see(event: RunEvent, now: number): void;
  state(): TurnState;
  stop(cause: StopCause): void;
  stopped(): StopCause | undefined;
  /** Waits for `work`, or for the stop, whichever comes first; what becomes of the work then is nobody's business. */
  unlessStopped(work: Promise<void>): Promise<void>;
  /** Work of our own, during which no clock of the turn runs. */
  paused<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Where the watch tells what it noticed itself (a grace window that opens). */
  onNotice(listener: (event: RunEvent) => void): void;
  close(): void;
}

/**
 * Watches one turn: keeps its state, and ends it when a clock, the step limit or Codex's own retrying says so. What
 * `initial` has counted already is none of the turn's.
 */
export function createTurnWatch(limits: Limits, initial: TurnState, startedAt: number): TurnWatch {
  const clock = createClock(limits, startedAt);
  const retries = createRetryWatch();
  const stepsBefore = initial.commands + initial.edits;
  let state = initial;
  let stopped: StopCause | undefined;
  let closed = false;
  let clockTimer: NodeJS.Timeout | undefined;
  let retryTimer: NodeJS.Timeout | undefined;
  let notice: (event: RunEvent) => void = () => {};
  let wake: () => void = () => {};
  const stopping = new Promise<void>((resolve) => {
    wake = resolve;
  });

  const stop = (cause: StopCause) => {
    if (closed) return;
    stopped ??= cause;
    wake();
  };

  const arm = () => {
    clearTimeout(clockTimer);
    const at = clock.nextAt();
    if (closed || stopped || at === Number.POSITIVE_INFINITY) return;
    // setTimeout holds no more than 2^31 ms; the check rearms it.
    clockTimer = setTimeout(ring, Math.min(Math.max(at - Date.now(), 0), 2 ** 31 - 1));
  };
  const ring = () => {
    const due = clock.check(Date.now());
    if (due.fired === "end") stop(timeout(due.clock, limits));
    if (due.fired === "grace") {
      notice({
        type: "warning",
        message: `the ${due.clock} limit has passed; ${Math.round(due.graceMs / 1000)} s of grace`,
      });
    }
    arm();
  };
  arm();

  return {
    see(event, now) {
      const asked = state.question;
      state = reduceTurn(state, event);
      clock.activity(now);
      clock.commandRunning(state.openCommands.size > 0, now);
      if (state.question && !asked) clock.pause(now);
      if (asked && !state.question) clock.resume(now);
      const steps = state.commands + state.edits - stepsBefore;
      if (limits.maxSteps > 0 && steps > limits.maxSteps) stop(tooManySteps(limits.maxSteps));
      if (event.type === "command_ended" && event.exitCode !== 0 && NO_SANDBOX.test(event.output))
        stop(noSandbox(event.output));
      const retry = retries.see(event);
      if (retry !== undefined) clearTimeout(retryTimer);
      if (retry && retry !== "recovered") retryTimer = setTimeout(() => stop(gaveUp(retry.error)), retry.endInMs);
      if (state.ended) clearTimeout(retryTimer);
      arm();
    },
    state: () => state,
    stop,
    stopped: () => stopped,
    unlessStopped(work) {
      work.catch(() => {});
      return Promise.race([work, stopping]);
    },
    async paused(work) {
      clock.pause(Date.now());
      try {
        return await work();
      } finally {
        clock.resume(Date.now());
        arm();
      }
    },
    onNotice(listener) {
      notice = listener;
    },
    close() {
      closed = true;
      clearTimeout(clockTimer);
      clearTimeout(retryTimer);
    },
  };
}

function timeout(clock: "total" | "idle", limits: Limits): StopCause {
  const [limitMs, flag] = clock === "total" ? [limits.totalMs, "--timeout"] : [limits.idleMs, "--idle-timeout"];
  const what = clock === "total" ? "the run took longer than" : "Codex was silent for longer than";
  return {
    verdict: "timeout",
    reason: `${what} ${limitMs / 1000} s and the grace window`,
    hint: `split the task, or raise ${flag}`,
  };
}

/**
 * bwrap's own last words when the kernel gives it no namespace: then every command of the run fails, and none was
 * confined. Where more lines follow, a command has run, and printed what others said at another time.
 */
const NO_SANDBOX = /(?<=^|\n)bwrap: (?:.*namespace|setting up uid map|No permissions to create).*(?=\s*$)/;

const noSandbox = (output: string): StopCause => ({
  verdict: "fatal",
  reason: `Codex's sandbox can't start here, so no command can run (${NO_SANDBOX.exec(output)?.[0] ?? "bwrap failed"})`,
  hint: "on Linux it needs user namespaces: see the troubleshooting part of the README",
});

const tooManySteps = (limit: number): StopCause => ({
  verdict: "timeout",
  reason: `the turn took more than ${limit} commands and edits`,
  hint: "split the task, or raise --max-steps",
});

function gaveUp(error: Parameters<typeof classifyError>[0]): StopCause {
  const found = classifyError(error);
  return { verdict: "fatal", reason: found.reason, hint: found.hint };
}
