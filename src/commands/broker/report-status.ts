import type { SessionView } from "../../broker/store/read-session.ts";
import type { Tokens } from "../../core/event.ts";
import type { Receipt, RunStatus } from "../../core/record.ts";
import type { Limits, RunRequest } from "../../core/request.ts";
import type { SessionState } from "../../core/session.ts";
import type { RunNow } from "../../run/read-now.ts";
import { describeNow } from "./describe-now.ts";
import { nextCommand } from "./next-command.ts";

/** What `codex_broker status --json` prints. */
export interface StatusReport {
  broker_id: string;
  name: string | null;
  status: SessionState;
  session_id: string | null;
  run_id: string | null;
  now: { what: string; for_s: number } | null;
  elapsed_ms: number | null;
  queue_depth: number;
  tokens: Tokens | null;
  limits: LimitsLeft | null;
  usage_limit: { used_percent: number | null; resets_at: string | null } | null;
  last_error: string | null;
  question: { question: string; options: string[] } | null;
  last_verdict: Receipt["verdict"] | null;
  exit_code: number | null;
  workspace: string;
  broker_pid: number | null;
  idle_s: number | null;
  next: string;
}

/** Seconds that are left until a limit fires; null: there is no such limit, or it does not run now. */
export interface LimitsLeft {
  total_s: number | null;
  /** At least so many: not everything that Codex sends is recorded. */
  idle_s: number | null;
  /** How long the question is still held open. */
  answer_s: number | null;
  /** After so much idle time the session ends by itself. */
  idle_exit_s: number | null;
}

type Live = { status: RunStatus; request: RunRequest };

/** The state of a session for a reader who has only this one look. `now` is there while a run goes on. */
export function reportStatus(
  view: SessionView,
  now: RunNow | undefined,
  clockMs: number,
  self: (script: string) => string,
): StatusReport {
  const { run, session, broker } = view;
  const live = run && run.view.state !== "ended" ? run.view : undefined;
  const receipt = run?.view.state === "ended" ? run.view.receipt : undefined;
  const idleMs = view.idleSince === undefined ? null : Math.max(0, clockMs - Date.parse(view.idleSince));
  return {
    broker_id: view.ref.brokerId,
    name: view.name,
    status: view.state,
    session_id: session?.session_id ?? receipt?.session_id ?? live?.status.threadId ?? live?.request.threadId ?? null,
    run_id: run?.runId ?? view.waiting[0]?.request.runId ?? null,
    now: doingNow(view, now, live, clockMs),
    elapsed_ms: receipt?.elapsed_ms ?? (live ? Math.max(0, clockMs - Date.parse(live.request.createdAt)) : null),
    queue_depth: view.waiting.length,
    tokens: now?.tokens ?? session?.tokens ?? receipt?.tokens ?? null,
    limits: limitsLeft(view, now, live, idleMs, clockMs),
    usage_limit: receipt?.usage_limit ?? usageLimit(now),
    last_error: now?.lastError ?? (receipt ? reasonOf(receipt) : null) ?? lostReason(view),
    question: questionOf(live, receipt),
    last_verdict: receipt?.verdict ?? null,
    exit_code: receipt?.exit_code ?? null,
    workspace: view.workspace,
    broker_pid:
      broker && broker.record.ended === null ? (broker.record.owner?.pid ?? null) : (live?.status.owner?.pid ?? null),
    idle_s: idleMs === null ? null : seconds(idleMs),
    next: nextCommand(view, self),
  };
}

function doingNow(
  view: SessionView,
  now: RunNow | undefined,
  live: Live | undefined,
  clockMs: number,
): StatusReport["now"] {
  if (live?.status.question) {
    return { what: "waiting for your answer", for_s: seconds(clockMs - Date.parse(live.status.question.askedAt)) };
  }
  if (live && now) {
    const { what, forMs } = describeNow(now, clockMs);
    const since = now.at === undefined ? clockMs - Date.parse(live.request.createdAt) : forMs;
    return { what, for_s: seconds(since) };
  }
  // Between two runs, and before the first one.
  const first = view.waiting[0];
  if (first === undefined || (view.state !== "queued" && view.state !== "running")) return null;
  return {
    what: view.run ? "starting the next run" : "starting Codex",
    for_s: seconds(clockMs - Date.parse(first.created_at)),
  };
}

function limitsLeft(
  view: SessionView,
  now: RunNow | undefined,
  live: Live | undefined,
  idleMs: number | null,
  clockMs: number,
): LimitsLeft | null {
  const none = { total_s: null, idle_s: null, answer_s: null, idle_exit_s: null };
  const question = live?.status.question;
  if (live && question) {
    const { holdMs } = live.request.limits;
    const left = holdMs - (clockMs - Date.parse(question.askedAt));
    return { ...none, answer_s: seconds(left) };
  }
  if (live && now && now.phase !== "settling")
    return withoutNothing({ ...none, ...clocks(live.request.limits, now, clockMs) });
  const idleExitMs = view.broker?.record.ended === null ? view.broker.record.idle_exit_ms : 0;
  return idleMs === null || idleExitMs === 0 ? null : { ...none, idle_exit_s: seconds(idleExitMs - idleMs) };
}

function clocks(limits: Limits, now: RunNow, clockMs: number): Pick<LimitsLeft, "total_s" | "idle_s"> {
  const spent = now.startedAt === undefined ? 0 : clockMs - Date.parse(now.startedAt) - now.heldMs;
  const quiet = now.at === undefined || busy(now) ? 0 : clockMs - Date.parse(now.at);
  return {
    total_s: limits.totalMs === 0 ? null : seconds(limits.totalMs - spent),
    idle_s: limits.idleMs === 0 ? null : seconds(limits.idleMs - quiet),
  };
}

/** A long command is no silence: the idle clock begins anew when it ends. */
const busy = (now: RunNow): boolean =>
  now.open.some(({ event }) => event.type === "command_started" || event.type === "check_started");

const withoutNothing = (left: LimitsLeft): LimitsLeft | null =>
  Object.values(left).every((value) => value === null) ? null : left;

function usageLimit(now: RunNow | undefined): StatusReport["usage_limit"] {
  const limit = now?.usageLimit;
  if (!limit) return null;
  const resetsAt = limit.resetsAt === null ? null : new Date(limit.resetsAt * 1000);
  return {
    used_percent: limit.usedPercent,
    resets_at: resetsAt && !Number.isNaN(resetsAt.getTime()) ? resetsAt.toISOString() : null,
  };
}

/** Ends that are no error say nothing here. */
const NO_ERROR = new Set<string>(["done", "question", "cancelled"]);

const reasonOf = (receipt: Receipt): string | null =>
  NO_ERROR.has(receipt.verdict) ? null : `${receipt.verdict}: ${receipt.reason}`;

function lostReason({ broker }: SessionView): string | null {
  const ended = broker?.record.ended;
  return ended && (ended.how === "lost" || ended.how === "failed") ? `${ended.how}: ${ended.reason}` : null;
}

function questionOf(live: Live | undefined, receipt: Receipt | undefined): StatusReport["question"] {
  const asked = live?.status.question ?? receipt?.question;
  return asked ? { question: asked.question, options: asked.options } : null;
}

const seconds = (ms: number): number => Math.max(0, Math.round(ms / 1000));
