import { describe, expect, it } from "vitest";
import type { RunEvent, Tokens } from "../../../src/core/event.ts";
import {
  initialTurnState,
  nextTurnState,
  reduceTurn,
  type TurnState,
  tokensOfRun,
} from "../../../src/run/turn-state.ts";

const START = initialTurnState();
const stateAfter = (events: readonly RunEvent[], before?: Tokens): TurnState =>
  events.reduce(reduceTurn, initialTurnState(before));

const tokens = (input: number, cached: number, output: number): Tokens => ({ input, cached, output });
const usage = (total: Tokens, last?: Tokens): RunEvent => ({ type: "usage", total, ...(last ? { last } : {}) });
const TURN: RunEvent = { type: "turn", turnId: "t" };
const started = (id: string): RunEvent => ({ type: "command_started", id, command: "c" });
const ended = (id: string, exitCode: number | null): RunEvent => ({
  type: "command_ended",
  id,
  command: "c",
  exitCode,
  output: "",
});
const last = (exitCode: number | null) => ({ lastCommand: { command: "c", exitCode } });
const message = (text: string): RunEvent => ({ type: "message", text });
const ask = (callId: string): RunEvent => ({ type: "question", callId, question: "Which?", options: ["a"] });
const ERROR = { message: "broken", code: "other" };
const retry: RunEvent = { type: "retry", message: "again", error: ERROR };
const turnEnded = (status: "completed" | "failed" | "interrupted", error?: typeof ERROR): RunEvent => ({
  type: "turn_ended",
  status,
  ...(error ? { error } : {}),
});

const RESTARTED: RunEvent = { type: "restarted", reason: "Codex was killed by SIGKILL" };

