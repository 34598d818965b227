import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { type LoggedEvent, parseEvent } from "../../../src/run/event-log.ts";
import { INITIAL_NOW, type RunNow, readNow, reduceNow } from "../../../src/run/read-now.ts";
import { tempDir } from "../sys/temp-dir.ts";

const START = Date.parse("2026-11-21T05:11:03.000Z");
/** Events one second apart. */
const events = (...told: object[]): LoggedEvent[] =>
  told.map((event, at) => ({ type: "?", ...event, at: new Date(START + at * 1000).toISOString() }));
const nowOf = (...told: object[]): RunNow => events(...told).reduce(reduceNow, INITIAL_NOW);
const openOf = (now: RunNow): string[] => now.open.map(({ key }) => key);

const THREAD = { type: "thread", threadId: "t" };
const TURN = { type: "turn", turnId: "1" };
const started = (id: string) => ({ type: "command_started", id, command: `run ${id}` });
const ended = (id: string) => ({ type: "command_ended", id, command: `run ${id}`, exitCode: 0, output: "" });
const tool = (id: string, phase: string) => ({ type: "tool", id, name: "web_search", phase });
const check = (type: string, phase: string) => ({ type, phase, index: 1, count: 2, command: "npm test" });
const MESSAGE = { type: "message", text: "I look at it." };
const WRITING = { type: "writing", head: "I look" };
const RETRY = { type: "retry", message: "stream lost", error: { message: "stream lost", details: "503" } };
const QUESTION = { type: "question", callId: "q", question: "Which?", options: [] };

describe("the steps that are open", () => {
  const rows: [string, object[], string[]][] = [
    ["nothing yet", [], []],
    ["a turn without a step", [THREAD, TURN], []],
    ["a command", [TURN, started("a")], ["command a"]],
    ["two commands at once, the newest last", [TURN, started("a"), started("b")], ["command a", "command b"]],
    ["one of two has ended", [TURN, started("a"), started("b"), ended("b")], ["command a"]],
    ["a command has ended", [TURN, started("a"), ended("a")], []],
    ["a tool", [TURN, tool("x", "started")], ["tool x"]],
    ["a tool has ended", [TURN, tool("x", "started"), tool("x", "ended")], []],
    ["a message is written", [TURN, WRITING], ["writing"]],
    ["a message was written", [TURN, WRITING, MESSAGE], []],
    ["a command after what was written", [TURN, WRITING, started("a")], ["command a"]],
    ["a question", [TURN, QUESTION], ["question q"]],
    ["a question was answered", [TURN, QUESTION, { type: "answered", callId: "q" }], []],
    ["Codex retries", [TURN, RETRY, RETRY], ["retry"]],
    ["Codex has found it again", [TURN, RETRY, started("a")], ["command a"]],
    [
      "Codex was started again: its commands are gone",
      [TURN, started("a"), { type: "restarted", reason: "killed" }],
      ["retry"],
    ],
    ["a check before the turn", [THREAD, check("check_started", "base")], ["check base 1"]],
    ["a check has ended", [check("check_started", "after"), check("check_ended", "after")], []],
    [
      "the turn has ended in the middle of a command",
      [TURN, started("a"), { type: "turn_ended", status: "interrupted" }],
      [],
    ],
    [
      "a check after the turn",
      [TURN, { type: "turn_ended", status: "completed" }, check("check_started", "after")],
      ["check after 1"],
    ],
    ["what is not known", [TURN, started("a"), { type: "from the future", id: "a" }], ["command a"]],
    ["what is known in another shape", [TURN, started("a"), { type: "command_ended", exit: 1 }], ["command a"]],
    ["a steered message", [TURN, started("a"), { type: "steered", messageId: "m" }], ["command a"]],
  ];
  it.each(rows)("%s", (_, told, keys) => {
    expect(openOf(nowOf(...told))).toEqual(keys);
  });
});

test.each([
  ["opening", [THREAD, check("check_started", "base")]],
  ["turn", [THREAD, TURN, started("a"), ended("a")]],
  ["settling", [THREAD, TURN, { type: "turn_ended", status: "completed" }, check("check_started", "after")]],
] as const)("the phase %s", (phase, told) => {
  expect(nowOf(...told).phase).toBe(phase);
});

test("a retry is told in its newest words, and since the first of them", () => {
  const step = nowOf(TURN, RETRY, { ...RETRY, message: "lost again" }).open[0]?.event;
  expect(step).toMatchObject({ message: "lost again", at: new Date(START + 1_000).toISOString() });
});

test.each([
  ["while Codex retries", [TURN, RETRY], "stream lost (503)"],
  ["not when it got over it", [TURN, RETRY, MESSAGE], undefined],
  [
    "when the turn ended with it",
    [TURN, { type: "turn_ended", status: "failed", error: { message: "no more" } }],
    "no more",
  ],
  ["while Codex is started again", [TURN, { type: "restarted", reason: "it was killed" }], "it was killed"],
] as const)("the last error: %s", (_, told, error) => {
  expect(nowOf(...told).lastError).toBe(error);
});

