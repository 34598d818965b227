import * as z from "zod";
import { COMMON_FLAGS, type Io } from "../../cli/define.ts";
import type { Target } from "./target.ts";

/** The options of all verbs; each verb names those that are its own. */
export const FLAGS = z.strictObject({
  timeout: z
    .string()
    .regex(/^\d+(\.\d+)?$/, "must be a number of seconds")
    .transform(Number)
    .optional()
    .meta({ value: "S", help: "wait: give up after S seconds with exit 75; the run goes on" }),
  quiet: z.boolean().optional().meta({ help: "wait: no progress on stderr" }),
  verbose: z.boolean().optional().meta({ help: "wait: every event on stderr" }),
  "out-of-scope": z.boolean().optional().meta({ help: "undo: only what the run was not allowed to change" }),
  "older-than": z
    .string()
    .regex(/^\d{1,5}$/, "must be a number of days")
    .transform(Number)
    .optional()
    .meta({ value: "DAYS", help: "gc: how long a run must be over; default 30" }),
  "dry-run": z.boolean().optional().meta({ help: "undo, gc: say what would be done, and do nothing" }),
  ...COMMON_FLAGS,
});
export type Flags = z.infer<typeof FLAGS>;

interface Described {
  usage: string;
  /** Its own options; --json is everybody's. */
  options: readonly Exclude<keyof Flags, keyof typeof COMMON_FLAGS>[];
  examples: readonly (readonly [line: string, what: string])[];
}

/** One word of `codex_runs`: about one run, or about all of them. */
export type Verb =
  | (Described & { takes: "id"; run(target: Target, flags: Flags, io: Io): Promise<number> })
  | (Described & { takes: "nothing"; run(flags: Flags, io: Io): Promise<number> });
