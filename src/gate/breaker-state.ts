import type { AnyVerdict } from "../core/exit-table.ts";
import type { BreakerState, Moment } from "../core/gate.ts";
import { shortLine } from "../core/one-line.ts";
import type { Owner } from "../core/request.ts";
import { elapsedMs } from "./moment.ts";

/** So many fatal runs in a row open the breaker, for so long; a trial may take as long. */
export const FATALS = 3;
export const OPEN_MS = 15 * 60_000;
const REASON_CHARS = 160;

export type BreakerPhase = "closed" | "open" | "half-open";

/** How a run ended, as far as the breaker cares. */
export interface RunEnd {
  runId: string;
  verdict: AnyVerdict;
  reason: string;
}

export const CLOSED: BreakerState = { version: 1, fatal_in_a_row: 0, opened: null, trial: null, last: [] };

/**
 * What an end says about Codex: `fatal` is systemic, `worked` shows that Codex could, `nothing` came from elsewhere.
 * A word for every row of the exit table, so that a new one does not compile without.
 */
const TELLS = {
  fatal: "fatal",
  done: "worked",
  failed: "worked",
  timeout: "worked",
  violation: "worked",
  question: "worked",
  blocked: "worked",
  unverified: "worked",
  cancelled: "nothing",
  killed: "nothing",
  lost: "nothing",
  usage: "nothing",
  refused: "nothing",
} as const satisfies Record<AnyVerdict, "fatal" | "worked" | "nothing">;

/** Whether the end of a run is a word on Codex at all. */
export const isTelling = (verdict: AnyVerdict): boolean => TELLS[verdict] !== "nothing";

/** The state after the end of a run; the same one when it changes nothing, also for an end that was counted before. */
export function afterEnd(state: BreakerState, end: RunEnd, now: Moment): BreakerState {
  const tells = TELLS[end.verdict];
  if (tells === "worked") return isUntouched(state) ? state : CLOSED;
  if (tells === "fatal") return afterFatal(state, end, now);
  return state.trial?.run_id === end.runId ? { ...state, trial: null } : state;
}

const isUntouched = (state: BreakerState): boolean =>
  state.fatal_in_a_row === 0 && state.opened === null && state.trial === null;

function afterFatal(state: BreakerState, end: RunEnd, now: Moment): BreakerState {
  const trial = state.trial?.run_id === end.runId ? null : state.trial;
  if (state.last.some((one) => one.run_id === end.runId)) return trial === state.trial ? state : { ...state, trial };
  const inARow = state.fatal_in_a_row + 1;
  return {
    version: 1,
    fatal_in_a_row: inARow,
    // While it is open nothing makes it stay so for longer: a run that was forced, or had begun before, is no trial.
    opened: phaseOf(state, now) === "open" ? state.opened : inARow >= FATALS ? now : null,
    trial,
    last: [...state.last, { run_id: end.runId, at: now.at, reason: shortLine(end.reason, REASON_CHARS) }].slice(
      -FATALS,
    ),
  };
}

export function phaseOf({ opened }: BreakerState, now: Moment): BreakerPhase {
  if (opened === null) return "closed";
  return leftMs(opened, now) > 0 ? "open" : "half-open";
}

/** When a wait that began at `since` is over, to the second. */
export const untilOf = (since: Moment, now: Moment): string =>
  new Date(Math.ceil((Date.parse(now.at) + leftMs(since, now)) / 1000) * 1000).toISOString();

/** Milliseconds until the breaker, or the trial, that began at `since` is let go. */
export const leftMs = (since: Moment, now: Moment): number => Math.max(0, OPEN_MS - elapsedMs(since, now));

/** The trial goes to a run; whoever had it before must be known to be over. */
export const withTrial = (state: BreakerState, runId: string, by: Owner, now: Moment): BreakerState => ({
  ...state,
  trial: { run_id: runId, since: now, by },
});
