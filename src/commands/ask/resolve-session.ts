import type { Address } from "../../broker/line.ts";
import { type SessionRef, sessionDir, sessionPath, sessionRef } from "../../broker/store/broker-record.ts";
import { findSessionRef } from "../../broker/store/find-session.ts";
import { readSessionView, type SessionView } from "../../broker/store/read-session.ts";
import { AskCodexError, usageError } from "../../core/errors.ts";
import { isBrokerId, isRunId, newBrokerId } from "../../core/ids.ts";
import type { SessionRecord } from "../../core/record.ts";
import { codexHasThread } from "../../engine/find-thread.ts";
import { findRunDir } from "../../run/record.ts";
import { findSession } from "../../run/session-record.ts";
import { freeTask } from "../../run/task-claim.ts";
import { isThere } from "../../sys/files.ts";
import { sessionOf } from "../broker/session-of.ts";
import type { BrokerLine } from "./plan-run.ts";

export interface WaitingRun {
  runId: string;
  dir: string;
  line: Address;
}

export interface FoundSession {
  /** undefined: a task that has none yet. */
  session: SessionRecord | undefined;
  /** The run of it that waits for an answer, if one does. */
  waiting: WaitingRun | undefined;
  /** Number of the task's last run, where a task was named. */
  after?: number;
  /** Its broker, where that stays: it takes the run as a message. */
  line?: BrokerLine;
  /** Number of the last broker that it was seen to have; whoever takes it now comes behind that one. */
  brokers?: number;
}

/** The session that an id names; undefined for a thread of Codex's that no record of ours knows. A session at work is refused. */
export async function resolveSession(home: string, id: string): Promise<FoundSession | undefined> {
  const record = findSession(home, id);
  const ref = record ? sessionRef(home, record.workspace, record.broker_id) : findNew(home, id);
  const view = ref && (await readSessionView(ref));
  const session = view && sessionOf(view);
  if (view && session && (record || view.broker || view.state === "running" || view.state === "queued"))
    return lookAt(view, session);
  if (THREAD_ID.test(id)) return undefined;
  throw noRun(home, id);
}

/** The session of a task: the one of its latest run, which may wait for an answer, but must not be at work. */
export async function resolveTask(home: string, workspace: string, taskId: string): Promise<FoundSession> {
  const latest = await freeTask(home, workspace, taskId);
  const ref = latest && sessionRef(home, workspace, latest.claim.broker_id);
  // A start that was given up, and records that were removed, leave their claim behind.
  const isKept = ref && (isThere(sessionDir(ref)) || isThere(sessionPath(ref)));
  const view = isKept ? await readSessionView(ref) : undefined;
  const session = view && sessionOf(view);
  return {
    ...(view && session ? lookAt(view, session) : { session: undefined, waiting: undefined }),
    after: latest?.at ?? 0,
  };
}

/** A session that has no thread yet has no record of its own: its broker's id and its first run's name it. */
function findNew(home: string, id: string): SessionRef | undefined {
  if (!isBrokerId(id) && !isRunId(id)) return undefined;
  try {
    return findSessionRef(home, id).ref;
  } catch (error) {
    if (error instanceof AskCodexError && error.kind === "usage") return undefined;
    throw error;
  }
}

function lookAt(view: SessionView, session: SessionRecord): FoundSession {
  const { state, run, broker, ref } = view;
  const record = broker?.record;
  const live =
    record && !record.ended
      ? { line: { brokerId: ref.brokerId, socket: record.socket, token: record.token, live: true } }
      : {};
  const about = { session, brokers: broker?.number ?? 0, ...live };
  if (run?.view.state === "waiting_input")
    return { ...about, waiting: { runId: run.runId, dir: run.dir, line: run.view.request } };
  if (state === "queued" || state === "running") throw busy(view);
  return { ...about, waiting: undefined };
}

/** Who has it is named, and for a session that stays the way to it that is open to everybody. */
function busy({ state, run, broker, ref }: SessionView): AskCodexError {
  const what =
    run && run.view.state !== "ended" ? `run ${run.runId} is ${run.view.state}` : `${ref.brokerId} is ${state}`;
  const owner = broker?.record.owner ?? (run && run.view.state !== "ended" ? run.view.status.owner : undefined);
  const holder = owner ? `, held by the broker process ${owner.pid}` : "";
  const hint =
    broker === undefined && run
      ? `codex_runs wait ${run.runId}, or codex_runs cancel ${run.runId}`
      : `codex_broker send ${ref.brokerId} "…" queues behind it, codex_broker stop ${ref.brokerId} ends it`;
  return new AskCodexError("refused", `the session is busy: ${what}${holder}`, { hint });
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
    adopted: true,
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
