import type { CheckOutcome, CheckResult, VerificationRound } from "../../../src/core/verification.ts";

export const check = (command: string, outcome: CheckOutcome, over: Partial<CheckResult> = {}): CheckResult => ({
  command,
  outcome,
  exit_code: outcome === "passed" ? 0 : outcome === "failed" ? 1 : null,
  elapsed_ms: 1_234,
  output: "verify/1-after-1.log",
  output_tail: "",
  ...over,
});

export const round = (over: Partial<VerificationRound>): VerificationRound => ({
  by: "run",
  phase: "after",
  started_at: "2026-11-21T05:11:03.000Z",
  status: (over.checks ?? []).every((one) => one.outcome === "passed") ? "passed" : "failed",
  checks: [],
  expect_files: [],
  ...over,
});
