import type { Move } from "../test/kit/scripted-claude.ts";
import { BUGGY_FILE, CHECK, GOAL } from "./project.ts";

/** A way in which work gets from Claude Code to Codex: what the user types, and what Claude, here a script, does with it. */
export interface Way {
  picture: string;
  title: string;
  prompt: string;
  moves: readonly Move[];
}

/** The command as SKILL.md spells it, picked out of what Claude was given to read. */
const SCRIPT = "node {{Base directory for this skill: (.+)}}/scripts/ask_codex.mjs";
const DELEGATE: readonly Move[] = [
  {
    tool: "Bash",
    input: {
      command: `${SCRIPT} \\\n  --scope ${BUGGY_FILE} --verify "${CHECK}" "${GOAL}"`,
      description: "Hand the repair to Codex",
      timeout: 600_000,
    },
  },
  { tool: "Bash", input: { command: "git diff -U0", description: "Look at the change" } },
  {
    say: `Codex changed one line of ${BUGGY_FILE}: slug() now drops a hyphen at either end. It tried to bend the
test first, and the sandbox refused. Our own run of \`${CHECK}\` passed, and I have read the diff.
Shall I commit it?`,
  },
];

export const WAYS: readonly Way[] = [
  {
    picture: "slash.svg",
    title:
      "Claude Code: the user types /ask-codex, Claude delegates with a scope and a check, reads the diff and reports",
    prompt: "/ask-codex make the failing test in test/slug.test.mjs pass; only src/slug.mjs may change",
    moves: DELEGATE,
  },
  {
    picture: "words.svg",
    title:
      "Claude Code: the user asks in plain words, Claude takes the skill up by itself, delegates, reads the diff and reports",
    prompt: "The slug test fails. Let Codex mend it while you check what it did.",
    moves: [{ tool: "Skill", input: { skill: "ask-codex" } }, ...DELEGATE],
  },
];
