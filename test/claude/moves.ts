import { readFileSync } from "node:fs";
import { join } from "node:path";
import matter from "gray-matter";
import { ROOT } from "../kit/lab.ts";
import type { Move } from "../kit/scripted-claude.ts";

/** The first command line of SKILL.md up to its options, as it stands in what Claude was given to read. */
export const ASK = "{{Quick start\\s+```bash\\s+(node \\S+)}}";
export const SKILL = "{{Base directory for this skill: (.+)}}";
export const SKILL_CALL: Move = { tool: "Skill", input: { skill: "ask-codex" } };
export const FIN: Move = { say: "Fin." };
export const bash = (command: string, more: object = {}): Move => ({
  tool: "Bash",
  input: { command, description: "test", ...more },
});

/** What Claude Code puts in front of the model when the skill is invoked. */
export function injected(skill: string): string {
  const { content } = matter(readFileSync(join(ROOT, "SKILL.md"), "utf8"), {});
  return `Base directory for this skill: ${skill}\n\n${content.trim().replaceAll(/\$\{CLAUDE_SKILL_DIR\}/g, skill)}`;
}
