import { existsSync } from "node:fs";
import { AskCodexError } from "../core/errors.ts";
import type { BreakerState, Moment } from "../core/gate.ts";
import { shortLine } from "../core/one-line.ts";
import { TRIES } from "../run/numbered-file.ts";
import { readRun } from "../run/read-run.ts";
import { currentOwner, isAlive } from "../sys/owner.ts";
import { runDir } from "../sys/paths.ts";
import { breakerDir, changeState, latestState, putState } from "./breaker-file.ts";
import {
  afterEnd,
  type BreakerPhase,
  FATALS,
  isTelling,
  leftMs,
  phaseOf,
  type RunEnd,
  untilOf,
  withTrial,
} from "./breaker-state.ts";
import { momentAt } from "./moment.ts";

/** The circuit breaker of a workspace, for whoever shows it. */
export interface BreakerView {
  state: BreakerPhase;
  fatal_in_a_row: number;
  /** When it lets a trial through; null: nothing has to wait. */
  until: string | null;
  last: { run_id: string; at: string; reason: string }[];
  /** A file of it that is not ours, in a sentence. */
  problem?: string;
}

/** Reads the breaker as it is at `now`; changes nothing and never throws. */
export function breakerView(home: string, workspace: string, now: Date): BreakerView {
  const moment = momentAt(now);
  const { state, problem } = latestState(breakerDir(home, workspace));
  const phase = phaseOf(state, moment);
  return {
    state: phase,
    fatal_in_a_row: state.fatal_in_a_row,
    until: phase === "open" && state.opened ? untilOf(state.opened, moment) : null,
    last: state.last,
    ...(problem === undefined ? {} : { problem }),
  };
}

/** Counts the end of a run. */
export function countEnd(home: string, workspace: string, end: RunEnd, now: Date): void {
  const moment = momentAt(now);
  changeState(breakerDir(home, workspace), (state) => afterEnd(state, end, moment));
}

export interface BreakerPass {
  phase: BreakerPhase;
  problem?: string;
}

/**
 * Lets a start through, or refuses it (75) while the breaker is open, or half-open with its trial under way. `claim`:
 * the run that is to be the trial of a half-open one; without it nothing is written.
 */
export async function passBreaker(
  home: string,
  workspace: string,
  { claim, now }: { claim?: string; now: Date },
): Promise<BreakerPass> {
  const dir = breakerDir(home, workspace);
  for (let tries = 0; tries < TRIES; tries++) {
    const latest = latestState(dir);
    const { state } = latest;
    const said = latest.problem === undefined ? {} : { problem: latest.problem };
    if (state.opened === null) return { phase: "closed", ...said };
    const moment = momentAt(now);
    const phase = phaseOf(state, moment);
    if (phase === "open") throw isOpen(state, moment);
    const end = state.trial && (await endOfTrial(home, workspace, state.trial, moment));
    if (state.trial && end === undefined) throw isTried(state.trial, moment);
    // A trial whose receipt is there and whose broker has not counted it yet is counted here; it counts once.
    if (end && isTelling(end.verdict)) countEnd(home, workspace, end, now);
    else if (claim === undefined || putState(dir, latest, withTrial(state, claim, currentOwner(), moment)))
      return { phase, ...said };
  }
  // Nobody is kept out because a file can't be made.
  return { phase: "half-open" };
}

/** How the trial went; undefined while it may still tell. One that never will (lost, killed, gone, too long) frees it. */
async function endOfTrial(
  home: string,
  workspace: string,
  trial: NonNullable<BreakerState["trial"]>,
  now: Moment,
): Promise<RunEnd | undefined> {
  const gone: RunEnd = { runId: trial.run_id, verdict: "lost", reason: "" };
  if (leftMs(trial.since, now) === 0) return gone;
  const dir = runDir(home, workspace, trial.run_id);
  try {
    const run = existsSync(dir) ? await readRun(dir) : undefined;
    if (run?.state === "ended")
      return { runId: trial.run_id, verdict: run.receipt.verdict, reason: run.receipt.reason };
    if (run) return undefined;
  } catch {
    // Not whole yet, or no more.
  }
  // Until its record is whole its starter lives.
  return isAlive(trial.by) ? undefined : gone;
}

const REASON_CHARS = 90;

function isOpen(state: BreakerState, now: Moment): AskCodexError {
  const reasons = [...new Set(state.last.map(({ reason }) => shortLine(reason, REASON_CHARS)))].join("; ");
  const until = state.opened ? untilOf(state.opened, now) : now.at;
  return new AskCodexError(
    "refused",
    `${Math.max(state.fatal_in_a_row, FATALS)} runs in a row ended fatal in this workspace (${reasons}), so nothing is started here from ${state.opened?.at ?? now.at} until ${until}`,
    { hint: "mend what they name, then try again; --force starts it all the same" },
  );
}

const isTried = ({ run_id, since }: NonNullable<BreakerState["trial"]>, now: Moment): AskCodexError =>
  new AskCodexError(
    "refused",
    `the runs before ended fatal in this workspace, and run ${run_id} tries since ${since.at} whether Codex works again; until it has ended, or at the latest until ${untilOf(since, now)}, nothing else is started here`,
    { hint: `codex_runs wait ${run_id}, then try again; --force starts it all the same` },
  );
