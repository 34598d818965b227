import { usageError } from "../../core/errors.ts";
import { findRunDir } from "../../run/record.ts";
import { findSession } from "../../run/session-record.ts";

/** The run that a verb is about. */
export interface Target {
  runId: string;
  dir: string;
}

/** The run that an id names: itself, or the last one of a session or broker. */
export function findTarget(home: string, id: string): Target {
  const runId = findRunDir(home, id) ? id : findSession(home, id)?.runs.at(-1);
  const dir = runId === undefined ? undefined : findRunDir(home, runId);
  if (runId === undefined || dir === undefined)
    throw usageError(`there is no run, session or broker ${id} in ${home}`, "codex_runs list --all shows the runs");
  return { runId, dir };
}
