import { join } from "node:path";
import { type AskCodexError, messageOf } from "../core/errors.ts";
import { exitCodeOf } from "../core/exit-table.ts";
import type { Receipt } from "../core/record.ts";
import { redact } from "../core/redact.ts";
import type { Turn } from "../engine/engine.ts";
import { writeAnswerFile, writeOutput } from "./answer-file.ts";
import { decideVerdict } from "./decide-verdict.ts";
import { emptyReceipt } from "./read-run.ts";
import type { Changes, RunContext } from "./run-context.ts";
import { tokensOfRun } from "./turn-state.ts";
import type { TurnWatch } from "./turn-watch.ts";

/** Longest answer that a receipt carries; the answer file has all of it. */
const ANSWER_CAP = 200_000;

/** How a turn went, once no process of it is left. */
export interface Outcome {
  turn: Turn | undefined;
  failure: AskCodexError | undefined;
  fallback: string | undefined;
  processes: Receipt["processes"];
  changes: Changes;
}

/** The receipt of a run that is over. */
export async function settleRun(context: RunContext, watch: TurnWatch, outcome: Outcome): Promise<Receipt> {
  const { request } = context;
  const state = watch.state();
  const schema =
    request.schema === undefined || state.ended?.status !== "completed"
      ? undefined
      : (await import("./check-schema.ts")).checkAnswer(request.schema, state.lastMessage);
  const decision = decideVerdict({ turn: state, stop: watch.stopped(), failure: outcome.failure, schema });
  const receipt = describe(context, watch, outcome.turn);
  const answer = redact(state.lastMessage);
  const written = writeAnswer(context, answer || decision.reason);
  const question = decision.verdict === "question" ? { question: decision.question ?? answer, options: [] } : undefined;
  return {
    ...receipt,
    verdict: decision.verdict,
    exit_code: exitCodeOf(decision.verdict),
    reason: decision.reason,
    ...(decision.hint === undefined ? {} : { next: decision.hint }),
    ...(question === undefined ? {} : { question }),
    ...(schema === undefined
      ? {}
      : { verification: schema.ok ? "passed" : "failed", verification_detail: schema.detail }),
    engine: { ...receipt.engine, ...(outcome.fallback === undefined ? {} : { reason: outcome.fallback }) },
    answer: answer.slice(0, ANSWER_CAP),
    answer_truncated: answer.length > ANSWER_CAP,
    output_path: written.path,
    files_changed: "files" in outcome.changes ? outcome.changes.files : null,
    processes: outcome.processes,
    warnings: [
      ...receipt.warnings,
      ...written.warnings,
      ...("failure" in outcome.changes ? [`changes are not known: ${outcome.changes.failure}`] : []),
      ...outcome.processes.left.map((name) => `a process of the run would not end: ${name}`),
    ],
  };
}

/** What is true of a run at any time. */
function describe(context: RunContext, watch: TurnWatch, turn: Turn | undefined): Receipt {
  const { request, session } = context;
  const state = watch.state();
  return {
    ...emptyReceipt(context.dir, request, new Date()),
    session_id: state.threadId ?? request.threadId ?? null,
    engine: {
      name: turn?.engine ?? request.engine,
      requested: request.engine,
      ...(turn?.codexVersion === undefined ? {} : { codex_version: turn.codexVersion }),
    },
    model: state.model ?? request.model ?? session?.model ?? null,
    tokens: tokensOfRun(state),
    ...(state.usageLimit === undefined
      ? {}
      : {
          usage_limit: {
            used_percent: state.usageLimit.usedPercent,
            resets_at:
              state.usageLimit.resetsAt === null ? null : new Date(state.usageLimit.resetsAt * 1000).toISOString(),
          },
        }),
    counts: {
      turns: state.turns,
      commands: state.commands,
      failed_commands: state.failedCommands,
      edits: state.edits,
      messages: state.messages,
      retries: state.retries,
      questions: state.questions,
    },
    warnings: [...request.warnings, ...state.warnings],
  };
}

/** The receipt that a run would have now: what is told while a question parks it. */
export function interimReceipt(context: RunContext, watch: TurnWatch): Receipt {
  const { question } = watch.state();
  const asked = question ?? { question: "", options: [] };
  const text = [redact(asked.question), ...asked.options.map((option) => `- ${redact(option)}`)].join("\n");
  return {
    ...describe(context, watch, undefined),
    verdict: "question",
    exit_code: exitCodeOf("question"),
    reason: "Codex asks something and waits for the answer in the same turn",
    question: { question: redact(asked.question), options: asked.options.map(redact) },
    // The question is told as such; the file has it for whoever reads only that.
    answer: "",
    output_path: writeAnswerFile(context.request.workspace, context.request.runId, `${text}\n`) ?? null,
  };
}

/** Where the answer came to lie; the record has it where it could not be put elsewhere. */
function writeAnswer({ request, dir }: RunContext, text: string): { path: string; warnings: string[] } {
  const inRecord = join(dir, "result.md");
  if (request.output === undefined) {
    return { path: writeAnswerFile(request.workspace, request.runId, `${text}\n`) ?? inRecord, warnings: [] };
  }
  try {
    writeOutput(request.output, `${text}\n`);
    return { path: request.output, warnings: [] };
  } catch (error) {
    return { path: inRecord, warnings: [messageOf(error)] };
  }
}
