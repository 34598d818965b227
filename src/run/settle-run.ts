import { join } from "node:path";
import { messageOf } from "../core/errors.ts";
import { exitCodeOf } from "../core/exit-table.ts";
import type { PolicyRecord } from "../core/policy.ts";
import type { ChangedFile, Receipt } from "../core/record.ts";
import { redact } from "../core/redact.ts";
import type { RunRequest } from "../core/request.ts";
import type { Thread } from "../engine/engine.ts";
import { blindSweep } from "../sys/stop-processes.ts";
import { writeAnswerFile, writeOutput } from "./answer-file.ts";
import type { CheckedTurn } from "./checked-turn.ts";
import { decideVerdict } from "./decide-verdict.ts";
import { keepEvidence } from "./evidence.ts";
import { emptyReceipt } from "./read-run.ts";
import type { RunContext } from "./run-context.ts";
import { blindSpot, evidenceOf, toChangedFile } from "./turn-evidence.ts";
import { tokensOfRun } from "./turn-state.ts";
import type { TurnWatch } from "./turn-watch.ts";
import { usageLimitOf } from "./usage-limit.ts";

/** Longest answer that a receipt carries; the answer file has all of it. */
const ANSWER_CAP = 200_000;

/** How a run went, once no process of it is left: its last turn, which stands for all of it, and what is of no turn. */
export interface Outcome extends CheckedTurn {
  /** How the first turn ended, where this is the second. */
  review: Receipt["review"];
  processes: Receipt["processes"];
  warnings: readonly string[];
}

/** The receipt of a run that is over. */
export function settleRun(context: RunContext, outcome: Outcome): Receipt {
  const { request } = context;
  const { policy, verification, watch } = outcome;
  const evidence = keepEvidence(context.dir, evidenceOf(request, outcome));
  const decision = decideVerdict(evidence);
  const receipt = describe(context, watch, outcome.thread);
  const answer = redact(watch.state().lastMessage);
  const written = writeAnswer(context, answer || redact(decision.reason));
  const question = decision.verdict === "question" ? { question: decision.question ?? answer, options: [] } : undefined;
  const detail = checksDetail(request, outcome, evidence.checked?.reason);
  return {
    ...receipt,
    verdict: decision.verdict,
    exit_code: exitCodeOf(decision.verdict),
    reason: decision.reason,
    ...(decision.hint === undefined ? {} : { next: decision.hint }),
    ...(question === undefined ? {} : { question }),
    policy: policyWordOf(request, policy),
    ...(outcome.degraded === undefined ? {} : { policy_detail: outcome.degraded }),
    verification: verification.status,
    ...(detail === undefined ? {} : { verification_detail: detail }),
    engine: { ...receipt.engine, ...(outcome.fallback === undefined ? {} : { reason: outcome.fallback }) },
    answer: answer.slice(0, ANSWER_CAP),
    answer_truncated: answer.length > ANSWER_CAP,
    output_path: written.path,
    files_changed: policy.status === "unknown" ? null : changedFiles(policy),
    out_of_scope: policy.out_of_scope.map(toChangedFile),
    concurrent: policy.concurrent.map(toChangedFile),
    processes: outcome.processes,
    ...(outcome.review === undefined ? {} : { review: outcome.review }),
    warnings: [
      ...receipt.warnings,
      ...written.warnings,
      ...outcome.warnings,
      ...evidenceWarnings(outcome),
      ...decision.warnings,
    ],
  };
}

/** What our own run of the checks said, or why there was none; that of the first turn says nothing of the second. */
function checksDetail(
  request: RunRequest,
  { unchecked, review }: Outcome,
  said: string | undefined,
): string | undefined {
  if (unchecked === undefined || !hasChecks(request)) return said;
  if (said === undefined) return `not run: ${unchecked}`;
  return review === undefined ? said : `after the first turn: ${said}; not run after the second: ${unchecked}`;
}

function policyWordOf(request: RunRequest, policy: PolicyRecord): Receipt["policy"] {
  if (policy.status === "violation") return "violation";
  return blindSpot(request, policy) === undefined ? policy.policy : "unknown";
}

const hasChecks = ({ packet }: RunRequest): boolean => packet.verify.length > 0 || packet.expectFiles.length > 0;

/** What the run changed, whether it was allowed or not, by path. */
const changedFiles = ({ changed, out_of_scope: outside }: PolicyRecord): ChangedFile[] =>
  [...changed, ...outside].map(toChangedFile).sort((one, two) => (one.path < two.path ? -1 : 1));

/** What a reader of the evidence must know to weigh it. */
function evidenceWarnings({ policy, degraded, verification, processes }: Outcome): string[] {
  const touched = verification.touched_checks.filter(({ change }) => change !== "created").map(({ path }) => path);
  const others = policy.concurrent.map(({ path }) => path);
  return [
    ...(degraded === undefined
      ? []
      : [`policy is degraded: ${degraded}; secrets can be read, and only the audit holds the scope`]),
    ...(policy.status === "unknown" ? policy.not_covered.map((why) => `changes are not known: ${why}`) : []),
    ...(others.length > 0 ? [`changed by somebody else meanwhile: ${some(others)}`] : []),
    ...(policy.head_moved ? [`HEAD moved meanwhile, from ${policy.head_moved.from} to ${policy.head_moved.to}`] : []),
    ...(policy.refs_changed.length > 0
      ? [`changed in git meanwhile: ${some(policy.refs_changed.map(({ ref }) => ref))}`]
      : []),
    ...(touched.length > 0 && verification.status !== "none"
      ? [`the run changed what its checks read: ${some(touched)}`]
      : []),
    ...[blindSweep() ?? []].flat(),
    ...processes.left.map((name) => `a process of the run would not end: ${name}`),
  ];
}

const SHOWN = 5;
const some = (names: readonly string[]): string =>
  names.length > SHOWN ? `${names.slice(0, SHOWN).join(", ")} and ${names.length - SHOWN} more` : names.join(", ");

/** What is true of a run at any time. */
function describe(context: RunContext, watch: TurnWatch, thread: Thread | undefined): Receipt {
  const { request, session } = context;
  const state = watch.state();
  const now = new Date();
  const limit = usageLimitOf(state, now);
  return {
    ...emptyReceipt(context.dir, request, now),
    session_id: state.threadId ?? request.threadId ?? null,
    engine: {
      name: thread?.engine ?? request.engine,
      requested: request.engine,
      ...(thread?.codexVersion === undefined ? {} : { codex_version: thread.codexVersion }),
    },
    model: state.model ?? request.model ?? session?.model ?? null,
    reasoning: request.reasoning ?? state.effort ?? session?.reasoning ?? null,
    tokens: tokensOfRun(state),
    ...(limit === undefined ? {} : { usage_limit: limit }),
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
