import * as z from "zod";
import { COMMON_FLAGS } from "../../cli/define.ts";
import { ROLES } from "../../core/packet.ts";
import { ENGINES, SANDBOX_MODES } from "../../core/request.ts";

/** `90` and `1.5` are seconds; 0 means no limit. A day is the longest: beyond it a slip is likelier than a wish. */
const seconds = z
  .string()
  .regex(/^\d+(\.\d+)?$/, "must be a number of seconds, 0 for no limit")
  .transform(Number)
  .refine((value) => value <= 86_400, "must be at most 86400 seconds (a day)");

const count = z
  .string()
  .regex(/^\d{1,6}$/, "must be a whole number, 0 for no limit")
  .transform(Number);

/** What goes to Codex as it is must at least be a word. */
const word = z.string().regex(/^[\w][\w./:@-]*$/, "must be one word");

const path = z
  .string()
  .min(1, "must be a path")
  .refine((text) => !text.includes("\0"), "must not have a NUL character");

/** The options of ask_codex (DESIGN.md 5.1), each with its help: the parser, the types and the help in one record. */
export const ASK_FLAGS = z.strictObject({
  file: z.array(path).optional().meta({
    short: "f",
    value: "PATH[:A[-B]]",
    repeat: true,
    help: "an entry file for Codex, with its lines if you like (also PATH#LA)",
  }),
  workspace: path.optional().meta({
    short: "w",
    value: "DIR",
    help: "where the work is done; its git root counts (default: the current directory)",
  }),
  role: z
    .string()
    .optional()
    .meta({
      value: "R",
      help: `${ROLES.join(", ")} (worker is writer); decides power, prompt and defaults (default: writer)`,
    }),
  "read-only": z.boolean().optional().meta({ help: "the role scout: Codex can read everything and write nothing" }),
  session: z
    .string()
    .min(1, "must be an id")
    .optional()
    .meta({ value: "ID", help: "continue a session, or answer its question: a session, run or broker id" }),
  model: word.optional().meta({ value: "M", help: "passed to Codex (default: Codex's own)" }),
  reasoning: word.optional().meta({ value: "EFFORT", help: "low, medium, high, … passed to Codex (default: by role)" }),
  timeout: seconds.optional().meta({ value: "S", help: "limit of the whole run in seconds, 0 = none (default: 600)" }),
  "idle-timeout": seconds.optional().meta({
    value: "S",
    help: "limit of silence in seconds, not counted while a command runs, 0 = none (default: 180)",
  }),
  "max-steps": count
    .optional()
    .meta({ value: "N", help: "limit of commands and edits of the turn, 0 = none (default: 0)" }),
  output: path
    .optional()
    .meta({ short: "o", value: "FILE", help: "write the answer to this file instead of .ask-codex/ in the workspace" }),
  schema: path
    .optional()
    .meta({ value: "FILE", help: "a JSON Schema that the answer must satisfy (exit 6 if it does not)" }),
  network: z.boolean().optional().meta({ help: "let the commands of the run use the network" }),
  sandbox: z
    .enum(SANDBOX_MODES, { error: `must be one of ${SANDBOX_MODES.join(", ")}` })
    .optional()
    .meta({ value: "MODE", help: `${SANDBOX_MODES.join(", ")}: instead of what the role may write` }),
  engine: z
    .enum(ENGINES, { error: `must be one of ${ENGINES.join(", ")}` })
    .optional()
    .meta({ value: "E", help: `${ENGINES.join(" or ")} (default: app-server, and exec where that can't be used)` }),
  "dry-run": z.boolean().optional().meta({ help: "print the prompt and the effective power; start and write nothing" }),
  strict: z.boolean().optional().meta({ help: "refuse where the prompt lint only warns" }),
  quiet: z.boolean().optional().meta({ help: "no progress on stderr" }),
  verbose: z.boolean().optional().meta({ help: "every event on stderr" }),
  ...COMMON_FLAGS,
});
export type AskFlags = z.infer<typeof ASK_FLAGS>;
