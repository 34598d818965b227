import { lstatSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sessionPath } from "../../../broker/store/broker-record.ts";
import { messageOf } from "../../../core/errors.ts";
import { dropKept, listKept } from "../../../policy/keep-trees.ts";
import type { Failure } from "../../../policy/trees/git.ts";
import { findGitRoot } from "../../../sys/paths.ts";
import { type Leftover, removeLeftover } from "./find-leftovers.ts";
import { type GcPlan, refsToDrop } from "./plan-gc.ts";
import { removeSession } from "./remove-session.ts";
import { removeRecord, removeTree } from "./remove-tree.ts";

const DROP_TRIES = 4;
const DROP_PAUSE_MS = 150;

/** What `codex_runs gc` did, or would do. */
export interface GcReport {
  dry_run: boolean;
  older_than_days: number;
  /** So many of the newest runs of each workspace stay. */
  keep: number;
  removed_runs: string[];
  dropped_refs: { workspace: string; run_id: string }[];
  removed_sessions: string[];
  removed_tmp: string[];
  removed_leftovers: Leftover[];
  kept_runs: number;
  /** Not ours to judge, and left alone. */
  left: { path: string; reason: string }[];
  /** What should have gone and did not. */
  failed: { path: string; reason: string }[];
}

export interface GcOptions {
  dryRun: boolean;
  olderThanDays: number;
  keep: number;
  limit: number;
  leftovers: readonly Leftover[];
  /** Every run that has a record, readable or not. */
  known: ReadonlySet<string>;
  env: NodeJS.ProcessEnv;
}

/** Removes what the plan names; a dry run only looks. A record stays as long as its repository does not let go of it. */
export async function carryOut(plan: GcPlan, options: GcOptions): Promise<GcReport> {
  const report: GcReport = {
    dry_run: options.dryRun,
    older_than_days: options.olderThanDays,
    keep: options.keep,
    removed_runs: [],
    dropped_refs: [],
    removed_sessions: [],
    removed_tmp: [],
    removed_leftovers: [],
    kept_runs: plan.kept,
    left: plan.left,
    failed: [],
  };
  const held = new Set<string>();
  for (const workspace of plan.workspaces) await letGo(workspace, plan, options, report, held);
  // True where this call removed it, or would: what another gc has taken meanwhile is its to tell.
  const attempt = (path: string, act: () => boolean | undefined): boolean => {
    try {
      return options.dryRun || act() !== false;
    } catch (error) {
      report.failed.push({ path, reason: messageOf(error) });
      return false;
    }
  };
  for (const { id, dir, workspace } of plan.runs) {
    if (held.has(workspace)) report.kept_runs++;
    else if (attempt(dir, () => removeRecord(dir))) report.removed_runs.push(id);
  }
  const planned = new Set(plan.runs.filter(({ workspace }) => !held.has(workspace)).map(({ id }) => id));
  const failed = new Set(report.failed.map(({ path }) => basename(path)));
  const left = new Set([...options.known].filter((id) => !planned.has(id) || failed.has(id)));
  for (const session of plan.sessions) {
    if (session.runs.some((id) => left.has(id))) continue;
    if (attempt(sessionPath(session.ref), () => removeSession(session))) report.removed_sessions.push(session.id);
  }
  const tree = (dir: string) => () => void removeTree(dir);
  for (const { id, dir } of plan.temporary) if (attempt(dir, tree(dir))) report.removed_tmp.push(id);
  for (const dir of plan.halfGone) attempt(dir, tree(dir));
  for (const leftover of options.leftovers)
    if (!leftover.runIds?.some((id) => left.has(id)) && attempt(leftover.path, () => removeLeftover(leftover)))
      report.removed_leftovers.push(leftover);
  return report;
}

/** A workspace that is gone, or is no repository any more, holds nothing. */
async function letGo(
  workspace: string,
  plan: GcPlan,
  { dryRun, limit, known, env }: GcOptions,
  report: GcReport,
  held: Set<string>,
): Promise<void> {
  if (!lstatSync(workspace, { throwIfNoEntry: false })?.isDirectory() || findGitRoot(workspace) === undefined) return;
  const kept = await listKept(workspace, env);
  const ids = "failure" in kept ? [] : refsToDrop(kept, plan, known, limit);
  const failure = "failure" in kept ? kept : dryRun ? undefined : await drop(workspace, env, ids);
  if (failure) {
    held.add(workspace);
    report.failed.push({ path: workspace, reason: failure.failure });
  } else report.dropped_refs.push(...ids.map((id) => ({ workspace, run_id: id })));
}

/** Another gc, or git itself, may hold a ref for a moment: only who is refused again and again is. */
async function drop(workspace: string, env: NodeJS.ProcessEnv, ids: readonly string[]): Promise<Failure | undefined> {
  for (let tries = 1; ; tries++) {
    const failure = await dropKept(workspace, env, ids);
    if (failure === undefined || tries === DROP_TRIES) return failure;
    await sleep(DROP_PAUSE_MS);
  }
}
