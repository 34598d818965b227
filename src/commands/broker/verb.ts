import * as z from "zod";
import type { SessionRef } from "../../broker/store/broker-record.ts";
import { COMMON_FLAGS, type Io } from "../../cli/define.ts";
import { secondsText } from "../../packet/values.ts";
import { ASK_FLAGS } from "../ask/flags.ts";

const MINUTES = "must be a number of minutes up to 10080 (a week), 0 for never";
const LINES = "must be a whole number from 1 to 10000";

const {
  "list-units": _listUnits,
  "draft-packet": _draftPacket,
  background: _background,
  "max-parallel": _maxParallel,
  park: _park,
  once: _once,
  quiet: _quiet,
  verbose: _verbose,
  json: _json,
  help: _help,
  version: _version,
  ...RUN_SHAPE
} = ASK_FLAGS.shape;

/** The options of all verbs; each verb names those that are its own. Those of a run are ask_codex's. */
export const FLAGS = z.strictObject({
  name: z
    .string()
    .regex(/^[^\p{Cc}\p{Cs}]{1,64}$/u, "must be one line of at most 64 characters")
    .regex(/\S/, "must not be empty")
    .optional()
    .meta({ value: "LABEL", help: "start: a name by which the session can be called" }),
  "idle-exit": z
    .string(MINUTES)
    .regex(/^\d{1,5}(\.\d+)?$/, MINUTES)
    .transform(Number)
    .refine((minutes) => minutes <= 10_080, MINUTES)
    .optional()
    .meta({ value: "MIN", help: "start, resume: end the session after so many idle minutes, 0 = never (default: 30)" }),
  "from-claude": z.string().optional().meta({
    value: "TRANSCRIPT",
    bare: true,
    help: "start: go on with a session of Claude Code: the one that calls this, or that of a transcript or session id",
  }),
  steer: z.boolean().optional().meta({ help: "send: into the turn that runs now" }),
  interrupt: z.boolean().optional().meta({ help: "send: end the turn that runs now, and go on with the message" }),
  wait: z.boolean().optional().meta({ help: "send, answer: stay until the run has ended, and exit with its code" }),
  quiet: z.boolean().optional().meta({ help: "wait, --wait: no progress on stderr" }),
  verbose: z.boolean().optional().meta({ help: "wait, --wait: every event on stderr" }),
  all: z.boolean().optional().meta({ help: "list: the sessions of every workspace" }),
  follow: z.boolean().optional().meta({ help: "logs: go on until the session is idle or has ended" }),
  run: z.string().min(1, "must be a run id").optional().meta({ value: "RUN", help: "logs: of this run" }),
  lines: z
    .string(LINES)
    .regex(/^\d{1,5}$/, LINES)
    .transform(Number)
    .refine((lines) => lines >= 1 && lines <= 10_000, LINES)
    .optional()
    .meta({ value: "N", help: "logs: so many of the last lines (default: 60)" }),
  ...RUN_SHAPE,
  key: RUN_SHAPE.key.meta({
    value: "KEY",
    help: "start: start nothing where a session of the workspace was started with this key",
  }),
  session: RUN_SHAPE.session.meta({
    value: "ID",
    help: "start: go on with an old session, with the power that it had",
  }),
  timeout: secondsText.optional().meta({
    value: "S",
    help: "start, send: limit of the run in seconds, 0 = none (default: 600); wait: give up after S seconds with exit 75",
  }),
  ...COMMON_FLAGS,
});
export type Flags = z.infer<typeof FLAGS>;
export type OptionName = Exclude<keyof Flags, keyof typeof COMMON_FLAGS>;

const BEGINNING = new Set<string>(["session", "task-id", "engine", "key", "force", "quota-gate"]);

/** The options of every run: of the first one of a session, and of those that its messages become. */
export const RUN_OPTIONS: readonly OptionName[] = z
  .strictObject(RUN_SHAPE)
  .keyof()
  .options.filter((name) => !BEGINNING.has(name));

/** The session that a verb is about. */
export interface Target {
  home: string;
  ref: SessionRef;
  /** The run that the id named, where it named one. */
  runId?: string;
  /** The id as it was given. */
  word: string;
}

interface Described {
  usage: string;
  /** Its own options; --json is everybody's. */
  options: readonly OptionName[];
  examples: readonly (readonly [line: string, what: string])[];
}

/** One word of `codex_broker`: about one session, about one and with a text for it, or about none yet. */
export type Verb =
  | (Described & { takes: "id"; run(target: Target, flags: Flags, io: Io): Promise<number> })
  | (Described & {
      takes: "id and text";
      run(target: Target, text: string | undefined, flags: Flags, io: Io): Promise<number>;
    })
  | (Described & { takes: "text"; run(texts: readonly string[], flags: Flags, io: Io): Promise<number> })
  | (Described & { takes: "nothing"; run(flags: Flags, io: Io): Promise<number> });
