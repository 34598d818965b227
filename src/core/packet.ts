import * as z from "zod";

export const ROLES = ["scout", "writer", "reviewer", "verifier", "debugger", "synthesizer"] as const;
export type RoleName = (typeof ROLES)[number];

/** An entry file as the caller named it: a path and, if given, 1-based inclusive lines. */
export const EntryFile = z.strictObject({
  path: z.string().min(1),
  from: z.int().min(1).optional(),
  to: z.int().min(1).optional(),
});
export type EntryFile = z.infer<typeof EntryFile>;

/** A task id names a unit of a plan, and the session that works on it (DESIGN.md 6). */
export const TASK_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** What one unit of work is. Flags, packet files and units of a plan all become this one shape. */
export const Packet = z.strictObject({
  version: z.literal(1),
  goal: z.string().min(1),
  role: z.enum(ROLES),
  files: z.array(EntryFile),
  /** What may be changed: files, directories and globs below the workspace. Absent: what the role may; empty: nothing. */
  scope: z.array(z.string().min(1)).optional(),
  nonGoals: z.array(z.string().min(1)),
  /** Commands that our own process runs after the turn. */
  verify: z.array(z.string().min(1)),
  /** Checks in words, which only Codex can do. */
  verifyProse: z.array(z.string().min(1)),
  /** Files that must exist when the run is over, below the workspace. */
  expectFiles: z.array(z.string().min(1)),
  deliverable: z.string().optional(),
  context: z.string().optional(),
  /** A plan that Codex must read first, as an absolute path. */
  plan: z.string().optional(),
  taskId: z.string().regex(TASK_ID).optional(),
  allowDirtyOverlap: z.boolean(),
});
export type Packet = z.infer<typeof Packet>;
