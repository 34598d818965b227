import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLAUDE, type ClaudeCode, type ClaudeCodeOptions, inClaudeCode } from "./claude-code.ts";
import { type Lab, until } from "./lab.ts";
import type { Move } from "./scripted-claude.ts";

/** What one session of the real Claude Code showed to its user. */
export interface Shown {
  code: number | null;
  /** What hooks said to the user. */
  notices: string[];
  /** How often a hook of ours held a stop up. */
  held: number;
  stdout: string;
}

interface Line {
  type: string;
  subtype?: string;
  content?: string;
  message?: { content?: string | { text?: string }[] };
}

/** Waits until Claude was told something that matches; a session that ends before that is an error. */
export async function heldUp({ claude }: ClaudeCode, session: Promise<Shown>, what: RegExp): Promise<void> {
  let ended: Shown | undefined;
  void session.then((shown) => {
    ended = shown;
  });
  await until(() => ended !== undefined || what.test(claude.told()));
  if (!what.test(claude.told()))
    throw new Error(`Claude was never told ${what}:\n${ended?.notices.join("\n")}\n${ended?.stdout}`);
}

/** Starts the real Claude Code in its world, and resolves with what its user saw. */
export async function talk({ lab, env }: ClaudeCode, prompt: string, ...flags: string[]): Promise<Shown> {
  const args = ["-p", prompt, "--output-format", "stream-json", "--verbose", ...flags];
  const { code, stdout } = await lab.run(CLAUDE, args, { env });
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  const events = lines.map((line): Line => JSON.parse(line));
  return {
    code,
    notices: events.flatMap(({ subtype, content }) => (subtype === "informational" && content ? [content] : [])),
    held: events.filter(({ type, message }) => type === "user" && isFeedback(message?.content)).length,
    stdout,
  };
}

const isFeedback = (content: string | { text?: string }[] = []): boolean =>
  (typeof content === "string" ? [content] : content.map(({ text }) => text ?? "")).some((text) =>
    text.startsWith("Stop hook feedback:"),
  );

/** Writes the user's settings. */
export function settle({ home }: Lab, settings: string): void {
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "settings.md"), `---\n${settings}\n---\n`);
}

/** What Codex's own reviewer answers, as Codex asks for it. */
export function nativeReview(
  workspace: string,
  ...found: { file: string; line?: number; title: string; priority?: number }[]
) {
  const findings = found.map(({ file, line = 1, title, priority = 1 }) => ({
    title: `[P${priority}] ${title}`,
    body: `${title}: see the line.`,
    confidence_score: 0.9,
    priority,
    code_location: { absolute_file_path: join(workspace, file), line_range: { start: line, end: line } },
  }));
  const verdict = findings.length === 0 ? "patch is correct" : "patch is incorrect";
  return {
    say: JSON.stringify({
      findings,
      overall_correctness: verdict,
      overall_explanation: "Read it.",
      overall_confidence_score: 0.9,
    }),
  };
}

/** A step of Claude's that writes a file with the shell, once `gate` is there (a file in the home directory). */
export const writes = (text: string, gate?: string): Move => {
  const wait = gate === undefined ? "" : `until [ -e "$HOME/${gate}" ]; do sleep 0.05; done; `;
  return { tool: "Bash", input: { command: `${wait}printf '%s\\n' '${text}' > calc.ts`, description: "write" } };
};

/** Opens what a step of Claude's waits for. */
export const open = ({ dir }: Lab, gate: string): void => writeFileSync(join(dir, "home", gate), "");

/** A world in which Claude may use its shell, and the gate is set. */
export const inGatedClaude = (
  { settings, ...options }: Partial<ClaudeCodeOptions> & { settings: string; moves: Move[] },
  body: (world: ClaudeCode) => Promise<void>,
): Promise<void> =>
  inClaudeCode({ rules: () => ["Bash"], files: { "calc.ts": "export {};\n" }, ...options }, async (world) => {
    settle(world.lab, settings);
    await body(world);
  });
