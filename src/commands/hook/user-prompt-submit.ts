import type { HookInput } from "../../claude/hook-input.ts";
import type { Io } from "../../cli/define.ts";
import { messageOf } from "../../core/errors.ts";
import { shortLine } from "../../core/one-line.ts";
import { type Said, telling } from "./answer.ts";
import { beginTurn } from "./begin-turn.ts";
import { deliverInbox, NO_DELIVERY } from "./deliver-inbox.ts";

const WHY_CHARS = 300;

/** Tells Claude what background runs have to tell, and where the review gate is on notes what the turn begins with. */
export async function userPromptSubmit(input: HookInput, io: Io): Promise<Said> {
  const [{ text, told }, problem] = await Promise.all([
    deliverInbox(io).catch(() => NO_DELIVERY),
    beginTurn(input, io).catch(messageOf),
  ]);
  const answer = telling("UserPromptSubmit", [text]);
  if (problem === undefined) return { answer, told };
  const systemMessage = `ask-codex: the review gate will not look at this turn: ${shortLine(problem, WHY_CHARS)}`;
  return { answer: { ...answer, systemMessage }, told };
}
