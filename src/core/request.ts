import * as z from "zod";
import { Packet } from "./packet.ts";
import { Power } from "./policy.ts";
import { ReviewPart } from "./review.ts";

export const ENGINES = ["app-server", "exec"] as const;
export type EngineName = (typeof ENGINES)[number];

/** The engines in which a question can park the turn; the prompt must not promise the tool to the others. */
export const ASKING_ENGINES: readonly EngineName[] = ["app-server"];

export const SANDBOX_MODES = ["read-only", "workspace-write", "danger-full-access"] as const;

/**
 * Limits of a run; milliseconds, 0 = none. `maxSteps` counts commands and edits of the turn, `holdMs` is how long a
 * question waits, `checkMs` is for each command of the verification.
 */
export const Limits = z.strictObject({
  totalMs: z.int().min(0),
  idleMs: z.int().min(0),
  maxSteps: z.int().min(0),
  holdMs: z.int().min(0),
  checkMs: z.int().min(0),
});
export type Limits = z.infer<typeof Limits>;

/** Who started the run: a reader that finds no owner can tell a run that is still starting from one that never will. */
export const Owner = z.strictObject({ pid: z.int().min(1), startTime: z.string(), bootId: z.string() });
export type Owner = z.infer<typeof Owner>;

/** Whom a run tells of its beginning, its progress, its questions and its end, without being asked. */
export const Push = z.strictObject({
  /** A program with its arguments; each event is one JSON object on its stdin. */
  cmd: z.array(z.string()).min(1).optional(),
  /** Where the caller stood, and so where the program is started; absent: in the workspace. */
  cwd: z.string().optional(),
  /** Each event is posted here as JSON; `env:NAME` is the address in that variable, which no record has. */
  url: z.string().optional(),
  /** The variable of the caller whose value signs what is posted. */
  secretEnv: z.string().optional(),
  /** Plain http to another machine is allowed. */
  insecure: z.boolean().default(false),
  /** A file, absolute, that each event is appended to as a line of JSON. */
  stream: z.string().optional(),
  /** A notification on the desktop, for a run that took long or asks. */
  desktop: z.boolean().default(false),
});
export type Push = z.infer<typeof Push>;

/** A run that nobody waits for: its end is delivered to the inbox. */
export const Background = z.strictObject({
  /** The Claude Code session that started it, and its process where that is known; null: it was no such session. */
  claude: z.strictObject({ session: z.string(), owner: Owner.nullable() }).nullable(),
  /** It begins when fewer background runs than so many, begun before it, go on; 0 = at once. */
  maxParallel: z.int().min(0),
  /** It begins no earlier; null: as soon as it may. */
  notBefore: z.string().nullable(),
});
export type Background = z.infer<typeof Background>;

/** What the quota gate found before the start. */
export const QuotaFinding = z.strictObject({
  /** False: nobody could say how much of the quota is used. */
  known: z.boolean(),
  window: z.enum(["primary", "secondary"]).nullable(),
  used_percent: z.number().nullable(),
  resets_at: z.string().nullable(),
  /** The gate was closed, and the caller started it all the same. */
  forced: z.boolean(),
});
export type QuotaFinding = z.infer<typeof QuotaFinding>;

/** request.json: everything the broker needs, written by the client before anything is spawned. */
export const RunRequest = z.strictObject({
  version: z.literal(1),
  runId: z.string(),
  brokerId: z.string(),
  createdAt: z.string(),
  starter: Owner,
  workspace: z.string(),
  /** Whether the workspace is a git work tree: decides if changes can be told. */
  git: z.boolean(),
  packet: Packet,
  prompt: z.string(),
  power: Power,
  /** More paths and globs of the settings that no command may read. */
  deny: z.array(z.string()),
  /** Globs of the settings whose changes the audit leaves out, and says so. */
  volatile: z.array(z.string()),
  /** Whether the checks run before the turn, too. */
  verifyBase: z.boolean(),
  limits: Limits,
  engine: z.enum(ENGINES),
  /** True when the user named the engine: then there is no falling back to the other one. */
  enginePinned: z.boolean(),
  model: z.string().optional(),
  reasoning: z.string().optional(),
  /** The thread to continue; absent for a new one. */
  threadId: z.string().optional(),
  /** The JSON Schema that the answer must satisfy. */
  schema: z.unknown().optional(),
  /** Where the caller wants the answer, absolute; absent: the workspace's .ask-codex folder. */
  output: z.string().optional(),
  /** How Codex is started: the native binary where it can be found. */
  codex: z.strictObject({ command: z.string(), args: z.array(z.string()), native: z.boolean() }),
  socket: z.string(),
  /** What a client must show to the broker; who can read the record may talk to it. */
  token: z.string().default(""),
  /** Its broker stays for the next message: the power and the marker are the session's, not the run's. */
  live: z.boolean().default(false),
  push: Push.optional(),
  background: Background.optional(),
  /** One more turn in the same session where the first one failed, with what failed. */
  autoReview: z.boolean().default(false),
  /** The part of a review that this run is. */
  review: ReviewPart.optional(),
  quota: QuotaFinding.optional(),
  /** The key by which a second start finds this run instead of beginning another. */
  key: z.string().optional(),
  warnings: z.array(z.string()),
});
export type RunRequest = z.infer<typeof RunRequest>;
