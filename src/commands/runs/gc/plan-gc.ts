import { dirname } from "node:path";
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

/** What stays, whatever else is so; times in milliseconds since the epoch. */
export interface GcLimits {
  /** What ended since then stays. */
  endedSince: number;
  /** The end of a background run that nobody has read stays when it came since then. */
  undeliveredSince: number;
  /** A temporary folder that was touched since then stays: `codex_runs verify` uses that of a run again for a while. */
  touchedSince: number;
  /** So many of the newest runs of each workspace stay. */
  keep: number;
  /** Whether Codex still has a thread, so that its session can be resumed. */
  hasThread: (threadId: string) => boolean;
}

/**
 * Decides what may go: runs that ended long ago and are not among the newest, sessions that are over with all their
 * runs, keep no message for later and can't be resumed, and temporary folders of what is over. Pure.
 */
export function planGc(survey: Survey, limits: GcLimits): GcPlan {
  const over = survey.runs.filter((run) => run.state === "over");
  const needed = new Set([...newest(survey.runs, limits.keep), ...resumable(over, limits)]);
  const runs = over.filter(
    (run) =>
      run.endedAt < limits.endedSince &&
      !needed.has(run.id) &&
      !(run.isUndelivered && run.endedAt >= limits.undeliveredSince),
  );
  const going = new Set(runs.map((run) => run.id));
  const staying = new Set(survey.runs.map((run) => run.id).filter((id) => !going.has(id)));
  const open = new Set(
    [...survey.runs, ...survey.sessions].filter(({ state }) => state !== "over").map(({ id }) => id),
  );
  return {
    runs,
    sessions: survey.sessions
      .filter((session) => session.state === "over")
      .filter(({ thread }) => thread === null || !limits.hasThread(thread))
      .filter(
        ({ isWaiting, endedAt, runs: its }) =>
          !isWaiting && endedAt < limits.endedSince && !its.some((id) => staying.has(id)),
      ),
    temporary: survey.temporary.filter(({ id, touchedAt }) => !open.has(id) && touchedAt < limits.touchedSince),
    halfGone: survey.halfGone,
    workspaces: [...new Set(survey.runs.flatMap((run) => ("workspace" in run ? [run.workspace] : [])))],
    kept: staying.size,
    left: [
      ...survey.runs.flatMap((run) => (run.state === "unreadable" ? [{ path: run.dir, reason: run.reason }] : [])),
      ...survey.sessions.flatMap((one) => (one.state === "unreadable" ? [{ path: one.path, reason: one.reason }] : [])),
    ],
  };
}

/** The newest runs of each workspace, whatever their state; ids sort by time. */
function newest(runs: readonly FoundRun[], keep: number): string[] {
  const places = new Map<string, string[]>();
  for (const { id, dir } of runs) places.set(dirname(dir), [...(places.get(dirname(dir)) ?? []), id]);
  return [...places.values()].flatMap((ids) => ids.sort().slice(Math.max(0, ids.length - keep)));
}

/** The last run of each session that Codex can go on with: `--session RUN` must work. */
function resumable(runs: readonly OldRun[], { hasThread }: GcLimits): string[] {
  const last = new Map<string, string>();
  for (const { id, thread } of runs) if (thread !== null && id > (last.get(thread) ?? "")) last.set(thread, id);
  return [...last].flatMap(([thread, id]) => (hasThread(thread) ? [id] : []));
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
