import * as z from "zod";
import { EXIT_TABLE, START_TABLE } from "./exit-table.ts";
import { ROLES } from "./packet.ts";
import { Power } from "./policy.ts";
import { ENGINES, Limits, Owner, QuotaFinding } from "./request.ts";

const Verdicts = z.enum([...EXIT_TABLE, ...START_TABLE].map((row) => row.verdict));

export const Question = z.strictObject({
  callId: z.string(),
  question: z.string(),
  options: z.array(z.string()),
  askedAt: z.string(),
});
export type Question = z.infer<typeof Question>;

/** What the stop ladder and the sweep did, so that "no process is left" is a statement with evidence. */
export const EndedProcesses = z.strictObject({
  killed: z.array(z.string()),
  left: z.array(z.string()),
  removed_dirs: z.array(z.string()),
});
export type EndedProcesses = z.infer<typeof EndedProcesses>;

/** status.json: the state of a run that has no receipt yet; true as long as its owner lives. */
export const RunStatus = z.strictObject({
  version: z.literal(1),
  runId: z.string(),
  state: z.enum(["queued", "running", "waiting_input", "ended"]),
  updatedAt: z.string(),
  owner: Owner.optional(),
  /** The Codex of the run: the leader of the processes that are ended with it. */
  codex: Owner.optional(),
  threadId: z.string().optional(),
  /** What a queued run waits for: a place among the background runs (`ahead` are before it), or a time. */
  waiting: z
    .strictObject({ for: z.enum(["slot", "quota"]), ahead: z.int().nullable(), until: z.string().nullable() })
    .optional(),
  /** Codex has been given the prompt: what becomes of the run now, its message is not sent a second time. */
  sent: z.boolean().optional(),
  question: Question.optional(),
});
export type RunStatus = z.infer<typeof RunStatus>;

export const Tokens = z.strictObject({ input: z.int(), cached: z.int(), output: z.int() });

export const ChangedFile = z.strictObject({
  path: z.string(),
  change: z.enum(["created", "modified", "deleted", "renamed"]),
  from: z.string().optional(),
});
export type ChangedFile = z.infer<typeof ChangedFile>;

/** result.json, the receipt: the verdict with its evidence. Written last, once. */
export const Receipt = z.strictObject({
  version: z.literal(1),
  run_id: z.string(),
  broker_id: z.string(),
  session_id: z.string().nullable(),
  verdict: Verdicts,
  exit_code: z.int(),
  reason: z.string(),
  next: z.string().optional(),
  resume: z.string().optional(),
  question: z.strictObject({ question: z.string(), options: z.array(z.string()) }).optional(),
  workspace: z.string(),
  role: z.enum(ROLES),
  power: Power,
  /**
   * `ok`: the kernel held the power; `degraded`: a sandbox mode and the audit did; `off`: full access; `unknown`: there
   * was a scope and nobody could audit it.
   */
  policy: z.enum(["ok", "degraded", "off", "violation", "unknown"]),
  /** Why it is not ok, in a sentence. */
  policy_detail: z.string().optional(),
  verification: z.enum(["none", "passed", "failed"]),
  verification_detail: z.string().optional(),
  engine: z.strictObject({
    name: z.enum(ENGINES),
    requested: z.enum(ENGINES),
    reason: z.string().optional(),
    codex_version: z.string().optional(),
  }),
  model: z.string().nullable(),
  reasoning: z.string().nullable(),
  output_path: z.string().nullable(),
  record: z.string(),
  answer: z.string(),
  answer_truncated: z.boolean(),
  /** null: the workspace is not a git work tree, so nobody can say. */
  files_changed: z.array(ChangedFile).nullable(),
  /** Of these, what was not allowed. */
  out_of_scope: z.array(ChangedFile),
  /** What somebody else changed meanwhile: the kernel would have refused it to Codex. */
  concurrent: z.array(ChangedFile),
  tokens: Tokens.nullable(),
  limits: Limits,
  usage_limit: z.strictObject({ used_percent: z.number().nullable(), resets_at: z.string().nullable() }).optional(),
  counts: z.strictObject({
    turns: z.int(),
    commands: z.int(),
    failed_commands: z.int(),
    edits: z.int(),
    messages: z.int(),
    retries: z.int(),
    questions: z.int(),
  }),
  processes: EndedProcesses,
  /** How the first turn ended, where a second one was given what failed (`--auto-review`); all else is about both. */
  review: z.strictObject({ verdict: Verdicts, exit_code: z.int(), reason: z.string(), answer: z.string() }).optional(),
  /** What the caller was told without being asked; `pending` while the end itself is still on its way. */
  notifications: z
    .strictObject({
      sent: z.int(),
      failed: z.array(z.strictObject({ channel: z.string(), event: z.string(), reason: z.string() })),
      pending: z.boolean(),
    })
    .optional(),
  quota: QuotaFinding.optional(),
  warnings: z.array(z.string()),
  started_at: z.string(),
  ended_at: z.string(),
  elapsed_ms: z.int(),
});
export type Receipt = z.infer<typeof Receipt>;

/** How a session of Claude Code came to Codex: as the thread itself, or as a file that its first prompt points at. */
export const FromClaude = z.strictObject({
  session: z.string().nullable(),
  way: z.enum(["import", "digest"]),
  digest: z.string().nullable(),
});
export type FromClaude = z.infer<typeof FromClaude>;

/** sessions/<broker-id>.json: a thread that runs can continue, with the power it was given at its start. */
export const SessionRecord = z.strictObject({
  version: z.literal(1),
  broker_id: z.string(),
  session_id: z.string().nullable(),
  workspace: z.string(),
  role: z.enum(ROLES),
  power: Power,
  engine: z.enum(ENGINES),
  model: z.string().nullable(),
  reasoning: z.string().nullable(),
  /** Totals Codex had counted for the thread when its last run ended; the next run subtracts them. */
  tokens: Tokens.nullable(),
  runs: z.array(z.string()),
  /** The session of Claude Code that it goes on with. */
  from_claude: FromClaude.optional(),
  /** Codex had the thread before any run of ours, so it has none of our tools. */
  adopted: z.boolean().optional(),
  created_at: z.string(),
  updated_at: z.string(),
});
export type SessionRecord = z.infer<typeof SessionRecord>;
