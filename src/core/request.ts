import * as z from "zod";
import { Packet } from "./packet.ts";
import { Power } from "./policy.ts";

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
  warnings: z.array(z.string()),
});
export type RunRequest = z.infer<typeof RunRequest>;
