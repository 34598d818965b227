import * as z from "zod";

/** `base`: before the turn, on what was there. */
export const CHECK_PHASES = ["base", "after"] as const;
export type CheckPhase = (typeof CHECK_PHASES)[number];

/** `not_started`: the sandbox or the shell could not be; nothing is known then, and nothing unknown passes. */
export const CHECK_OUTCOMES = ["passed", "failed", "timeout", "cancelled", "not_started"] as const;
export type CheckOutcome = (typeof CHECK_OUTCOMES)[number];

/** One command that our own process ran in Codex's sandbox. */
export const CheckResult = z.strictObject({
  command: z.string(),
  outcome: z.enum(CHECK_OUTCOMES),
  /** null when it was stopped, killed or never started. */
  exit_code: z.int().nullable(),
  elapsed_ms: z.int(),
  /** What the exit code does not say: the sandbox's own words, the limit, the signal, what would not die. */
  reason: z.string().optional(),
  /** The whole output (stdout and stderr as they came, secrets taken out, capped), relative to the record; "" without. */
  output: z.string(),
  /** The end of it. */
  output_tail: z.string(),
});
export type CheckResult = z.infer<typeof CheckResult>;

/** All checks of one moment: before the turn, after it, or a later `codex_runs verify`. */
export const VerificationRound = z.strictObject({
  by: z.enum(["run", "codex_runs verify"]),
  phase: z.enum(CHECK_PHASES),
  started_at: z.string(),
  status: z.enum(["passed", "failed"]),
  checks: z.array(CheckResult),
  /** Looked for in the `after` phase only. */
  expect_files: z.array(z.strictObject({ path: z.string(), exists: z.boolean() })),
});
export type VerificationRound = z.infer<typeof VerificationRound>;

/** A file that a check reads and the run changed. No judgement: a new test is `created`, a bent one `modified`. */
export const TouchedCheck = z.strictObject({ path: z.string(), change: z.string(), checks: z.array(z.string()) });
export type TouchedCheck = z.infer<typeof TouchedCheck>;

/** verification.json: what our own run of the checks said; later rounds are added, none is replaced. */
export const VerificationRecord = z.strictObject({
  version: z.literal(1),
  /** Of the last `after` round and the schema. */
  status: z.enum(["none", "passed", "failed"]),
  rounds: z.array(VerificationRound),
  /** Commands that failed before the turn and passed in the last `after` round. */
  red_to_green: z.array(z.string()),
  /** The answer against --schema; null when none was given. */
  schema: z.strictObject({ ok: z.boolean(), detail: z.string() }).nullable(),
  /** A pass says less where a check reads what the run wrote. */
  touched_checks: z.array(TouchedCheck),
});
export type VerificationRecord = z.infer<typeof VerificationRecord>;
