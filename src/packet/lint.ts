import { findCredential } from "../core/redact.ts";
import { CONVERSATION_WORDS } from "./conversation-words.ts";
import type { Role } from "./role.ts";

const MAX_GOAL_WORDS = 500;
const MAX_BLOCK_LINES = 40;
const MAX_BLOCK_CHARS = 4_000;
/** Codex refuses longer input: "Input exceeds the maximum length of 1048576 characters". */
const MAX_PROMPT_CHARS = 1_048_576;
const CHECK_WORDS =
  /\b(?:(?:py|vi|unit)?tests?\b|test(?:ed|ing|_\w|-)|check|verif|lint|build|compil|type-?check|tsc\b|run(?:s|ning)?\b|expect|pass(?:es|ed|ing)?\b|assert|reproduc|prove|exit(?:s| code)|done when|benchmark)/i;
const SKILL_NAME = /\bask[-_ ]codex(?![a-z])/i;

/** One thing that is wrong with a goal or its prompt, in one sentence: what, why, what to do. */
export interface LintFinding {
  code:
    | "too_many_words"
    | "no_verification"
    | "pasted_file"
    | "conversation"
    | "skill_name"
    | "too_long"
    | "credential"
    | "nul";
  message: string;
  /** Refused always; the others are warnings that `--strict` turns into refusals. */
  refuse: boolean;
}

/**
 * What makes a run fail or mislead before it starts. `followUp` is for a message into a session: there Codex does
 * remember what was said, and a short message need not name a check again. `checks` is how many the packet has itself.
 */
export function lintPacket(input: {
  goal: string;
  prompt: string;
  role: Role;
  followUp?: boolean;
  checks?: number;
}): LintFinding[] {
  const { goal, prompt, role, followUp = false, checks = 0 } = input;
  const words = goal.match(/\S+/g)?.length ?? 0;
  const credential = findCredential(goal);
  const block = findLongBlock(goal);
  const reference = followUp ? undefined : findReference(goal);
  const skillName = SKILL_NAME.exec(goal)?.[0];
  const findings: (LintFinding | false)[] = [
    goal.includes("\0") &&
      refusal("nul", "the goal has a NUL character, which the protocol to Codex can't carry: remove it."),
    credential !== undefined &&
      refusal(
        "credential",
        `the goal has a credential in it (${credential}), which would be sent to the model and recorded: take it out and name the variable or file that holds it.`,
      ),
    tooLong(prompt) &&
      refusal(
        "too_long",
        `the prompt has ${prompt.length} characters, over the ${MAX_PROMPT_CHARS} that Codex takes: put the material into files and name them with --file.`,
      ),
    words > MAX_GOAL_WORDS &&
      warning(
        "too_many_words",
        `the goal has ${words} words, over ${MAX_GOAL_WORDS}; long goals get lost on the way: put the material into a file and name it with --file, or split the goal.`,
      ),
    role.power === "write" &&
      !followUp &&
      checks === 0 &&
      !CHECK_WORDS.test(goal) &&
      warning(
        "no_verification",
        "the goal names no check, so Codex can't tell when it is done: add the command that has to pass.",
      ),
    block !== undefined &&
      warning(
        "pasted_file",
        `the goal has a pasted block of ${block.lines} lines (${block.chars} characters); Codex reads files itself and sees their current state: give the path with --file.`,
      ),
    reference !== undefined &&
      warning(
        "conversation",
        `the goal says "${reference}", but Codex sees nothing of this conversation: write out what is meant.`,
      ),
    skillName !== undefined &&
      warning(
        "skill_name",
        `the goal says "${skillName}", which makes Codex try to call itself: say what is to be done, not through which program.`,
      ),
  ];
  return findings.filter((finding) => finding !== false);
}

const refusal = (code: LintFinding["code"], message: string): LintFinding => ({ code, message, refuse: true });
const warning = (code: LintFinding["code"], message: string): LintFinding => ({ code, message, refuse: false });

/** Codex counts characters, not UTF-16 units; counting them is only needed where the units are over. */
function tooLong(prompt: string): boolean {
  if (prompt.length <= MAX_PROMPT_CHARS) return false;
  let chars = 0;
  for (const _ of prompt) chars += 1;
  return chars > MAX_PROMPT_CHARS;
}

function findReference(goal: string): string | undefined {
  const text = goal.replace(/\s+/g, " ");
  for (const words of CONVERSATION_WORDS) {
    const match = words.exec(text);
    if (match) return match[0];
  }
  return undefined;
}

/** The first fenced block that is longer than an example; one that is never closed counts to the end. */
function findLongBlock(goal: string): { lines: number; chars: number } | undefined {
  let open: { fence: string; lines: number; chars: number } | undefined;
  for (const line of goal.split("\n")) {
    const fence = /^\s{0,12}(`{3,}|~{3,})\s*(\S?)/.exec(line);
    if (open === undefined) {
      if (fence?.[1] !== undefined) open = { fence: fence[1], lines: 0, chars: 0 };
    } else if (fence?.[1]?.startsWith(open.fence) && fence[2] === "") {
      if (isLong(open)) return open;
      open = undefined;
    } else {
      open.lines += 1;
      open.chars += line.length + 1;
    }
  }
  return open !== undefined && isLong(open) ? open : undefined;
}

const isLong = (block: { lines: number; chars: number }): boolean =>
  block.lines > MAX_BLOCK_LINES || block.chars > MAX_BLOCK_CHARS;
