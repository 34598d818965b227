import { expect, test } from "vitest";
import type { Message } from "../../../src/claude/conversation.ts";
import { cutConversation } from "../../../src/claude/cut-conversation.ts";
import { toDigest } from "../../../src/claude/to-digest.ts";
import { toImport } from "../../../src/claude/to-import.ts";

const says = (by: Message["by"], text: string): Message => ({ by, at: null, parts: [{ kind: "text", text }] });
const calls = (name: string, input: Record<string, unknown>): Message => ({
  by: "claude",
  at: null,
  parts: [{ kind: "call", id: "t", name, input }],
});
const gives = (text: string): Message => ({
  by: "user",
  at: null,
  parts: [{ kind: "result", id: "t", text, isError: false }],
});
const textsOf = (messages: readonly Message[]): string[] =>
  messages.flatMap(({ parts }) => parts.map((part) => (part.kind === "call" ? part.name : part.text)));

const NOTE = (left: number) => `[The first ${left} messages of this conversation were left out: it was too long.]`;

test("what fits is kept as it is", () => {
  const talk = [says("user", "a"), says("claude", "b")];
  expect(cutConversation(talk, 2)).toEqual({ messages: talk, cut: 0 });
  expect(cutConversation(talk, 2, 5)).toEqual({ messages: talk, cut: 5 });
});

test("what is too long is cut before words of the user's, and not before a result", () => {
  const talk = [says("user", "aaaa"), says("claude", "bbbb"), says("user", "cc"), calls("Bash", {}), gives("dd")];
  const { messages, cut } = cutConversation(talk, 13);
  expect([textsOf(messages), cut]).toEqual([[NOTE(2), "cc", "Bash", "dd"], 2]);
  // Within one long turn there is no such place.
  const long = cutConversation(talk, 9);
  expect([textsOf(long.messages), long.cut]).toEqual([[NOTE(3), "Bash", "dd"], 3]);
  expect(cutConversation(talk, 1).messages.map(({ by }) => by)).toEqual(["user", "user"]);
});

test("a long text loses its middle, and no character is parted", () => {
  const [message] = cutConversation([says("user", `A${"😀".repeat(100_000)}Z`)]).messages;
  const [text = ""] = textsOf(message ? [message] : []);
  expect(text.length).toBeLessThanOrEqual(60_000);
  expect(text).toMatch(/^A😀+\n\[… cut …\]\n😀+Z$/u);
  const [given = ""] = textsOf(cutConversation([gives("x".repeat(5_000))]).messages);
  expect(given.length).toBeLessThanOrEqual(4_000);
  const huge = calls("Write", { content: "x".repeat(5_000), list: Array.from({ length: 9_999 }, () => "y") });
  expect(JSON.stringify(cutConversation([huge]).messages).length).toBeLessThan(4_500);
});

test("the copy for Codex has the messages, all of one directory, and nothing else", () => {
  const at = "2026-11-21T05:00:00.000Z";
  const talk = [says("user", "go"), calls("Bash", { command: "ls" }), gives("a"), { ...says("claude", "done"), at }];
  const now = new Date("2026-11-21T06:00:00.000Z");
  const lines = toImport({ messages: talk, title: "mine" }, { cwd: "/w", now }).trimEnd().split("\n");
  const blocks = (line: string | undefined) => JSON.parse(line ?? "").message.content;
  expect(lines.map((line) => JSON.parse(line).type)).toEqual([
    "custom-title",
    "user",
    "assistant",
    "user",
    "assistant",
  ]);
  expect(blocks(lines[2])).toEqual([{ type: "tool_use", id: "t", name: "Bash", input: { command: "ls" } }]);
  expect(blocks(lines[3])).toEqual([{ type: "tool_result", tool_use_id: "t", content: "a", is_error: false }]);
  expect(JSON.parse(lines[4] ?? "")).toEqual({
    type: "assistant",
    cwd: "/w",
    timestamp: at,
    message: { role: "assistant", content: [{ type: "text", text: "done" }] },
  });
  expect(JSON.parse(lines[1] ?? "").timestamp).toBe(now.toISOString());
});

test("the digest says what was said, which files were edited and which commands were run", () => {
  const talk = [
    says("user", "go"),
    calls("Edit", { file_path: "/w/a.ts" }),
    calls("Edit", { file_path: "/w/a.ts" }),
    calls("Read", { file_path: "/w/b.ts" }),
    calls("NotebookEdit", { notebook_path: "/w/c.ipynb" }),
    calls("Bash", { command: "npm test\n  --watch" }),
    gives("noise"),
    says("claude", "done"),
  ];
  expect(toDigest({ messages: talk, title: "a\ntitle" }, 0)).toEqual({
    cut: 0,
    text: `# A session of Claude Code: a title

## Files edited

- /w/a.ts
- /w/c.ipynb

## Commands run

- npm test --watch

## What was said

### User

go

### Claude

done
`,
  });
  const long = Array.from({ length: 50 }, (_, at) => says(at % 2 ? "claude" : "user", `${at} ${"x".repeat(5_000)}`));
  const { text, cut } = toDigest({ messages: long, title: null }, 7);
  expect(text.length).toBeLessThan(70_000);
  expect(text).toContain(NOTE(cut));
  expect(text).toContain("49 xxx");
});
