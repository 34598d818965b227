import * as z from "zod";

/**
 * `needed`: without it Codex can't be used from here. `worked around`: ask-codex reaches the same by another way. `told`: it
 * is not reached, and a receipt, a warning or the documentation says so.
 */
export const MATTERS = ["needed", "worked around", "told"] as const;

/** What is seen of a fact that the time was over for: nobody knows whether it holds. */
export const NO_TIME = "there was no time left";

/** What became of one fact with the Codex that is installed. */
export const TestedFact = z.strictObject({
  id: z.string(),
  /** One sentence, as we would have it. */
  claim: z.string(),
  /** `unknown`: this Codex gave no occasion to see it, and `saw` says why. */
  holds: z.union([z.boolean(), z.literal("unknown")]),
  /** What was observed, in one line. */
  saw: z.string(),
  matters: z.enum(MATTERS),
  /** What ask-codex does where it does not hold. */
  whenNot: z.string(),
  /** From the end of the first turn until it was known; several facts are read from one talk. */
  ms: z.int(),
});
export type TestedFact = z.infer<typeof TestedFact>;

/** What `codex_doctor --self-test --json` prints. */
export const SelfTestResult = z.strictObject({
  codex: z.strictObject({ version: z.string(), path: z.string() }),
  facts: z.array(TestedFact),
  /** No fact that is needed fails, and none of them had no time. */
  ok: z.boolean(),
  elapsed_ms: z.int(),
});
export type SelfTestResult = z.infer<typeof SelfTestResult>;
