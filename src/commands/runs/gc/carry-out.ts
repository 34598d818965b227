import { lstatSync } from "node:fs";
import { sessionPath } from "../../../broker/store/broker-record.ts";
import { messageOf } from "../../../core/errors.ts";
import { dropKept, listKept } from "../../../policy/keep-trees.ts";
import { findGitRoot } from "../../../sys/paths.ts";
import { type GcPlan, refsToDrop } from "./plan-gc.ts";
import { removeSession } from "./remove-session.ts";
import { removeRecord, removeTree } from "./remove-tree.ts";

/** What `codex_runs gc` did, or would do. */
export interface GcReport {
  dry_run: boolean;
  older_than_days: number;
  removed_runs: string[];
  dropped_refs: { workspace: string; run_id: string }[];
  removed_sessions: string[];
  removed_tmp: string[];
  kept_runs: number;
  /** Not ours to judge, and left alone. */
  left: { path: string; reason: string }[];
  /** What should have gone and did not. */
  failed: { path: string; reason: string }[];
}

export interface GcOptions {
  dryRun: boolean;
  olderThanDays: number;
  limit: number;
  /** Every run that has a record, readable or not. */
  known: ReadonlySet<string>;
  env: NodeJS.ProcessEnv;
}

/** Removes what the plan names; a dry run only looks. A record stays as long as its repository does not let go of it. */
export async function carryOut(plan: GcPlan, options: GcOptions): Promise<GcReport> {
  const report: GcReport = {
    dry_run: options.dryRun,
    older_than_days: options.olderThanDays,
    removed_runs: [],
    dropped_refs: [],
    removed_sessions: [],
    removed_tmp: [],
    kept_runs: plan.kept,
    left: plan.left,
    failed: [],
  };
  const held = new Set<string>();
  for (const workspace of plan.workspaces) await letGo(workspace, plan, options, report, held);
  const attempt = (path: string, act: () => void): boolean => {
    try {
      if (!options.dryRun) act();
      return true;
    } catch (error) {
      report.failed.push({ path, reason: messageOf(error) });
      return false;
    }
  };
  for (const { id, dir, workspace } of plan.runs) {
    if (held.has(workspace)) report.kept_runs++;
    else if (attempt(dir, () => removeRecord(dir))) report.removed_runs.push(id);
  }
  const left = new Set([...options.known].filter((id) => !report.removed_runs.includes(id)));
  for (const session of plan.sessions) {
    if (session.runs.some((id) => left.has(id))) continue;
    if (attempt(sessionPath(session.ref), () => removeSession(session))) report.removed_sessions.push(session.id);
  }
  for (const { id, dir } of plan.temporary) if (attempt(dir, () => removeTree(dir))) report.removed_tmp.push(id);
  for (const dir of plan.halfGone) attempt(dir, () => removeTree(dir));
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
  const failure = "failure" in kept ? kept : dryRun ? undefined : await dropKept(workspace, env, ids);
  if (failure) {
    held.add(workspace);
    report.failed.push({ path: workspace, reason: failure.failure });
  } else report.dropped_refs.push(...ids.map((id) => ({ workspace, run_id: id })));
}
