import { join } from "node:path";
import * as z from "zod";
import { runDirOf } from "../../broker/store/list-sessions.ts";
import { readQueue, unreadMessages } from "../../broker/store/queue.ts";
import type { SessionView } from "../../broker/store/read-session.ts";
import { shortLine } from "../../core/one-line.ts";
import type { Receipt } from "../../core/record.ts";
import type { Message } from "../../core/session.ts";
import { readReceipt } from "../../run/record.ts";
import { readIfThere } from "../../sys/files.ts";
import { headOf } from "../../sys/growing-file.ts";
import type { StatusReport } from "./report-status.ts";
import { sessionRuns } from "./session-runs.ts";

const SHOWN_RUNS = 8;
const SHOWN_FILES = 5;
const SHOWN_MESSAGES = 3;
const HEAD_CHARS = 240;
const HEAD_BYTES = 2_048;

/** One run of a session's story. */
export interface ToldRun {
  run_id: string;
  /** How it ended; `running`, … while it has not; `unreadable`: there is no receipt that can be read. */
  verdict: string;
  started_at: string | null;
  elapsed_ms: number | null;
  /** The head of what was asked. */
  asked: string;
  files: string[];
  files_changed: number | null;
  policy: Receipt["policy"] | null;
  verification: Receipt["verification"] | null;
  /** The head of why it ended so, or of the answer of one that is done. */
  said: string;
}

export interface ToldMessage {
  message_id: string;
  text: string;
  why: string | null;
}

/** The story of a session: what `codex_broker summary --json` prints, small however long the session was. */
export interface Summary extends StatusReport {
  goal: string;
  created_at: string | null;
  runs_total: number;
  /** How many runs ended how. */
  verdicts: Record<string, number>;
  /** The newest ones, the oldest of them first. */
  runs: ToldRun[];
  /** Messages that went into a turn that was under way. */
  steered: number;
  undelivered_total: number;
  undelivered: ToldMessage[];
  /** Why a message that waits can't be read. */
  unread: string[];
  waiting: ToldMessage[];
}

/** Gathers the story from the records; one that can't be read is told as such and stops nothing. */
export function collectSummary(view: SessionView, status: StatusReport): Summary {
  const queue = readQueue(view.ref);
  const ids = sessionRuns(view, queue);
  const older = ids.slice(0, -SHOWN_RUNS).map((id) => verdictOf(runDirOf(view.ref, id)));
  const runs = ids.slice(-SHOWN_RUNS).map((id) => toldRun(view, id, status));
  const undelivered = queue.filter((message) => message.state === "undelivered");
  return {
    ...status,
    goal: head(queue[0]?.text ?? goalOf(view, ids[0])),
    created_at: view.session?.created_at ?? queue[0]?.created_at ?? null,
    runs_total: ids.length,
    verdicts: countWords([...older, ...runs.map(({ verdict }) => verdict)]),
    runs,
    steered: queue.filter(({ delivery, state }) => delivery === "steer" && state === "consumed").length,
    undelivered_total: undelivered.length,
    undelivered: undelivered.slice(-SHOWN_MESSAGES).map(toldMessage),
    unread: unreadMessages(view.ref).slice(0, SHOWN_MESSAGES),
    waiting: view.waiting.slice(0, SHOWN_MESSAGES).map(toldMessage),
  };
}

function toldRun(view: SessionView, runId: string, status: StatusReport): ToldRun {
  const dir = runDirOf(view.ref, runId);
  const receipt = runId === view.run?.runId ? receiptOf(view) : readQuietly(dir);
  const asked = head(headOf(join(dir, "task.md"), HEAD_BYTES) ?? "");
  const bare = { run_id: runId, asked, files: [], files_changed: null, policy: null, verification: null };
  if (receipt === undefined) {
    const live = runId === view.run?.runId && view.run.view.state !== "ended" ? view.run.view : undefined;
    return {
      ...bare,
      verdict: live?.state ?? "unreadable",
      started_at: live?.request.createdAt ?? null,
      elapsed_ms: live ? status.elapsed_ms : null,
      // What it does now is said of the session.
      said: "",
    };
  }
  const done = receipt.verdict === "done";
  return {
    ...bare,
    verdict: receipt.verdict,
    started_at: receipt.started_at,
    elapsed_ms: receipt.elapsed_ms,
    files: (receipt.files_changed ?? []).slice(0, SHOWN_FILES).map(({ path }) => path),
    files_changed: receipt.files_changed?.length ?? null,
    policy: receipt.policy,
    verification: receipt.verification,
    said: head((done && receipt.answer) || receipt.reason),
  };
}

const receiptOf = ({ run }: SessionView): Receipt | undefined =>
  run?.view.state === "ended" ? run.view.receipt : undefined;

function readQuietly(dir: string): Receipt | undefined {
  try {
    return readReceipt(dir);
  } catch {
    return undefined;
  }
}

const Verdict = z.looseObject({ verdict: z.string() });

/** Of an older run only this is told: it is not worth a whole check. */
function verdictOf(dir: string): string {
  try {
    return Verdict.parse(JSON.parse(readIfThere(join(dir, "result.json")) ?? "")).verdict;
  } catch {
    return "unreadable";
  }
}

function countWords(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

const goalOf = (view: SessionView, first: string | undefined): string =>
  first === undefined ? "" : (headOf(join(runDirOf(view.ref, first), "task.md"), HEAD_BYTES) ?? "");

const toldMessage = ({ message_id, text, why }: Message): ToldMessage => ({
  message_id,
  text: head(text),
  why: why === null ? null : head(why),
});

const head = (text: string): string => shortLine(text, HEAD_CHARS);
