import * as z from "zod";
import { HOOKS, HookInput, type HookName } from "../../claude/hook-input.ts";
import { COMMON_FLAGS, defineCommand, type Io } from "../../cli/define.ts";
import { messageOf, usageError } from "../../core/errors.ts";
import { shortLine } from "../../core/one-line.ts";
import type { Said } from "./answer.ts";

const MESSAGE_CHARS = 300;

const FLAGS = z.object({
  input: z
    .string()
    .optional()
    .meta({ value: "JSON", help: "what the launcher understood of the JSON that Claude Code writes to stdin" }),
  ...COMMON_FLAGS,
});

/** The hooks of Claude Code; scripts/codex_hook.mjs loads it where there is something to do. */
export const hook = defineCommand({
  name: "codex_hook",
  summary:
    "The hooks of Claude Code: delivers what background runs have to tell, and carries out the review gate. Claude Code calls it with its JSON on stdin.",
  usage: HOOKS.map((name) => `codex_hook ${name}`),
  flags: FLAGS,
  examples: [["codex_hook stop", "as hooks/hooks.json has it; nothing to say is no output, and the exit code is 0"]],
  async run({ flags, positionals }, io) {
    const [word, more] = positionals;
    const name = HOOKS.find((one) => one === word);
    if (name === undefined || more !== undefined)
      throw usageError(
        name === undefined ? `there is no hook ${word ?? "without a name"}` : "a hook takes nothing more than its name",
        `hooks: ${HOOKS.join(", ")}`,
      );
    const { answer, told } = await answerSafely(name, readInput(flags.input), io);
    const text = flags.json || Object.keys(answer).length > 0 ? `${JSON.stringify(answer)}\n` : "";
    if (await isWritten(text, io)) told?.();
    return 0;
  },
});

/** A reader that was gone has read nothing. */
const isWritten = (text: string, io: Io): Promise<boolean> =>
  new Promise((resolve) => io.stdout.write(text, (error) => resolve(!error)));

function readInput(text: string | undefined): HookInput {
  try {
    return HookInput.parse(JSON.parse(text ?? ""));
  } catch {
    throw usageError("there is no input of Claude Code's", "let Claude Code call it: references/hooks.md says how");
  }
}

/** An accident of ours must never hold Claude up; of a gate that did not look the user is told. */
async function answerSafely(name: HookName, input: HookInput, io: Io): Promise<Said> {
  try {
    return await answer(name, input, io);
  } catch (error) {
    if (name !== "stop" && name !== "user-prompt-submit") return { answer: {} };
    const text = `ask-codex: the hook ${name} failed: ${messageOf(error)}`;
    return { answer: { systemMessage: shortLine(text, MESSAGE_CHARS) } };
  }
}

async function answer(name: HookName, input: HookInput, outer: Io): Promise<Said> {
  // An older Claude Code tells its hooks the session on stdin alone.
  const io = { ...outer, cwd: input.dir, env: { ...outer.env, CLAUDE_CODE_SESSION_ID: input.session } };
  if (name === "session-start") return (await import("./session-start.ts")).sessionStart(io);
  if (name === "session-end") return { answer: await (await import("./session-end.ts")).sessionEnd(input, io) };
  if (name === "stop") return { answer: await (await import("./stop.ts")).stop(input, io) };
  return (await import("./user-prompt-submit.ts")).userPromptSubmit(input, io);
}
