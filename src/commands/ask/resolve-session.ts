import { AskCodexError, usageError } from "../../core/errors.ts";
import type { SessionRecord } from "../../core/record.ts";
import { readRun } from "../../run/read-run.ts";
import { findRunDir } from "../../run/record.ts";
import { findSession } from "../../run/session-record.ts";

export interface WaitingRun {
  runId: string;
  dir: string;
  socket: string;
}

/**
 * The session that an id names, and the run of it that waits for an answer, if one does. An id that no record knows
 * is bad input: Codex itself would start a new thread (CODEX.md surprise 2). A session at work is refused.
 */
export async function resolveSession(
  home: string,
  id: string,
): Promise<{ session: SessionRecord; waiting: WaitingRun | undefined }> {
  const session = findSession(home, id);
  if (!session) throw noSession(home, id);
  const runId = session.runs.at(-1);
  const dir = runId === undefined ? undefined : findRunDir(home, runId);
  if (runId === undefined || dir === undefined) return { session, waiting: undefined };
  const view = await readRun(dir);
  if (view.state === "ended") return { session, waiting: undefined };
  if (view.state === "waiting_input") return { session, waiting: { runId, dir, socket: view.request.socket } };
  throw new AskCodexError("refused", `the session is busy: run ${runId} is ${view.state}`, {
    hint: `codex_runs wait ${runId}, or codex_runs cancel ${runId}`,
  });
}

function noSession(home: string, id: string): AskCodexError {
  const known = findRunDir(home, id) !== undefined;
  return known
    ? usageError(
        `the run ${id} has no session: Codex never got as far as a thread`,
        "start a new one without --session",
      )
    : usageError(
        `there is no session, run or broker ${id} in the records`,
        "the ids are in the output of the run that began it; start a new session without --session",
      );
}