describe("the state of a turn", () => {
  it.each<[name: string, events: RunEvent[], changed: Partial<TurnState>]>([
    ["a thread", [{ type: "thread", threadId: "01a1", model: "m" }], { threadId: "01a1", model: "m" }],
    [
      "a thread whose model is not told keeps the one that is known",
      [
        { type: "thread", threadId: "01a1", model: "m" },
        { type: "thread", threadId: "01a2" },
      ],
      { threadId: "01a2", model: "m" },
    ],
    ["turns", [TURN, TURN], { turns: 2 }],
    [
      "messages, of which the last is the answer",
      [message("one"), message("two")],
      { messages: 2, lastMessage: "two" },
    ],
    ["an empty message is one too", [message("one"), message("")], { messages: 2, lastMessage: "" }],
    ["a command that runs", [started("a")], { commands: 1, openCommands: new Set(["a"]) }],
    ["a command that ran", [started("a"), ended("a", 0)], { commands: 1, ...last(0) }],
    ["a command that failed", [started("a"), ended("a", 1)], { commands: 1, failedCommands: 1, ...last(1) }],
    ["a command that was killed", [started("a"), ended("a", null)], { commands: 1, failedCommands: 1, ...last(null) }],
    [
      "commands side by side",
      [started("a"), started("b"), ended("a", 0)],
      { commands: 2, openCommands: new Set(["b"]), ...last(0) },
    ],
    ["the end of a command that nobody saw begin", [ended("x", 0)], last(0)],
    ["a command that is told twice", [started("a"), started("a"), ended("a", 0)], { commands: 2, ...last(0) }],
    ["an edit", [{ type: "edit", id: "e", ok: true, files: [] }], { edits: 1 }],
    ["an edit that failed", [{ type: "edit", id: "e", ok: false, files: [] }], { edits: 1 }],
    ["a question", [ask("q")], { questions: 1, question: { callId: "q", question: "Which?", options: ["a"] } }],
    ["a question that is answered", [ask("q"), { type: "answered", callId: "q" }], { questions: 1 }],
    [
      "a second question",
      [ask("q"), { type: "answered", callId: "q" }, ask("r")],
      { questions: 2, question: { callId: "r", question: "Which?", options: ["a"] } },
    ],
    [
      "limits, of which the last count",
      [
        { type: "limits", usedPercent: 40, resetsAt: 1, windowMinutes: 300 },
        { type: "limits", usedPercent: 43, resetsAt: null, windowMinutes: 300 },
      ],
      { usageLimit: { usedPercent: 43, resetsAt: null } },
    ],
    ["retries", [retry, retry], { retries: 2, lastError: ERROR }],
    ["a warning", [{ type: "warning", message: "w" }], { warnings: ["w"] }],
    ["the end", [turnEnded("completed")], { ended: { status: "completed" } }],
    [
      "the end by an error",
      [turnEnded("failed", ERROR)],
      { ended: { status: "failed", error: ERROR }, lastError: ERROR },
    ],
    [
      "the end keeps the last error where it brings none",
      [retry, turnEnded("failed")],
      { retries: 1, ended: { status: "failed" }, lastError: ERROR },
    ],
    [
      "a Codex that was started again: what was open died with the old one, what was done counts",
      [TURN, message("one"), started("a"), ended("a", 0), started("b"), ask("q"), RESTARTED],
      {
        turns: 1,
        messages: 1,
        lastMessage: "one",
        commands: 2,
        questions: 1,
        ...last(0),
        warnings: [expect.stringContaining("SIGKILL")],
      },
    ],
    [
      "a turn that a second Codex ended",
      [TURN, started("a"), RESTARTED, TURN, started("b"), ended("b", 0), turnEnded("completed")],
      { turns: 2, commands: 2, ...last(0), warnings: [expect.any(String)], ended: { status: "completed" } },
    ],
    [
      "the end closes what was open",
      [started("a"), ask("q"), turnEnded("interrupted")],
      { commands: 1, questions: 1, ended: { status: "interrupted" } },
    ],
  ])("%s", (_, events, changed) => {
    expect(stateAfter(events)).toEqual({ ...START, ...changed });
  });

  it.each<RunEvent>([
    { type: "reasoning", text: "hm" },
    { type: "writing", head: "I look at" },
    { type: "steered", messageId: "m-1" },
    { type: "notice", message: "n" },
    { type: "tool", id: "t", name: "web_search", phase: "started" },
    { type: "refused", method: "m", reply: "declined" },
    { type: "check_started", phase: "after", index: 1, count: 1, command: "c" },
    {
      type: "check_ended",
      phase: "after",
      index: 1,
      count: 1,
      command: "c",
      outcome: "failed",
      exit_code: 1,
      elapsed_ms: 5,
    },
    { type: "activity" },
  ])("$type changes nothing", (event) => {
    expect(reduceTurn(START, event)).toBe(START);
  });

  it("is a new one every time", () => {
    const frozen = Object.freeze(stateAfter([started("a"), ask("q"), { type: "warning", message: "w" }]));
    for (const event of [started("b"), ended("a", 0), message("m"), turnEnded("completed"), usage(tokens(1, 1, 1))]) {
      expect(reduceTurn(frozen, event)).not.toBe(frozen);
    }
    expect([...frozen.openCommands]).toEqual(["a"]);
    expect(frozen.warnings).toEqual(["w"]);
  });

  it("says that Codex was started again, however many warnings there are", () => {
    const warnings = Array.from({ length: 100 }, (_, at): RunEvent => ({ type: "warning", message: `w${at}` }));
    expect(stateAfter([...warnings, RESTARTED]).warnings.at(-1)).toContain("SIGKILL");
  });

  it("does not grow with its stream", () => {
    const warnings = Array.from({ length: 100 }, (_, at): RunEvent => ({ type: "warning", message: `w${at}` }));
    const state = stateAfter([
      ...warnings,
      ...Array.from({ length: 100 }, (_, at) => [started(`${at}`), ended(`${at}`, 0)]).flat(),
    ]);
    expect(state.warnings).toEqual(Array.from({ length: 20 }, (_, at) => `w${at}`));
    expect(state.openCommands.size).toBe(0);
    expect(state.commands).toBe(100);
  });
});

