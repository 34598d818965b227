import * as z from "zod";
import { EntryFile, TASK_ID } from "../core/packet.ts";
import { ENGINES } from "../core/request.ts";
import { count, path, percent, seconds, word } from "./values.ts";

const texts = z.array(z.string().min(1));

/**
 * What one source says of a run: flags, a packet file, a unit of a plan, the environment and the settings all become
 * this shape, and `effective` puts them together. A key that is not there was not said.
 */
export const Draft = z.strictObject({
  goal: z.string().min(1).optional(),
  /** Any word; `findRole` says which role it means. */
  role: z.string().min(1).optional(),
  workspace: path.optional(),
  files: z.array(EntryFile).optional(),
  /** Empty: no writes at all. */
  scope: texts.optional(),
  nonGoals: texts.optional(),
  /** Commands that our own process runs. */
  verify: texts.optional(),
  /** Checks in words. */
  verifyProse: texts.optional(),
  expectFiles: texts.optional(),
  deliverable: z.string().min(1).optional(),
  context: z.string().min(1).optional(),
  allowDirtyOverlap: z.boolean().optional(),
  plan: path.optional(),
  taskId: z.string().regex(TASK_ID).optional(),
  model: word.optional(),
  reasoning: word.optional(),
  timeoutS: seconds.optional(),
  idleTimeoutS: seconds.optional(),
  maxSteps: count.optional(),
  verifyTimeoutS: seconds.optional(),
  verifyBase: z.boolean().optional(),
  engine: z.enum(ENGINES).optional(),
  schema: path.optional(),
  output: path.optional(),
  strict: z.boolean().optional(),
  maxParallel: count.optional(),
  /** Percent of the quota from which nothing is started. */
  quotaGate: percent.optional(),
  autoReview: z.boolean().optional(),
});
export type Draft = z.infer<typeof Draft>;

/** A draft of values of which some were not said: those have no key in it. */
export const withoutGaps = (said: object): Draft =>
  Draft.parse(Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)));
