import * as z from "zod";
import { COMMON_FLAGS } from "../../cli/define.ts";
import { path, secondsText, word } from "../../packet/values.ts";

const COUNT = "must be a whole number from 1";
const atLeastOne = z
  .string(COUNT)
  .regex(/^[1-9]\d{0,8}$/, COUNT)
  .transform(Number);
const text = z.string().regex(/\S/, "must not be empty");

/** The options of codex_review. */
export const REVIEW_FLAGS = z.strictObject({
  uncommitted: z
    .boolean()
    .optional()
    .meta({ help: "review what is not committed: staged, unstaged, and untracked files that git does not ignore" }),
  base: z
    .string()
    .optional()
    .meta({ value: "REF", help: "review the working tree against the merge base of HEAD and this branch or commit" }),
  commit: z.string().optional().meta({ value: "SHA", help: "review one commit against its first parent" }),
  adversarial: z
    .boolean()
    .optional()
    .meta({ help: "challenge design, assumptions and failure modes, instead of Codex's own review" }),
  path: z.array(path).optional().meta({
    value: "PATH",
    repeat: true,
    help: "only these files or directories, also where they would be left out (generated, binary, too large)",
  }),
  workspace: path
    .optional()
    .meta({ short: "w", value: "DIR", help: "a directory of the repository (default: the current directory)" }),
  sarif: path.optional().meta({ value: "FILE", help: "write the findings as SARIF 2.1.0, too; - for stdout alone" }),
  background: z.boolean().optional().meta({ help: "start it and return at once; --collect has the result" }),
  collect: z
    .string()
    .min(1, "must be an id")
    .optional()
    .meta({ value: "REVIEW_ID", help: "wait for a review that goes on without its client, and print what it found" }),
  model: word.optional().meta({ value: "M", help: "passed to Codex (default: Codex's own)" }),
  reasoning: word.optional().meta({ value: "EFFORT", help: "low, medium, high, … passed to Codex (default: high)" }),
  timeout: secondsText.optional().meta({ value: "S", help: "limit of each run in seconds, 0 = none (default: 600)" }),
  "idle-timeout": secondsText
    .optional()
    .meta({ value: "S", help: "limit of silence of each run in seconds, 0 = none (default: 180)" }),
  "max-parallel": atLeastOne.optional().meta({ value: "N", help: "runs that go on at a time (default: 4)" }),
  "shard-bytes": atLeastOne
    .optional()
    .meta({ value: "N", help: "bytes of diff that one run looks at; there are 8 runs at the most (default: 120000)" }),
  ledger: z.boolean().optional().meta({ help: "show the findings of this branch so far; start nothing" }),
  waive: z.string().optional().meta({ value: "ID", help: "a finding is no fault, or is accepted: --reason says why" }),
  unwaive: z.string().optional().meta({ value: "ID", help: "take that back" }),
  reason: text.optional().meta({ value: "TEXT", help: "why a finding is waived" }),
  quiet: z.boolean().optional().meta({ help: "no progress on stderr" }),
  verbose: z.boolean().optional().meta({ help: "every event on stderr" }),
  ...COMMON_FLAGS,
});
export type ReviewFlags = z.infer<typeof REVIEW_FLAGS>;