describe("the tokens of a run", () => {
  it.each<[name: string, before: Tokens | undefined, events: RunEvent[], expected: Tokens | null]>([
    ["nothing told", undefined, [TURN], null],
    ["nothing told in this run", tokens(100, 40, 5), [TURN], null],
    ["a new thread", undefined, [TURN, usage(tokens(100, 40, 5), tokens(100, 40, 5))], tokens(100, 40, 5)],
    [
      "the total, not the sum of what was told",
      undefined,
      [TURN, usage(tokens(100, 40, 5), tokens(100, 40, 5)), usage(tokens(200, 40, 6), tokens(100, 0, 1))],
      tokens(200, 40, 6),
    ],
    ["exec, which tells only the total", undefined, [usage(tokens(100, 40, 5))], tokens(100, 40, 5)],
    ["exec on a thread with a past", tokens(100, 40, 5), [usage(tokens(301, 90, 9))], tokens(201, 50, 4)],
    [
      "app-server on a thread with a past, which it tells before the turn",
      undefined,
      [usage(tokens(100, 40, 5), tokens(10, 4, 1)), TURN, usage(tokens(301, 90, 9), tokens(201, 50, 4))],
      tokens(201, 50, 4),
    ],
    [
      "what it tells is newer than what the session kept",
      tokens(50, 0, 1),
      [usage(tokens(100, 40, 5), tokens(10, 4, 1)), TURN, usage(tokens(301, 90, 9), tokens(201, 50, 4))],
      tokens(201, 50, 4),
    ],
    [
      "a thread that a second Codex goes on with, which tells its past again",
      tokens(100, 40, 5),
      [
        TURN,
        usage(tokens(150, 40, 6), tokens(50, 0, 1)),
        RESTARTED,
        usage(tokens(150, 40, 6), tokens(50, 0, 1)),
        TURN,
        usage(tokens(210, 40, 9), tokens(60, 0, 3)),
      ],
      tokens(110, 0, 4),
    ],
    ["only the past", undefined, [usage(tokens(100, 40, 5), tokens(10, 4, 1)), TURN], null],
    ["a total that went back is no debt", tokens(500, 300, 50), [usage(tokens(100, 400, 5))], tokens(0, 100, 0)],
  ])("%s", (_, before, events, expected) => {
    expect(tokensOfRun(stateAfter(events, before))).toEqual(expected);
  });
});

describe("the state of a second turn", () => {
  const first = [
    { type: "thread", threadId: "t", model: "m", effort: "low" },
    { type: "usage", total: { input: 5, cached: 0, output: 0 }, last: { input: 5, cached: 0, output: 0 } },
    { type: "turn", turnId: "1" },
    { type: "command_started", id: "c", command: "c" },
    { type: "message", text: "Half of it." },
    { type: "warning", message: "w" },
    { type: "usage", total: { input: 105, cached: 0, output: 1 }, last: { input: 100, cached: 0, output: 1 } },
    { type: "turn_ended", status: "failed", error: { message: "cut" } },
  ] satisfies RunEvent[];
  const begun = nextTurnState(first.reduce(reduceTurn, initialTurnState()));

  it("has what was counted, and nothing of what was said", () => {
    expect(begun).toMatchObject({ threadId: "t", model: "m", effort: "low", turns: 1, commands: 1, messages: 1 });
    expect(begun).toMatchObject({ warnings: ["w"], lastMessage: "", ended: undefined, lastError: undefined });
    expect(begun.openCommands.size).toBe(0);
  });

  it("counts the tokens of both, though a resumed thread tells its past at once", () => {
    const past = {
      type: "usage",
      total: { input: 105, cached: 0, output: 1 },
      last: { input: 100, cached: 0, output: 1 },
    };
    const more = {
      type: "usage",
      total: { input: 305, cached: 9, output: 3 },
      last: { input: 200, cached: 9, output: 2 },
    };
    const told = [past, { type: "turn", turnId: "2" }, more] as RunEvent[];
    expect(tokensOfRun(told.reduce(reduceTurn, begun))).toEqual({ input: 300, cached: 9, output: 3 });
  });
});
