import * as z from "zod";

/** What Codex's own reviewer can be pointed at, in the words of its protocol (`review/start`). */
export const NativeReview = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("uncommittedChanges") }),
  z.strictObject({ type: z.literal("baseBranch"), branch: z.string() }),
  z.strictObject({ type: z.literal("commit"), sha: z.string(), title: z.string().nullable() }),
  z.strictObject({ type: z.literal("custom"), instructions: z.string() }),
]);
export type NativeReview = z.infer<typeof NativeReview>;

/** What is reviewed, resolved to commits before anything is started. */
export const ReviewTarget = z.discriminatedUnion("type", [
  /** The working tree, with untracked files, against HEAD; `head` is null in a repository without a commit. */
  z.strictObject({ type: z.literal("uncommitted"), head: z.string().nullable() }),
  /** The working tree against the merge base of HEAD and a ref. */
  z.strictObject({ type: z.literal("base"), ref: z.string(), base: z.string() }),
  /** One commit against its first parent. */
  z.strictObject({ type: z.literal("commit"), sha: z.string(), title: z.string() }),
]);
export type ReviewTarget = z.infer<typeof ReviewTarget>;

export const REVIEW_KINDS = ["native", "adversarial"] as const;
export type ReviewKind = (typeof REVIEW_KINDS)[number];

/** Which part of which review a run carries out. */
export const ReviewPart = z.strictObject({
  /** The id of the review; all its runs have it. */
  id: z.string(),
  kind: z.enum(REVIEW_KINDS),
  target: ReviewTarget,
  /** This run's place among the runs of the review, from 1. */
  shard: z.int().min(1),
  of: z.int().min(1),
  /** The changed files that this run looks at, relative to the workspace. */
  files: z.array(z.string()),
  focus: z.string().optional(),
  /** What Codex's own reviewer is asked; absent: an ordinary turn whose answer is `FindingsAnswer`. */
  native: NativeReview.optional(),
});
export type ReviewPart = z.infer<typeof ReviewPart>;

/** From worst to least. */
export const SEVERITIES = ["critical", "high", "medium", "low"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One thing that is said to be wrong, as a reviewer says it. */
export const Claim = z.strictObject({
  severity: z.enum(SEVERITIES),
  /** Relative to the workspace; null: it is about the change as a whole. */
  file: z.string().nullable(),
  /** First and last line in the new file, from 1; null: no line was named. */
  line: z.int().min(1).nullable(),
  end_line: z.int().min(1).nullable(),
  /** One sentence: what is wrong. */
  claim: z.string(),
  /** What in the code shows it. */
  evidence: z.string(),
  suggestion: z.string(),
});
export type Claim = z.infer<typeof Claim>;

/** What the answer of an adversarial review must be; `z.toJSONSchema` of it goes to Codex. */
export const FindingsAnswer = z.strictObject({ summary: z.string(), findings: z.array(Claim) });
export type FindingsAnswer = z.infer<typeof FindingsAnswer>;

/** Where a claim lies, looked up by us: in the change, in an unchanged line of a changed file, or nowhere in it. */
export const PLACES = ["change", "file", "outside"] as const;

export const LEDGER_STATES = ["new", "repeated", "waived"] as const;

/** A claim with what we know of it. */
export const Finding = z.strictObject({
  ...Claim.shape,
  /** `f-` and 8 characters: the same in every review of the branch that finds it again. */
  id: z.string(),
  /** The run that found it. */
  run_id: z.string(),
  place: z.enum(PLACES),
  /** What is odd about the place that it names, where we looked: no such file, outside of the workspace, a line behind the end. */
  note: z.string().optional(),
  state: z.enum(LEDGER_STATES),
  /** Why it was waived. */
  waived: z.string().optional(),
});
export type Finding = z.infer<typeof Finding>;

/**
 * `findings`: some that are not waived; `approve`: every part was read, parsed, and had none; `unparsed`: a part answered in
 * a form that nobody can read; `incomplete`: a part has no answer, or changed files were left out, and there are no findings.
 */
export const REVIEW_VERDICTS = ["approve", "findings", "unparsed", "incomplete"] as const;

/** A part of a review, as it ended. */
export const ReviewedShard = z.strictObject({
  run_id: z.string(),
  session_id: z.string().nullable(),
  files: z.array(z.string()),
  /** The run's own verdict; null: it has none yet. */
  verdict: z.string().nullable(),
  exit_code: z.int().nullable(),
  review: z.enum(["parsed", "unparsed", "none"]),
  reason: z.string(),
  summary: z.string(),
  /** The answer as it came, where it could not be parsed; its head. */
  raw: z.string().optional(),
});
export type ReviewedShard = z.infer<typeof ReviewedShard>;

/** A changed file that no part looked at, and why. */
export const Omitted = z.strictObject({ file: z.string(), bytes: z.int(), why: z.string() });
export type Omitted = z.infer<typeof Omitted>;

/** review.json: a review with the evidence of all its parts. */
export const ReviewResult = z.strictObject({
  version: z.literal(1),
  review_id: z.string(),
  workspace: z.string(),
  /** null: a detached HEAD. */
  branch: z.string().nullable(),
  kind: z.enum(REVIEW_KINDS),
  target: ReviewTarget,
  focus: z.string().nullable(),
  review: z.enum(REVIEW_VERDICTS),
  /** The worst verdict of its runs by the exit table, or `unverified` where a part was not parsed. */
  verdict: z.string(),
  exit_code: z.int(),
  reason: z.string(),
  findings: z.array(Finding),
  /** Ids and claims of earlier findings of this branch that this review looked for and did not find again. */
  fixed: z.array(z.strictObject({ id: z.string(), file: z.string().nullable(), claim: z.string() })),
  /** Why the ledger of the branch could not be read or written; nothing is known of earlier findings then. */
  ledger_problem: z.string().optional(),
  omitted: z.array(Omitted),
  shards: z.array(ReviewedShard),
  tokens: z.strictObject({ input: z.int(), cached: z.int(), output: z.int() }).nullable(),
  /** Where the Markdown is. */
  output_path: z.string().nullable(),
  started_at: z.string(),
  ended_at: z.string(),
});
export type ReviewResult = z.infer<typeof ReviewResult>;
