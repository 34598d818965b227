import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTranscript } from "../../../src/claude/read-transcript.ts";
import { call, claude, type Line, linesOf, result, SESSION, toText, user } from "../../kit/transcript.ts";
import { tempDir } from "../sys/temp-dir.ts";

const KEY = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";

function read(lines: readonly Line[], tail = "") {
  const path = join(tempDir(), "session.jsonl");
  writeFileSync(path, toText(lines));
  appendFileSync(path, tail);
  return readTranscript(path);
}

/** What was said, a word a message. */
const wordsOf = (lines: readonly Line[], tail = ""): string[] =>
  read(lines, tail).messages.map(({ parts }) =>
    parts.map((part) => (part.kind === "call" ? `call ${part.name}` : `${part.text}`)).join("+"),
  );

test("messages, calls and results are kept; bookkeeping, skills, sub-agents and thoughts are not", () => {
  const lines = linesOf("/work", [
    { type: "queue-operation", operation: "enqueue" },
    user("do it"),
    { type: "attachment", attachment: { type: "environment" } },
    user("Base directory for this skill: /x", { isMeta: true }),
    { type: "assistant", message: { content: [{ type: "thinking", thinking: "hm" }] } },
    call("t1", "Bash", { command: "ls" }),
    result("t1", "a.txt"),
    claude("of a sub-agent", { isSidechain: true }),
    {
      type: "user",
      message: {
        content: [
          { type: "text", text: "see" },
          { type: "image", source: {} },
        ],
      },
    },
    claude("   "),
    claude("done"),
  ]);
  expect(wordsOf(lines)).toEqual(["do it", "call Bash", "a.txt", "see+[image]", "done"]);
  const { sessionId, dirs, unreadable, redacted, summarised, title } = read(lines);
  expect({ sessionId, dirs, unreadable, redacted, summarised, title }).toEqual({
    sessionId: SESSION,
    dirs: ["/work"],
    unreadable: 0,
    redacted: 0,
    summarised: 0,
    title: null,
  });
});

test("a call without a result is not over: it is left out, and its text stays", () => {
  const both = {
    type: "assistant",
    message: {
      content: [
        { type: "text", text: "I hand over." },
        { type: "tool_use", id: "t1", name: "Bash", input: {} },
      ],
    },
  };
  expect(wordsOf(linesOf("/w", [user("go"), both]))).toEqual(["go", "I hand over."]);
  expect(wordsOf(linesOf("/w", [user("go"), call("t2", "Bash", {})]))).toEqual(["go"]);
});

test("a last line that is half written is no error, one in the middle is counted", () => {
  const lines = linesOf("/w", [user("go"), claude("gone")]);
  expect(read(lines, '{"type":"user","mess').unreadable).toBe(0);
  expect(wordsOf(lines, '{"type":"user","mess')).toEqual(["go", "gone"]);
  const whole = JSON.stringify(linesOf("/w", [user("more")])[0]);
  expect(read(lines, `{"type":"us\n${whole}\n`)).toMatchObject({ unreadable: 1 });
});

test("secrets are out of everything that is handed on, and counted", () => {
  const lines = linesOf("/w", [
    { type: "custom-title", customTitle: `the key ${KEY}` },
    user(`use ${KEY} and ${KEY}`),
    call("t1", "Write", { file_path: "/w/.env", content: `TOKEN=${KEY}` }),
    result("t1", `wrote ${KEY}`),
  ]);
  const conversation = read(lines);
  expect(JSON.stringify(conversation)).not.toContain(KEY);
  expect(conversation.redacted).toBe(4);
});

test("a turn that was rewound is left out, and results of calls side by side are not", () => {
  const [first, one, second, two, third, three] = linesOf("/w", [
    user("first"),
    claude("one"),
    user("ROTTEN"),
    claude("two"),
    user("third"),
    claude("three"),
  ]);
  expect(wordsOf([first, one, second, two, { ...third, parentUuid: "u1" }, three].map((line) => line ?? {}))).toEqual([
    "first",
    "one",
    "third",
    "three",
  ]);
  const sideBySide = linesOf("/w", [
    user("go"),
    call("a", "Read", {}),
    call("b", "Read", {}),
    result("a", "A", { parentUuid: "u1" }),
    result("b", "B", { parentUuid: "u2" }),
    claude("both"),
  ]);
  expect(wordsOf(sideBySide)).toEqual(["go", "call Read", "call Read", "A", "B", "both"]);
});

test("after a compaction Claude's own summary is the beginning, and what was before it is counted", () => {
  const lines = linesOf("/w", [
    user("long ago"),
    claude("yes"),
    { type: "system", subtype: "compact_boundary", parentUuid: null },
    user("This session goes on: summary.", { isCompactSummary: true }),
    claude("on"),
  ]);
  expect(wordsOf(lines)).toEqual(["This session goes on: summary.", "on"]);
  expect(read(lines).summarised).toBe(2);
});

test("a title that the user gave counts more than one that was made up", () => {
  const titles = [
    { type: "custom-title", customTitle: "mine" },
    { type: "ai-title", aiTitle: "made up" },
  ];
  expect(read(linesOf("/w", [user("go"), ...titles])).title).toBe("mine");
  expect(read(linesOf("/w", [user("go"), ...titles.slice(1)])).title).toBe("made up");
});

test("a chain of lines that goes round in a circle ends", () => {
  const [one, two] = linesOf("/w", [user("go"), claude("on")]);
  expect(wordsOf([{ ...one, parentUuid: "u1" }, two ?? {}])).toEqual(["go", "on"]);
});

test.each([
  ["nothing", ""],
  ["prose", "No JSON.\nAt all.\n"],
  ["JSON of something else", '{"a":1}\n[1,2]\n"text"\n'],
  ["bookkeeping alone", '{"type":"mode","mode":"normal"}\n'],
  ["bytes", "\u0000\u0001\u0002"],
])("a file with %s is no transcript", (_, text) => {
  expect(() => read([], text)).toThrow(/is no transcript of Claude Code: there is no message in it$/);
});

test("what is not a file is said so", () => {
  const dir = tempDir();
  mkdirSync(join(dir, "x.jsonl"));
  expect(() => readTranscript(join(dir, "x.jsonl"))).toThrow(/x\.jsonl is not a file$/);
  expect(() => readTranscript(join(dir, "y.jsonl"))).toThrow(/y\.jsonl can't be read: it does not exist$/);
});
