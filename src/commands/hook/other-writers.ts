import { existsSync } from "node:fs";
import { join } from "node:path";
import { listRuns, runDirOf } from "../../broker/store/list-sessions.ts";
import { scopeMatcher } from "../../policy/scope.ts";
import { readRun } from "../../run/read-run.ts";
import { workspaceDir } from "../../sys/paths.ts";

/** A run of Codex that goes on and may write in the workspace. */
export interface OtherWriter {
  runId: string;
  writes: (path: string) => boolean;
}

/** Who else may have changed files of the workspace: what Codex is in the middle of is not Claude's turn. */
export async function otherWriters(home: string, workspace: string): Promise<OtherWriter[]> {
  const dir = workspaceDir(home, workspace);
  const writers: OtherWriter[] = [];
  for (const runId of listRuns(dir)) {
    const record = runDirOf({ workspaceKeyDir: dir }, runId);
    if (existsSync(join(record, "result.json"))) continue;
    // One that can't be read is nobody's business here: codex_runs says so.
    const view = await readRun(record).catch(() => undefined);
    if (view === undefined || view.state === "ended" || view.request.power.write === "none") continue;
    const { write, scope } = view.request.power;
    writers.push({ runId, writes: write === "scope" ? scopeMatcher(scope) : () => true });
  }
  return writers;
}
