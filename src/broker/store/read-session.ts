import { join } from "node:path";
import { AskCodexError } from "../../core/errors.ts";
import { type Receipt, SessionRecord } from "../../core/record.ts";
import type { Message, SessionState } from "../../core/session.ts";
import { type RunView, readRun } from "../../run/read-run.ts";
import { parseIfThere } from "../../run/record.ts";
import { isThere } from "../../sys/files.ts";
import { type NumberedBroker, type SessionRef, sessionPath } from "./broker-record.ts";
import { runDirOf, runOfBroker } from "./list-sessions.ts";
import { readConsumed, readWaiting } from "./queue.ts";
import { trueBroker } from "./true-broker.ts";

export interface LatestRun {
  runId: string;
  dir: string;
  view: RunView;
}

/** What a session is, truly, at the moment of the look. */
export interface SessionView {
  ref: SessionRef;
  name: string | null;
  workspace: string;
  state: SessionState;
  /** The latest broker of a live session; undefined for a session of one run. */
  broker: NumberedBroker | undefined;
  session: SessionRecord | undefined;
  /** The latest run that has a record. */
  run: LatestRun | undefined;
  /** The messages that wait, in the order in which they will run. */
  waiting: Message[];
  /** Since when nothing is asked of it; undefined while something is, and when it has ended. */
  idleSince: string | undefined;
}

/**
 * Reads what a session is; a broker that is dead and did not say so is made `lost` on the way, with its last run.
 * `brokerPid` is known to a client that has just started the broker.
 */
export async function readSessionView(ref: SessionRef, brokerPid?: number): Promise<SessionView> {
  const broker = await trueBroker(ref, brokerPid);
  const session = parseIfThere(sessionPath(ref), SessionRecord);
  // Before the run: a message that is taken between the two looks is seen twice, not missed.
  const listed = readWaiting(ref);
  const run = await latestRun(ref, { broker, session, listed }, brokerPid);
  const taken = run?.view.state === "ended" ? undefined : run?.runId;
  const waiting = listed.filter((message) => message.request.runId !== taken);
  const workspace = broker?.record.workspace ?? session?.workspace ?? workspaceOf(run);
  if (workspace === undefined)
    throw new AskCodexError(
      "failed",
      `the record of the session ${ref.brokerId} is incomplete: it has neither a broker nor a run`,
    );
  const seen = { broker, session, run, waiting };
  const state = stateOf(seen);
  return { ref, name: broker?.record.name ?? null, workspace, ...seen, state, idleSince: idleSince(seen, state) };
}

type Seen = Pick<SessionView, "broker" | "session" | "run" | "waiting">;

/** Verdicts after which a session simply waits for the next message. */
const CALM = new Set<Receipt["verdict"]>(["done", "cancelled", "question", "blocked"]);

function stateOf({ broker, session, run, waiting }: Seen): SessionState {
  const live = run && run.view.state !== "ended" ? run.view : undefined;
  if (live) {
    const isFirst = session?.runs.every((id) => id === run?.runId) ?? true;
    if (live.state === "waiting_input") return "waiting_input";
    if (live.status.waiting) return "queued";
    return isFirst && !live.status.sent ? "queued" : "running";
  }
  const verdict = receiptOf(run)?.verdict;
  const end = broker ? broker.record.ended?.how : (verdict ?? "stopped");
  if (end !== undefined) return end === "lost" ? "lost" : "stopped";
  // The records of its runs may have been removed since.
  const hadRuns = verdict !== undefined || (session?.runs.length ?? 0) > 0;
  // One that was handed over without a goal waits for its first message.
  if (!hadRuns) return session?.from_claude && waiting.length === 0 ? "waiting_input" : "queued";
  if (waiting.length > 0) return "running";
  return verdict === undefined || CALM.has(verdict) ? "waiting_input" : "attention_required";
}

function idleSince({ broker, run }: Seen, state: SessionState): string | undefined {
  if (!broker || (run && run.view.state !== "ended")) return undefined;
  if (state !== "waiting_input" && state !== "attention_required") return undefined;
  // One that was resumed is idle since then at most.
  const since = [broker.record.created_at, receiptOf(run)?.ended_at ?? ""];
  return since.toSorted().at(-1);
}

const receiptOf = (run: LatestRun | undefined): Receipt | undefined =>
  run?.view.state === "ended" ? run.view.receipt : undefined;

interface Kept {
  broker: NumberedBroker | undefined;
  session: SessionRecord | undefined;
  listed: readonly Message[];
}

async function latestRun(ref: SessionRef, kept: Kept, brokerPid: number | undefined): Promise<LatestRun | undefined> {
  const { broker, session } = kept;
  const own = broker?.record.ended ? lastOwn(ref, kept.listed) : readConsumed(ref)?.run_id;
  const known = session?.runs ?? [];
  // A run is in the session's record once it has the thread, and from then on its order there counts.
  const ids = !own || known.includes(own) ? known : [...known, own];
  const runId = ids.findLast((id) => isThere(requestOf(ref, id))) ?? (broker ? undefined : runOfBroker(ref));
  if (runId === undefined) return undefined;
  const dir = runDirOf(ref, runId);
  return { runId, dir, view: await readRun(dir, runId === own && broker?.record.ended ? null : brokerPid) };
}

/** The last run of brokers that are over: one may have died after it had made the record and before it said so. */
const lastOwn = (ref: SessionRef, listed: readonly Message[]): string | null | undefined =>
  listed.find((message) => isThere(requestOf(ref, message.request.runId)))?.request.runId ?? readConsumed(ref)?.run_id;

const requestOf = (ref: SessionRef, runId: string): string => join(runDirOf(ref, runId), "request.json");

function workspaceOf(run: LatestRun | undefined): string | undefined {
  if (run === undefined) return undefined;
  return run.view.state === "ended" ? run.view.receipt.workspace : run.view.request.workspace;
}
