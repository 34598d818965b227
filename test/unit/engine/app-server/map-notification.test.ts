import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../../src/core/event.ts";
import { isDelta, mapNotification } from "../../../../src/engine/app-server/map-notification.ts";

const IDS = { threadId: "01a1", turnId: "01b2" };
const item = (fields: object) => ({ item: fields, ...IDS, startedAtMs: 1_795_249_351_470 });
const ACTIVITY: RunEvent = { type: "activity" };

const COMMAND = {
  type: "commandExecution",
  id: "call_1",
  pluginId: null,
  command: "/bin/bash -lc 'echo hi; exit 3'",
  cwd: "/w",
  processId: "87190",
  source: "unifiedExecStartup",
  status: "inProgress",
  aggregatedOutput: null,
  exitCode: null,
  durationMs: null,
};
const PATCH = {
  type: "fileChange",
  id: "call_2",
  changes: [{ path: "/w/added.txt", kind: { type: "add" }, diff: "hello\n" }],
  status: "inProgress",
};
const MESSAGE = { type: "agentMessage", moderation: null, id: "msg_5", text: "Half way", phase: null };
const SAID = {
  type: "userMessage",
  id: "01a1fec1-f34c-7183-9140-dad7f3c321b7",
  clientId: "m-20261121-153805-bqh4e5",
  content: [{ type: "text", text: "steer text", text_elements: [] }],
  startedAtMs: 1_795_275_486_028,
  completedAtMs: 1_795_275_486_029,
};
const TOOL = { type: "mcpToolCall", id: "m1", server: "docs", tool: "search", status: "completed" };

/** As codex 0.169.0 sends them: taken from the raw.jsonl of a run. */
const MEASURED: readonly (readonly [name: string, method: string, params: unknown, event: RunEvent])[] = [
  [
    "a turn that starts",
    "turn/started",
    { threadId: "01a1", turn: { id: "01b2", items: [], status: "inProgress", error: null } },
    { type: "turn", turnId: "01b2" },
  ],
  [
    "a command that starts",
    "item/started",
    item(COMMAND),
    { type: "command_started", id: "call_1", command: COMMAND.command },
  ],
  [
    "a command that ends",
    "item/completed",
    item({ ...COMMAND, status: "failed", aggregatedOutput: "hi\n", exitCode: 3, durationMs: 0 }),
    {
      type: "command_ended",
      id: "call_1",
      command: COMMAND.command,
      exitCode: 3,
      durationMs: 0,
      output: "hi\n",
    },
  ],
  ["a patch that starts", "item/started", item(PATCH), ACTIVITY],
  [
    "a patch that is applied",
    "item/completed",
    item({ ...PATCH, status: "completed" }),
    { type: "edit", id: "call_2", ok: true, files: [{ path: "/w/added.txt", kind: "add" }] },
  ],
  [
    "tokens",
    "thread/tokenUsage/updated",
    {
      ...IDS,
      tokenUsage: {
        total: { totalTokens: 206, inputTokens: 200, cachedInputTokens: 40, outputTokens: 6 },
        last: { totalTokens: 101, inputTokens: 100, cachedInputTokens: 0, outputTokens: 1 },
        modelContextWindow: 258_400,
      },
    },
    {
      type: "usage",
      total: { input: 200, cached: 40, output: 6 },
      last: { input: 100, cached: 0, output: 1 },
    },
  ],
  [
    "limits",
    "account/rateLimits/updated",
    {
      rateLimits: {
        limitId: "codex",
        primary: { usedPercent: 43, windowDurationMins: 300, resetsAt: 1_800_000_000 },
        secondary: null,
      },
    },
    { type: "limits", usedPercent: 43, resetsAt: 1_800_000_000, windowMinutes: 300 },
  ],
  [
    "limits of both windows",
    "account/rateLimits/updated",
    {
      rateLimits: {
        limitId: "codex",
        primary: { usedPercent: 43, windowDurationMins: 300, resetsAt: 1_800_000_000 },
        secondary: { usedPercent: 91, windowDurationMins: 10_080, resetsAt: 1_800_500_000 },
      },
    },
    {
      type: "limits",
      usedPercent: 43,
      resetsAt: 1_800_000_000,
      windowMinutes: 300,
      secondary: { usedPercent: 91, resetsAt: 1_800_500_000, windowMinutes: 10_080 },
    },
  ],
  [
    "limits that nobody knows",
    "account/rateLimits/updated",
    { rateLimits: { limitId: "codex", primary: null, secondary: null, credits: null } },
    ACTIVITY,
  ],
  [
    "a retry, with what it is about",
    "error",
    {
      error: {
        message: "Reconnecting... 1/2",
        codexErrorInfo: { responseStreamDisconnected: { httpStatusCode: null } },
        additionalDetails: "We’re currently experiencing high demand",
        misalignment: null,
      },
      willRetry: true,
      ...IDS,
    },
    {
      type: "retry",
      message: "Reconnecting... 1/2",
      error: {
        message: "Reconnecting... 1/2",
        code: "responseStreamDisconnected",
        details: "We’re currently experiencing high demand",
      },
    },
  ],
  ["a message that starts", "item/started", item({ ...MESSAGE, text: "" }), ACTIVITY],
  ["a message", "item/completed", item(MESSAGE), { type: "message", text: "Half way" }],
  ["our own prompt", "item/completed", item({ ...SAID, clientId: null }), ACTIVITY],
  [
    "a message that was steered, now given to the model",
    "item/completed",
    item(SAID),
    { type: "steered", messageId: "m-20261121-153805-bqh4e5" },
  ],
  ["a message that was steered, about to be", "item/started", item({ ...SAID, completedAtMs: null }), ACTIVITY],
  [
    "our own tool, which is a request as well",
    "item/started",
    item({ type: "dynamicToolCall", id: "call_3", tool: "ask_caller", arguments: {}, status: "inProgress" }),
    ACTIVITY,
  ],
  [
    "a word on Codex's set-up",
    "configWarning",
    { summary: "Codex could not find bubblewrap on PATH.", details: null },
    { type: "notice", message: "Codex could not find bubblewrap on PATH." },
  ],
  [
    "a turn that is completed",
    "turn/completed",
    { threadId: "01a1", turn: { id: "01b2", items: [MESSAGE], status: "completed", error: null, durationMs: 1099 } },
    { type: "turn_ended", status: "completed" },
  ],
  ["a thread", "thread/started", { thread: { id: "01a1" } }, ACTIVITY],
  ["a status", "thread/status/changed", { threadId: "01a1", status: { type: "idle" } }, ACTIVITY],
  ["a diff", "turn/diff/updated", { ...IDS, diff: "diff --git a/a b/a\n" }, ACTIVITY],
  ["a delta", "item/agentMessage/delta", { ...IDS, itemId: "msg_5", delta: "Half" }, ACTIVITY],
  ["what nobody has heard of", "remoteControl/status/changed", { status: "disabled" }, ACTIVITY],
];

