import { AskCodexError, usageError } from "../../core/errors.ts";
import { newBrokerId } from "../../core/ids.ts";
import type { SessionRecord } from "../../core/record.ts";
import { codexHasThread } from "../../engine/find-thread.ts";
import { readRun } from "../../run/read-run.ts";
import { findRunDir } from "../../run/record.ts";
import { findSession, readSession } from "../../run/session-record.ts";
import { freeTask } from "../../run/task-claim.ts";

export interface WaitingRun {
  runId: string;
  dir: string;
  socket: string;
}

export interface FoundSession {
  /** undefined: a task that has none yet. */
  session: SessionRecord | undefined;
  /** The run of it that waits for an answer, if one does. */
  waiting: WaitingRun | undefined;
  /** Number of the task's last run, where a task was named. */
  after?: number;
}

/** The session that an id names; undefined for a thread of Codex's that no record of ours knows. A session at work is refused. */
export async function resolveSession(home: string, id: string): Promise<FoundSession | undefined> {
  const session = findSession(home, id);
  if (session) return lookAt(home, session);
  if (THREAD_ID.test(id)) return undefined;
  throw noRun(home, id);
}

/** The session of a task: the one of its latest run, which may wait for an answer, but must not be at work. */
export async function resolveTask(home: string, workspace: string, taskId: string): Promise<FoundSession> {
  const latest = await freeTask(home, workspace, taskId);
  const session = latest && readSession(home, workspace, latest.claim.broker_id);
  return {
    ...(session ? await lookAt(home, session) : { session: undefined, waiting: undefined }),
    after: latest?.at ?? 0,
  };
}

async function lookAt(home: string, session: SessionRecord): Promise<FoundSession> {
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

const THREAD_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * A thread that began without us has no record of its power, so it starts with the least: reading. One that Codex does
 * not know either, and every other word, is bad input: Codex would start a new thread for it (CODEX.md surprise 2).
 */
export function adoptThread(threadId: string, workspace: string, env: NodeJS.ProcessEnv): FoundSession {
  if (!codexHasThread(env, threadId)) throw noSession(threadId);
  const now = new Date().toISOString();
  const session: SessionRecord = {
    version: 1,
    broker_id: newBrokerId(new Date()),
    session_id: threadId,
    workspace,
    role: "scout",
    power: { write: "none", scope: [], writable: [], network: false, tmp: false, env: [] },
    engine: "app-server",
    model: null,
    reasoning: null,
    tokens: null,
    runs: [],
    created_at: now,
    updated_at: now,
  };
  return { session, waiting: undefined };
}

function noRun(home: string, id: string): AskCodexError {
  if (findRunDir(home, id) === undefined) return noSession(id);
  return usageError(
    `the run ${id} has no session: Codex never got as far as a thread`,
    "start a new one without --session",
  );
}

const noSession = (id: string): AskCodexError =>
  usageError(
    `there is no session, run or broker ${id} in the records, nor a thread of Codex's`,
    "the ids are in the output of the run that began it; start a new session without --session",
  );
