import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Lab } from "./lab.ts";

export const SESSION = "0b7e7f0a-52a1-4c3e-9d53-6f1f3a3f8a11";

/** A line of a transcript, as Claude Code 2.1.329 writes it. */
export type Line = Record<string, unknown>;

/** The lines of a conversation in one directory, each behind the one before it. */
export function linesOf(cwd: string, messages: readonly Line[]): Line[] {
  return messages.map((message, at) => ({
    parentUuid: at === 0 ? null : `u${at - 1}`,
    uuid: `u${at}`,
    isSidechain: false,
    cwd,
    sessionId: SESSION,
    timestamp: new Date(Date.UTC(2026, 10, 21, 5, 0, at)).toISOString(),
    version: "2.1.329",
    ...message,
  }));
}

export const user = (text: string, more: Line = {}): Line => ({
  type: "user",
  message: { role: "user", content: text },
  ...more,
});
export const claude = (text: string, more: Line = {}): Line => ({
  type: "assistant",
  message: { role: "assistant", content: [{ type: "text", text }] },
  ...more,
});
export const call = (id: string, name: string, input: object): Line => ({
  type: "assistant",
  message: { role: "assistant", content: [{ type: "tool_use", id, name, input }] },
});
export const result = (id: string, text: string, more: Line = {}): Line => ({
  type: "user",
  message: { role: "user", content: [{ type: "tool_result", tool_use_id: id, content: text, is_error: false }] },
  ...more,
});

export const toText = (lines: readonly Line[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

/** Puts a transcript where Claude Code would have it in the lab's home, and says where. */
export function putTranscript(lab: Lab, lines: readonly Line[], session = SESSION): string {
  const project = lab.workspace.replace(/[^a-zA-Z0-9]/g, "-");
  const path = join(lab.dir, "home", ".claude", "projects", project, `${session}.jsonl`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, toText(lines));
  return path;
}