/** What the schema of the protocol allows besides. */
const FURTHER: typeof MEASURED = [
  ["a warning", "warning", { threadId: null, message: "careful" }, { type: "warning", message: "careful" }],
  [
    "a tool that starts",
    "item/started",
    item({ ...TOOL, status: "inProgress" }),
    tool("started", "docs.search", false),
  ],
  ["a tool that ends", "item/completed", item(TOOL), tool("ended", "docs.search", true)],
  ["a tool that fails", "item/completed", item({ ...TOOL, status: "failed" }), tool("ended", "docs.search", false)],
  ["a web search", "item/started", item({ type: "webSearch", id: "w" }), tool("started", "web_search", undefined, "w")],
  [
    "a sub-agent",
    "item/completed",
    item({ type: "collabAgentToolCall", id: "c", tool: "spawn_agent" }),
    tool("ended", "spawn_agent", undefined, "c"),
  ],
  [
    "limits of the second window alone",
    "account/rateLimits/updated",
    { rateLimits: { primary: null, secondary: { usedPercent: 91 } } },
    {
      type: "limits",
      usedPercent: null,
      resetsAt: null,
      windowMinutes: null,
      secondary: { usedPercent: 91, resetsAt: null, windowMinutes: null },
    },
  ],
  [
    "limits whose second window is rubbish",
    "account/rateLimits/updated",
    { rateLimits: { primary: { usedPercent: 43 }, secondary: { usedPercent: "much" } } },
    { type: "limits", usedPercent: 43, resetsAt: null, windowMinutes: null },
  ],
  [
    "limits with a reset that is no time",
    "account/rateLimits/updated",
    { rateLimits: { primary: { usedPercent: 43, resetsAt: 1e300, windowDurationMins: "long" } } },
    { type: "limits", usedPercent: 43, resetsAt: null, windowMinutes: null },
  ],
  [
    "limits of a single model",
    "account/rateLimits/updated",
    { rateLimits: { limitId: "codex_other", primary: { usedPercent: 43 } } },
    ACTIVITY,
  ],
  [
    "the prompt, of a Codex that knows no client ids",
    "item/completed",
    item({ type: "userMessage", id: "u" }),
    ACTIVITY,
  ],
  [
    "a patch that failed",
    "item/completed",
    item({ ...PATCH, status: "failed", changes: [] }),
    { type: "edit", id: "call_2", ok: false, files: [] },
  ],
  [
    "a patch that was declined",
    "item/completed",
    item({ ...PATCH, status: "declined", changes: [] }),
    {
      type: "edit",
      id: "call_2",
      ok: false,
      files: [],
    },
  ],
  [
    "a command that was killed",
    "item/completed",
    item({ ...COMMAND, status: "failed" }),
    { type: "command_ended", id: "call_1", command: COMMAND.command, exitCode: null, output: "" },
  ],
  [
    "thoughts",
    "item/completed",
    item({ type: "reasoning", id: "r", summary: ["one", "two"], content: [] }),
    { type: "reasoning", text: "one\ntwo" },
  ],
  ["thoughts that are kept secret", "item/completed", item({ type: "reasoning", id: "r", summary: [] }), ACTIVITY],
  ["thoughts that begin", "item/started", item({ type: "reasoning", id: "r", summary: ["one"] }), ACTIVITY],
  [
    "an error without a retry, which the turn's end repeats",
    "error",
    { error: { message: "no", codexErrorInfo: "usageLimitExceeded" }, willRetry: false, ...IDS },
    ACTIVITY,
  ],
];

