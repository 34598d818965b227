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
  quiet: z.boolean().optional().meta({ help: "wait, resume: no progress on stderr" }),
  verbose: z.boolean().optional().meta({ help: "wait, resume: every event on stderr" }),
  any: z.boolean().optional().meta({ help: "wait: until the first of the runs has ended or asks" }),
  all: z.boolean().optional().meta({ help: "list, inbox: the runs of every workspace" }),
  state: z
    .array(z.string().regex(/^[a-z_]+$/, "must be a state or a verdict"))
    .optional()
    .meta({
      value: "STATE",
      repeat: true,
      help: "list: only these: queued, running, waiting_input, ended, or a verdict",
    }),
  limit: z
    .string()
    .regex(/^\d{1,5}$/, "must be a whole number")
    .transform(Number)
    .optional()
    .meta({
      value: "N",
      help: "list: so many of the newest (default: 20; 0 = all), or rows of each table with --usage (8)",
    }),
  usage: z.boolean().optional().meta({ help: "list: the tokens by run, session, day and model" }),
  answer: z.boolean().optional().meta({ help: "result: the whole answer and nothing else" }),
  trailers: z.boolean().optional().meta({ help: "show: trailers for the commit message, by who wrote what" }),
  ack: z.array(z.string().min(1, "must be an id")).optional().meta({
    value: "ID",
    repeat: true,
    help: "inbox: this run's end or question has been read; all: everything that is shown",
  }),
  background: z.boolean().optional().meta({ help: "resume: return at once" }),
  park: z.boolean().optional().meta({ help: "resume: in the background, when the usage limit has reset" }),
  force: z.boolean().optional().meta({ help: "resume: although the quota gate or the breaker is closed" }),
  keep: z
    .string()
    .regex(/^\d{1,6}$/, "must be a whole number")
    .transform(Number)
    .optional()
    .meta({ value: "N", help: "gc: keep so many of the newest runs of each workspace, however old; default 200" }),
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

/** One word of `codex_runs`: about one run, about some, or about all of them. */
export type Verb =
  | (Described & { takes: "id"; run(target: Target, flags: Flags, io: Io): Promise<number> })
  | (Described & { takes: "ids"; run(targets: readonly Target[], flags: Flags, io: Io): Promise<number> })
  | (Described & { takes: "nothing"; run(flags: Flags, io: Io): Promise<number> });
