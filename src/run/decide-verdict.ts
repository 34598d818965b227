import type { AskCodexError } from "../core/errors.ts";
import { type AnyVerdict, firstVerdict, type Verdict } from "../core/exit-table.ts";
import type { ChangedFile } from "../core/record.ts";
import { classifyError } from "./classify-error.ts";
import { type Report, readReport } from "./read-report.ts";
import type { TurnState } from "./turn-state.ts";

/** Why we ended a turn ourselves. The first cause counts; what follows from it is not a cause. */
export interface StopCause {
  verdict: "cancelled" | "timeout" | "fatal" | "failed" | "lost";
  reason: string;
  hint?: string;
}

export interface Evidence {
  turn: TurnState;
  stop: StopCause | undefined;
  /** Codex went away, could not start, or refused. */
  failure: AskCodexError | undefined;
  /** Whether the answer is JSON for a schema: then it carries no Status line. */
  schema: boolean;
  /** What the run changed and may not. */
  outOfScope: readonly ChangedFile[];
  /** Why nobody can say whether the write scope was kept. */
  unaudited: string | undefined;
  /** What our own run of the checks and of the schema says; undefined when nothing was checked. */
  checked: { ok: boolean; reason: string } | undefined;
}

export interface Decision {
  verdict: AnyVerdict;
  reason: string;
  hint: string | undefined;
  question: string | undefined;
}

interface Finding {
  verdict: Verdict;
  reason: string;
  hint?: string;
  question?: string;
}

/** The verdict of a run from its evidence: every finding that holds, and of those the first in the exit table. */
export function decideVerdict(evidence: Evidence): Decision {
  const { failure } = evidence;
  if (failure?.kind === "refused" || failure?.kind === "usage") {
    return { verdict: failure.kind, reason: failure.message, hint: failure.hint, question: undefined };
  }
  const findings = findAll(evidence);
  const verdict = firstVerdict(new Set(findings.map((finding) => finding.verdict)));
  const finding = findings.find((one) => one.verdict === verdict);
  return { verdict, reason: finding?.reason ?? "the turn completed", hint: finding?.hint, question: finding?.question };
}

function findAll({ turn, stop, failure, schema, outOfScope, unaudited, checked }: Evidence): Finding[] {
  const findings: Finding[] = outOfScope.length > 0 ? [violation(outOfScope)] : [];
  if (stop) findings.push(stop);
  // What went wrong after we stopped the turn is our doing.
  else if (failure) findings.push(fromFailure(failure, turn));
  else if (turn.ended?.status === "interrupted")
    findings.push({ verdict: "cancelled", reason: "the turn was interrupted" });
  else if (turn.ended?.status === "failed") findings.push(fromError(turn));
  else if (!turn.ended) findings.push({ verdict: "failed", reason: "the turn never ended" });
  if (turn.ended?.status !== "completed") return findings;
  if (unaudited !== undefined)
    findings.push({
      verdict: "failed",
      reason: `nobody can tell whether the write scope was kept: ${unaudited}`,
      hint: "look at the work tree yourself before you go on",
    });
  if (checked && !checked.ok)
    findings.push({ verdict: "unverified", reason: checked.reason, hint: "ask for a repair with --session" });
  return schema ? findings : [...findings, ...fromReport(readReport(turn.lastMessage))];
}

const NAMED = 3;

function violation(outOfScope: readonly ChangedFile[]): Finding {
  const paths = outOfScope.slice(0, NAMED).map(({ path }) => path);
  const more = outOfScope.length > NAMED ? ` and ${outOfScope.length - NAMED} more` : "";
  return {
    verdict: "violation",
    reason: `it changed what it may not: ${paths.join(", ")}${more}`,
    hint: "show the user; codex_runs undo with the run's id and --out-of-scope takes exactly that back",
  };
}

function fromReport(report: Report): Finding[] {
  switch (report.status) {
    case "done":
      return [];
    case "question":
      return [
        {
          verdict: "question",
          reason: "Codex asks something",
          ...(report.question ? { question: report.question } : {}),
        },
      ];
    case "blocked":
      return [
        {
          verdict: "blocked",
          reason: "Codex says that it is blocked",
          hint: "clear the way, then continue with --session",
        },
      ];
    case "partial":
      return [
        {
          verdict: "failed",
          reason: "Codex says that the work is partial",
          hint: "split the rest off, or continue with --session",
        },
      ];
    case "empty":
      return [
        {
          verdict: "failed",
          reason: "Codex ended the turn without a message",
          hint: "ask for the result with --session",
        },
      ];
  }
}

function fromError(turn: TurnState): Finding {
  const found = classifyError(turn.ended?.error ?? turn.lastError ?? { message: "Codex gave no reason" });
  const resets = turn.usageLimit?.resetsAt
    ? ` It resets at ${new Date(turn.usageLimit.resetsAt * 1000).toISOString()}.`
    : "";
  return {
    verdict: found.verdict === "fatal" ? "fatal" : "failed",
    reason: found.kind === "usage_limit" ? `${found.reason}${resets}` : found.reason,
    hint: found.hint,
  };
}

function fromFailure(failure: AskCodexError, turn: TurnState): Finding {
  const verdict: Verdict =
    failure.kind === "killed" || failure.kind === "fatal" || failure.kind === "lost" ? failure.kind : "failed";
  // exec says what was wrong in its events and then just exits.
  if (verdict === "failed" && turn.lastError && !turn.ended) {
    const found = classifyError(turn.lastError);
    if (found.verdict === "fatal") return { verdict: "fatal", reason: found.reason, hint: found.hint };
  }
  return { verdict, reason: failure.message, ...(failure.hint === undefined ? {} : { hint: failure.hint }) };
}