function tool(phase: "started" | "ended", name: string, ok?: boolean, id = "m1"): RunEvent {
  return { type: "tool", id, name, phase, ...(ok === undefined ? {} : { ok }) };
}

describe("a notification", () => {
  it.each([...MEASURED, ...FURTHER])("%s", (_, method, params, event) => {
    expect(mapNotification(method, params)).toEqual(event);
  });

  it.each([...new Set([...MEASURED, ...FURTHER].map(([, method]) => method))])(
    "%s in a form that is not known stops nothing",
    (method) => {
      for (const params of [undefined, null, {}, [], "text", { item: null }, { item: { type: "unheard" } }]) {
        const { type } = mapNotification(method, params);
        expect(type).toBe(method === "turn/completed" ? "turn_ended" : "activity");
      }
    },
  );

  it("carries the end of a long output, where the result is", () => {
    const output = `${"x".repeat(10_000)}the end`;
    const event = mapNotification("item/completed", item({ ...COMMAND, aggregatedOutput: output, exitCode: 0 }));
    expect(event).toMatchObject({ type: "command_ended", output: output.slice(-4_000) });
  });
});

describe("the end of a turn", () => {
  const ended = (turn: object) => mapNotification("turn/completed", { turn: { id: "01b2", items: [], ...turn } });

  it.each<[name: string, error: object, expected: object]>([
    [
      "401",
      { message: "unexpected status 401", codexErrorInfo: { httpConnectionFailed: { httpStatusCode: 401 } } },
      { message: "unexpected status 401", code: "httpConnectionFailed", httpStatus: 401 },
    ],
    [
      "a usage limit",
      { message: "You’ve hit your usage limit.", codexErrorInfo: "usageLimitExceeded" },
      { message: "You’ve hit your usage limit.", code: "usageLimitExceeded" },
    ],
    [
      "a bare 429",
      { message: "exceeded", codexErrorInfo: { responseTooManyFailedAttempts: { httpStatusCode: 429 } } },
      { message: "exceeded", code: "responseTooManyFailedAttempts", httpStatus: 429 },
    ],
    [
      "a cut",
      { message: "cut", codexErrorInfo: { responseStreamDisconnected: { httpStatusCode: null } } },
      { message: "cut", code: "responseStreamDisconnected" },
    ],
    ["other", { message: "m", codexErrorInfo: "other" }, { message: "m", code: "other" }],
    ["no type", { message: "m" }, { message: "m" }],
    ["null for a type", { message: "m", codexErrorInfo: null }, { message: "m" }],
    ["an object of nothing", { message: "m", codexErrorInfo: {} }, { message: "m" }],
    ["a type that is a number", { message: "m", codexErrorInfo: 5 }, { message: "m" }],
    ["details", { message: "m", additionalDetails: "more" }, { message: "m", details: "more" }],
    ["empty details", { message: "m", additionalDetails: "" }, { message: "m" }],
  ])("by an error: %s", (_, error, expected) => {
    expect(ended({ status: "failed", error })).toEqual({ type: "turn_ended", status: "failed", error: expected });
  });

  it.each([
    ["completed", "completed"],
    ["interrupted", "interrupted"],
    ["failed", "failed"],
    ["inProgress", "failed"],
    ["a new word", "failed"],
  ])("as %s is %s", (status, expected) => {
    expect(ended({ status })).toEqual({ type: "turn_ended", status: expected });
  });

  it("in a form that is not known is a failure that says so", () => {
    expect(mapNotification("turn/completed", { turn: { id: 5 } })).toEqual({
      type: "turn_ended",
      status: "failed",
      error: { message: expect.stringContaining("not known") },
    });
  });
});

it.each([
  ["item/agentMessage/delta", true],
  ["item/commandExecution/outputDelta", true],
  ["item/reasoning/summaryTextDelta", true],
  ["item/completed", false],
  ["turn/diff/updated", false],
])("%s is a delta: %s", (method, delta) => {
  expect(isDelta(method)).toBe(delta);
});
