import * as z from "zod";
import { COMMON_FLAGS } from "../../cli/define.ts";
import { ROLES, TASK_ID } from "../../core/packet.ts";
import { ENGINES, SANDBOX_MODES } from "../../core/request.ts";
import { countText, path, percentText, secondsText, word } from "../../packet/values.ts";

const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of a variable");
const text = z.string().regex(/\S/, "must not be empty");

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
  timeout: secondsText
    .optional()
    .meta({ value: "S", help: "limit of the whole run in seconds, 0 = none (default: 600)" }),
  "idle-timeout": secondsText.optional().meta({
    value: "S",
    help: "limit of silence in seconds, not counted while a command runs, 0 = none (default: 180)",
  }),
  "max-steps": countText
    .optional()
    .meta({ value: "N", help: "limit of commands and edits of the turn, 0 = none (default: 0)" }),
  output: path
    .optional()
    .meta({ short: "o", value: "FILE", help: "write the answer to this file instead of .ask-codex/ in the workspace" }),
  schema: path
    .optional()
    .meta({ value: "FILE", help: "a JSON Schema that the answer must satisfy (exit 6 if it does not)" }),
  packet: path
    .optional()
    .meta({ value: "FILE", help: "a task packet: goal, scope, checks and more (references/packets.md)" }),
  plan: path.optional().meta({ value: "FILE", help: "a plan that Codex reads first" }),
  "task-id": z
    .string()
    .regex(TASK_ID, "must be letters, digits, dots, dashes and underscores, at most 64")
    .optional()
    .meta({
      value: "ID",
      help: "a unit of the plan: the same id goes on in the same session; without a goal the unit is the goal",
    }),
  "list-units": z
    .boolean()
    .optional()
    .meta({ help: "list the units of --plan that are meant for Codex; start nothing" }),
  "draft-packet": z
    .boolean()
    .optional()
    .meta({ help: "print the packet of the unit --task-id of --plan; start nothing" }),
  scope: z.array(path).optional().meta({
    value: "PATH",
    repeat: true,
    help: "what Codex may write: a file, directory or glob of the workspace, or none (default: a writing role the whole workspace)",
  }),
  "non-goal": z.array(text).optional().meta({ value: "TEXT", repeat: true, help: "what is not to be done" }),
  verify: z.array(text).optional().meta({
    value: "CMD",
    repeat: true,
    help: "a check that we run after the turn, in Codex's sandbox; exit 6 if it fails",
  }),
  "verify-base": z
    .boolean()
    .optional()
    .meta({ help: "run the checks before the turn as well, and record what turned green" }),
  "verify-timeout": secondsText
    .optional()
    .meta({ value: "S", help: "limit of each check in seconds, 0 = none (default: 300)" }),
  "expect-file": z
    .array(path)
    .optional()
    .meta({ value: "PATH", repeat: true, help: "a file that must exist at the end" }),
  deliverable: text.optional().meta({ value: "TEXT", help: "what Codex is to hand over" }),
  "allow-dirty-overlap": z
    .boolean()
    .optional()
    .meta({ help: "go on where the scope has files with uncommitted changes (else exit 75)" }),
  writable: z
    .array(path)
    .optional()
    .meta({ value: "DIR", repeat: true, help: "another directory that Codex may write" }),
  "no-tmp": z.boolean().optional().meta({ help: "/tmp is read-only too; $TMPDIR stays the run's own" }),
  env: z
    .array(name)
    .optional()
    .meta({ value: "NAME", repeat: true, help: "a variable of yours that the commands of the run may see" }),
  network: z.boolean().optional().meta({ help: "let the commands of the run use the network" }),
  sandbox: z
    .enum(SANDBOX_MODES, { error: `must be one of ${SANDBOX_MODES.join(", ")}` })
    .optional()
    .meta({ value: "MODE", help: `${SANDBOX_MODES.join(", ")}: instead of what the role may write` }),
  engine: z
    .enum(ENGINES, { error: `must be one of ${ENGINES.join(", ")}` })
    .optional()
    .meta({ value: "E", help: `${ENGINES.join(" or ")} (default: app-server, and exec where that can't be used)` }),
  background: z
    .boolean()
    .optional()
    .meta({ help: "start it and return at once; codex_runs wait or inbox has the end" }),
  "max-parallel": countText.optional().meta({
    value: "N",
    help: "with --background: begin when fewer than N background runs go on, 0 = at once (default: 4)",
  }),
  park: z
    .boolean()
    .optional()
    .meta({ help: "where the quota gate is closed: start in the background when the limit resets" }),
  "notify-cmd": text.optional().meta({
    value: "CMD",
    help: "a program that gets each event as JSON on stdin; it is started without a shell",
  }),
  "notify-shell": z.boolean().optional().meta({ help: "give --notify-cmd to a shell" }),
  "notify-url": text.optional().meta({ value: "URL", help: "post each event there as JSON (https, or this machine)" }),
  "notify-secret-env": name.optional().meta({
    value: "NAME",
    help: "sign what is posted with the value of this variable (HMAC-SHA256)",
  }),
  "notify-insecure": z.boolean().optional().meta({ help: "let --notify-url be plain http to another machine" }),
  "event-stream": path.optional().meta({ value: "FILE", help: "append each event to this file, a line of JSON each" }),
  notify: z.boolean().optional().meta({ help: "a notification on the desktop when a long run ends or asks" }),
  "auto-review": z
    .boolean()
    .optional()
    .meta({ help: "where the turn or a check fails: one more turn in the same session with what failed" }),
  "quota-gate": percentText.optional().meta({
    value: "PCT",
    help: "start nothing from this share of the usage limit on (exit 75; default: 85)",
  }),
  force: z.boolean().optional().meta({ help: "start although the quota gate or the breaker is closed" }),
  key: z
    .string()
    .regex(/^[^\p{Cc}\p{Cs}]{1,200}$/u, "must be one line of at most 200 characters")
    .optional()
    .meta({ value: "KEY", help: "start nothing where a run of the workspace was started with this key: attach to it" }),
  once: z.boolean().optional().meta({ help: "the same with the packet itself as the key" }),
  "dry-run": z.boolean().optional().meta({ help: "print the prompt and the effective power; start and write nothing" }),
  strict: z.boolean().optional().meta({ help: "refuse where the prompt lint only warns" }),
  quiet: z.boolean().optional().meta({ help: "no progress on stderr" }),
  verbose: z.boolean().optional().meta({ help: "every event on stderr" }),
  ...COMMON_FLAGS,
});
export type AskFlags = z.infer<typeof ASK_FLAGS>;
