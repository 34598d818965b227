import { join } from "node:path";
import * as z from "zod";
import { AskCodexError } from "../core/errors.ts";
import { makePrivateDir } from "../sys/files.ts";
import { makeOnce } from "../sys/lasting-files.ts";
import { workspaceDir } from "../sys/paths.ts";
import { toJson } from "./create-record.ts";
import { latestNumber } from "./numbered-file.ts";
import { readRun } from "./read-run.ts";
import { findRunDir, parseFile } from "./record.ts";

/** tasks/<task-id>/<n>.json: the n-th run of a task. */
const TaskClaim = z.strictObject({
  version: z.literal(1),
  task_id: z.string(),
  run_id: z.string(),
  broker_id: z.string(),
});
export type TaskClaim = z.infer<typeof TaskClaim>;

const tasksDir = (home: string, workspace: string, taskId: string): string =>
  join(workspaceDir(home, workspace), "tasks", taskId);

export interface LatestClaim {
  at: number;
  claim: TaskClaim;
}

function latestClaim(home: string, workspace: string, taskId: string): LatestClaim | undefined {
  const dir = tasksDir(home, workspace, taskId);
  const at = latestNumber(dir);
  return at === 0 ? undefined : { at, claim: parseFile(join(dir, `${at}.json`), TaskClaim) };
}

/** The latest run of a task, which must not be at work: refuses (75) while it is. */
export async function freeTask(home: string, workspace: string, taskId: string): Promise<LatestClaim | undefined> {
  const latest = latestClaim(home, workspace, taskId);
  const dir = latest && findRunDir(home, latest.claim.run_id);
  const state = dir === undefined ? "ended" : (await readRun(dir)).state;
  // A run that asks is answered under the task's id.
  if (latest && state !== "ended" && state !== "waiting_input") throw busy(taskId, latest.claim.run_id);
  return latest;
}

/**
 * Takes the task for a run, behind the claim number `after` that was seen to be over. Each run makes a file with the
 * next number, and making it fails for the second of two: no lock can be left behind, and nothing is ever taken away.
 */
export function claimTask(home: string, workspace: string, claim: TaskClaim, after: number): void {
  const dir = tasksDir(home, workspace, claim.task_id);
  makePrivateDir(join(workspaceDir(home, workspace), "tasks"));
  makePrivateDir(dir);
  if (!makeOnce(join(dir, `${after + 1}.json`), toJson(claim)))
    throw busy(claim.task_id, latestClaim(home, workspace, claim.task_id)?.claim.run_id ?? "another one");
}

const busy = (taskId: string, runId: string): AskCodexError =>
  new AskCodexError("refused", `the task ${taskId} is busy: run ${runId} works on it`, {
    hint: `codex_runs wait ${runId}, or codex_runs cancel ${runId}`,
  });
