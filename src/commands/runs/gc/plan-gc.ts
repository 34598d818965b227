import type { OverSession } from "./look-at-session.ts";
import type { FoundRun, Survey } from "./survey-records.ts";

/** A run that is over: nothing of it is needed any more. */
export type OldRun = Extract<FoundRun, { state: "over" }>;

export interface GcPlan {
  runs: OldRun[];
  sessions: OverSession[];
  temporary: Survey["temporary"];
  halfGone: string[];
  /** Every workspace that a record knows: something may be kept in its repository. */
  workspaces: string[];
  /** Runs that stay. */
  kept: number;
  /** What does not parse. */
  left: { path: string; reason: string }[];
}

/**
 * Decides what may go: runs that ended before `limit`, sessions that are over with all their runs and keep no message
 * for later, and temporary folders of what is over, untouched since `temporaryLimit`: `codex_runs verify` uses that of
 * a run again for a while. Pure.
 */
export function planGc(survey: Survey, limit: number, temporaryLimit = limit): GcPlan {
  const over = survey.runs.filter((run) => run.state === "over");
  const runs = over.filter((run) => run.endedAt < limit);
  const going = new Set(runs.map((run) => run.id));
  const staying = new Set(survey.runs.map((run) => run.id).filter((id) => !going.has(id)));
  const open = new Set(
    [...survey.runs, ...survey.sessions].filter(({ state }) => state !== "over").map(({ id }) => id),
  );
  return {
    runs,
    sessions: survey.sessions
      .filter((session) => session.state === "over")
      .filter(
        ({ isWaiting, endedAt, runs: its }) => !isWaiting && endedAt < limit && !its.some((id) => staying.has(id)),
      ),
    temporary: survey.temporary.filter(({ id, touchedAt }) => !open.has(id) && touchedAt < temporaryLimit),
    halfGone: survey.halfGone,
    workspaces: [...new Set(survey.runs.flatMap((run) => ("workspace" in run ? [run.workspace] : [])))],
    kept: staying.size,
    left: [
      ...survey.runs.flatMap((run) => (run.state === "unreadable" ? [{ path: run.dir, reason: run.reason }] : [])),
      ...survey.sessions.flatMap((one) => (one.state === "unreadable" ? [{ path: one.path, reason: one.reason }] : [])),
    ],
  };
}

/** Of the runs that a repository keeps something of, those that may go: their record goes, or went long ago. */
export function refsToDrop(kept: readonly string[], plan: GcPlan, known: ReadonlySet<string>, limit: number): string[] {
  const going = new Set(plan.runs.map((run) => run.id));
  // Another state home may know a run that this one does not: its youth protects it.
  return kept.filter((id) => going.has(id) || (!known.has(id) && startOf(id) < limit));
}

/** The moment in a run id. */
function startOf(id: string): number {
  const parts = /^r-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)/.exec(id);
  const [, year, month, day, hour, minute, second] = parts ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
