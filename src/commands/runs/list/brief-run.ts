import { join } from "node:path";
import * as z from "zod";
import { messageOf } from "../../../core/errors.ts";
import { oneLine, shortLine } from "../../../core/one-line.ts";
import { type Receipt, type RunStatus, Tokens } from "../../../core/record.ts";
import type { RunRequest } from "../../../core/request.ts";
import { type RunView, readRun } from "../../../run/read-run.ts";
import { parseIfThere } from "../../../run/record.ts";
import { isThere } from "../../../sys/files.ts";
import { headOf } from "../../../sys/growing-file.ts";

/** A run in a list: its true state, and what of its record fits in a line. Times are ISO, lengths milliseconds. */
export interface BriefRun {
  run_id: string;
  state: "queued" | "running" | "waiting_input" | "ended" | "unreadable";
  /** How it ended; null while it has not, and where nobody can say. */
  verdict: string | null;
  exit_code: number | null;
  /** Why it ended so, or why its record can't be read. */
  reason: string | null;
  role: string | null;
  workspace: string | null;
  broker_id: string | null;
  session_id: string | null;
  created_at: string | null;
  ended_at: string | null;
  elapsed_ms: number | null;
  /** null: nobody has counted them. */
  tokens: z.infer<typeof Tokens> | null;
  model: string | null;
  reasoning: string | null;
  waiting: NonNullable<RunStatus["waiting"]> | null;
  question: string | null;
  goal: string;
  record: string;
}

const GOAL_CHARS = 200;
const HEAD_BYTES = 1_024;

/** The few fields of a receipt that a line needs: one with more, less or other fields beside them is still a run. */
const BriefReceipt = z.looseObject({
  version: z.literal(1),
  verdict: z.string(),
  exit_code: z.number(),
  reason: z.string().catch(""),
  role: z.string().nullable().catch(null),
  workspace: z.string().nullable().catch(null),
  broker_id: z.string().nullable().catch(null),
  session_id: z.string().nullable().catch(null),
  model: z.string().nullable().catch(null),
  reasoning: z.string().nullable().catch(null),
  tokens: z.looseObject(Tokens.shape).nullable().catch(null),
  started_at: z.string(),
  ended_at: z.string(),
  elapsed_ms: z.number(),
});

/**
 * Reads what a list says of a run; one without a receipt is looked at closely, so that a dead owner makes it `lost`.
 * What can't be read is a line too. Undefined: the record is gone since its name was read.
 */
export async function briefRun(runId: string, dir: string): Promise<BriefRun | undefined> {
  try {
    const receipt = parseIfThere(join(dir, "result.json"), BriefReceipt);
    if (receipt) return ended(runId, dir, receipt);
    const view = await readRun(dir);
    return view.state === "ended" ? ended(runId, dir, view.receipt) : live(runId, dir, view);
  } catch (error) {
    if (!isThere(dir)) return undefined;
    return { ...nothing(runId, dir), reason: messageOf(error).replaceAll(`${dir}/`, "") };
  }
}

const nothing = (runId: string, dir: string): BriefRun => ({
  run_id: runId,
  state: "unreadable",
  verdict: null,
  exit_code: null,
  reason: null,
  role: null,
  workspace: null,
  broker_id: null,
  session_id: null,
  created_at: startOf(runId),
  ended_at: null,
  elapsed_ms: null,
  tokens: null,
  model: null,
  reasoning: null,
  waiting: null,
  question: null,
  goal: shortLine(headOf(join(dir, "task.md"), HEAD_BYTES) ?? "", GOAL_CHARS),
  record: dir,
});

function ended(runId: string, dir: string, receipt: z.infer<typeof BriefReceipt> | Receipt): BriefRun {
  const { tokens } = receipt;
  return {
    ...nothing(runId, dir),
    state: "ended",
    verdict: oneLine(receipt.verdict),
    exit_code: receipt.exit_code,
    reason: shortLine(receipt.reason, GOAL_CHARS),
    role: receipt.role,
    workspace: receipt.workspace,
    broker_id: receipt.broker_id,
    session_id: receipt.session_id,
    created_at: receipt.started_at,
    ended_at: receipt.ended_at,
    // Nobody knows when a lost run ended: what its receipt has is the moment that it was found.
    elapsed_ms: receipt.verdict === "lost" ? null : receipt.elapsed_ms,
    tokens: tokens && { input: tokens.input, cached: tokens.cached, output: tokens.output },
    model: receipt.model,
    reasoning: receipt.reasoning,
  };
}

function live(runId: string, dir: string, { state, status, request }: LiveView): BriefRun {
  return {
    ...nothing(runId, dir),
    ...ofRequest(request),
    state,
    session_id: status.threadId ?? request.threadId ?? null,
    elapsed_ms: state === "queued" ? null : Math.max(0, Date.now() - Date.parse(request.createdAt)),
    waiting: status.waiting ?? null,
    question: status.question?.question ?? null,
  };
}

type LiveView = Exclude<RunView, { state: "ended" }>;

const ofRequest = (request: RunRequest) => ({
  role: request.packet.role,
  workspace: request.workspace,
  broker_id: request.brokerId,
  created_at: request.createdAt,
  model: request.model ?? null,
  reasoning: request.reasoning ?? null,
});

/** The moment in a run id, ISO. */
export function startOf(runId: string): string | null {
  const [, year, month, day, hour, minute, second] = /^r-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)/.exec(runId) ?? [];
  return second === undefined ? null : `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
}