test("the newest of what the model said, edited and used", () => {
  const now = nowOf(
    TURN,
    {
      type: "edit",
      id: "1",
      ok: true,
      files: [
        { path: "a.ts", kind: "add" },
        { path: "b.ts", kind: "update" },
      ],
    },
    { type: "usage", total: { input: 10, cached: 4, output: 2 }, last: { input: 1, cached: 0, output: 1 } },
    { type: "limits", usedPercent: 42.5, resetsAt: 1_800_000_000, windowMinutes: 300 },
    { type: "message", text: `x${"y".repeat(9_000)}` },
  );
  expect(now).toMatchObject({
    lastFile: "b.ts",
    tokens: { input: 10, cached: 4, output: 2 },
    usageLimit: { usedPercent: 42.5, resetsAt: 1_800_000_000 },
    startedAt: new Date(START).toISOString(),
    at: new Date(START + 4_000).toISOString(),
  });
  expect(now.lastText).toHaveLength(200);
});

test("the clock stood still for checks before the turn and for questions", () => {
  const base = [check("check_started", "base"), check("check_ended", "base")];
  const asked = [QUESTION, { type: "usage" }, { type: "answered", callId: "q" }];
  expect(nowOf(...base, TURN, ...asked).heldMs).toBe(3_000);
  expect(nowOf({ type: "answered", callId: "nobody asked" }).heldMs).toBe(0);
});

test("a log of 20 MB is read at its end and at its beginning, and lines that are none of ours are left out", () => {
  const dir = tempDir();
  const many = events(THREAD, TURN, started("lost in the middle"));
  const noise = JSON.stringify({ ...events({ type: "reasoning", text: "z".repeat(4_000) })[0] });
  const end = events(TURN, started("now")).map((event) => ({ ...event, at: "2026-11-21T06:00:00.000Z" }));
  const lines = [
    ...many.map((event) => JSON.stringify(event)),
    ...Array.from({ length: 5_000 }, () => noise),
    ...end.map((event) => JSON.stringify(event)),
    '{"dropped_lines":3,"reason":"over"}',
    "not json",
    "[]",
  ];
  writeFileSync(join(dir, "events.jsonl"), `${lines.join("\n")}\n{"at":"2026-11-21T07`);
  const now = readNow(dir);
  expect(openOf(now)).toEqual(["command now"]);
  expect([now.startedAt, now.at]).toEqual([new Date(START).toISOString(), "2026-11-21T06:00:00.000Z"]);
});

test("deep in a turn it is still in the turn", () => {
  const dir = tempDir();
  const steps = Array.from({ length: 60 }, (_, at) => [
    started(`${at}`),
    { ...ended(`${at}`), output: "x".repeat(4_000) },
  ]);
  const lines = (told: object[]) => events(...told).map((event) => `${JSON.stringify(event)}\n`);
  writeFileSync(join(dir, "events.jsonl"), lines([THREAD, TURN, ...steps.flat()]).join(""));
  expect(readNow(dir)).toMatchObject({ phase: "turn", open: [] });
  writeFileSync(
    join(dir, "events.jsonl"),
    lines([THREAD, TURN, { type: "message", text: "x".repeat(200_000) }]).join(""),
  );
  expect(readNow(dir)).toMatchObject({ phase: "turn", startedAt: new Date(START).toISOString() });
});

test("without a log nothing is known", () => {
  expect(readNow(join(tempDir(), "nowhere"))).toEqual(INITIAL_NOW);
  expect(parseEvent("")).toBeUndefined();
});

describe("a second turn", () => {
  const REVIEW = { type: "review_started", verdict: "unverified", reason: "npm test failed" };
  const first = [
    THREAD,
    TURN,
    started("a"),
    RETRY,
    { type: "turn_ended", status: "failed", error: { message: "cut" } },
  ];

  test("is a turn again, with clocks of its own, and without the faults of the first", () => {
    const settling = nowOf(...first);
    expect([settling.phase, settling.isReview, settling.lastError]).toEqual(["settling", false, "cut"]);
    const opening = nowOf(...first, REVIEW);
    expect(opening).toMatchObject({ phase: "opening", isReview: true, open: [], lastError: undefined, heldMs: 0 });
    expect(opening.startedAt).toBe(opening.at);
    expect(nowOf(...first, REVIEW, THREAD, TURN)).toMatchObject({ phase: "turn", isReview: true });
  });

  test("keeps its clocks however long the log is", () => {
    const dir = tempDir();
    const lines = events({ type: "message", text: "x".repeat(200_000) }, ...first, REVIEW, TURN);
    writeFileSync(join(dir, "events.jsonl"), lines.map((event) => `${JSON.stringify(event)}\n`).join(""));
    const now = readNow(dir);
    expect(now).toMatchObject({ phase: "turn", isReview: true });
    expect(now.startedAt).toBe(lines.at(-2)?.at);
  });
});

test("the clocks of a run that waits for its place begin with its Codex", () => {
  const waiting = { type: "waiting", for: "slot", ahead: 1, until: null };
  expect(nowOf(waiting)).toMatchObject({ phase: "opening", startedAt: undefined });
  const now = nowOf(waiting, { ...waiting, ahead: 0 }, THREAD);
  expect(now.startedAt).toBe(now.at);
});
