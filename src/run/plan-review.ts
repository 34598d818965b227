import type { Receipt } from "../core/record.ts";
import { redact } from "../core/redact.ts";
import type { VerificationRecord } from "../core/verification.ts";
import type { Shortfall } from "../packet/review-prompt.ts";
import type { Decision, Evidence } from "./decide-verdict.ts";
import { readReport } from "./read-report.ts";
import { outcomeWord } from "./verification-finding.ts";
import { lastRound } from "./verification-record.ts";

const ANSWER_CHARS = 2_000;

/** What decides whether a first turn gets a second one, which is told what failed. */
export interface FirstEnd {
  decision: Pick<Decision, "verdict" | "reason">;
  evidence: Evidence;
  verification: VerificationRecord;
}

/**
 * What a first turn fell short of and a second one could put right; undefined: there is nothing of that kind. A turn
 * that we stopped, a Codex that went away, a sandbox that can't start and a scope that nobody can audit are no faults
 * of the work.
 */
export function shortfallOf({ decision, evidence, verification }: FirstEnd): Shortfall | undefined {
  const { turn, stop, failure, unaudited } = evidence;
  if (decision.verdict !== "failed" && decision.verdict !== "unverified") return undefined;
  if (stop || failure || unaudited !== undefined || turn.ended === undefined) return undefined;
  if (turn.ended.status === "interrupted") return undefined;
  const round = lastRound(verification);
  const wrong = round?.checks.filter(({ outcome }) => outcome === "failed" || outcome === "timeout") ?? [];
  const shortfall: Shortfall = {
    said: saidOf(decision, evidence),
    checks: wrong.map((check) => ({
      command: redact(check.command),
      how: check.reason === undefined ? outcomeWord(check) : `${outcomeWord(check)} (${redact(check.reason)})`,
      output: redact(check.output_tail),
    })),
    missing: round?.expect_files.filter(({ exists }) => !exists).map(({ path }) => path) ?? [],
    schema: verification.schema?.ok === false ? redact(verification.schema.detail) : undefined,
  };
  const { said, checks, missing, schema } = shortfall;
  return said === undefined && checks.length === 0 && missing.length === 0 && schema === undefined
    ? undefined
    : shortfall;
}

/** What Codex itself said or left out, in words for Codex. */
function saidOf({ reason }: FirstEnd["decision"], { turn, schema }: Evidence): string | undefined {
  if (turn.ended?.status === "failed") return `The turn ended with an error: ${redact(reason)}`;
  if (schema) return undefined;
  const { status } = readReport(turn.lastMessage);
  if (status === "partial") return "You reported it as partial: what you named as left is part of the goal.";
  return status === "empty" ? "The turn ended without a message: there is no report." : undefined;
}

/** The end of the first turn, as the receipt of the run has it. */
export const firstEnd = (decision: Decision, exitCode: number, lastMessage: string): Receipt["review"] => ({
  verdict: decision.verdict,
  exit_code: exitCode,
  reason: redact(decision.reason),
  answer: redact(lastMessage).slice(0, ANSWER_CHARS),
});
