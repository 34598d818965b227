import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../../src/core/event.ts";
import { mapExecLine } from "../../../../src/engine/exec/map-exec-event.ts";

const ACTIVITY: RunEvent = { type: "activity" };
const started = (item: object) => ({ type: "item.started", item });
const completed = (item: object) => ({ type: "item.completed", item });

const COMMAND = {
  id: "item_0",
  type: "command_execution",
  command: "/bin/bash -lc 'echo hi; exit 3'",
  aggregated_output: "",
  exit_code: null,
  status: "in_progress",
};
const PATCH = {
  id: "item_1",
  type: "file_change",
  changes: [{ path: "/w/added.txt", kind: "add" }],
  status: "in_progress",
};
const MCP = { id: "m1", type: "mcp_tool_call", server: "docs", tool: "search", status: "in_progress" };
const usage = (input: number, cached: number, output: number) => ({
  input_tokens: input,
  cached_input_tokens: cached,
  cache_write_input_tokens: 0,
  output_tokens: output,
  reasoning_output_tokens: 0,
});

/** As codex 0.169.0 prints them: taken from a run, and from CODEX.md 2. */
const ROWS: readonly (readonly [name: string, line: unknown, events: RunEvent[]])[] = [
  ["a thread", { type: "thread.started", thread_id: "01a1" }, [{ type: "thread", threadId: "01a1" }]],
  ["a turn, which exec does not name", { type: "turn.started" }, [{ type: "turn", turnId: "" }]],
  ["a command that starts", started(COMMAND), [{ type: "command_started", id: "item_0", command: COMMAND.command }]],
  [
    "a command that fails",
    completed({ ...COMMAND, aggregated_output: "hi\n", exit_code: 3, status: "failed" }),
    [{ type: "command_ended", id: "item_0", command: COMMAND.command, exitCode: 3, output: "hi\n" }],
  ],
  [
    "a command that was killed",
    completed({ ...COMMAND, aggregated_output: null }),
    [{ type: "command_ended", id: "item_0", command: COMMAND.command, exitCode: null, output: "" }],
  ],
  ["a patch that starts", started(PATCH), [ACTIVITY]],
  [
    "a patch",
    completed({ ...PATCH, status: "completed" }),
    [{ type: "edit", id: "item_1", ok: true, files: [{ path: "/w/added.txt", kind: "add" }] }],
  ],
  [
    "a patch that failed",
    completed({ ...PATCH, status: "failed", changes: [] }),
    [{ type: "edit", id: "item_1", ok: false, files: [] }],
  ],
  [
    "a message",
    completed({ id: "item_2", type: "agent_message", text: "Half way" }),
    [{ type: "message", text: "Half way" }],
  ],
  ["a message that starts", started({ id: "item_2", type: "agent_message", text: "" }), [ACTIVITY]],
  ["thoughts", completed({ id: "r", type: "reasoning", text: "hm" }), [{ type: "reasoning", text: "hm" }]],
  [
    "a warning",
    completed({ id: "e", type: "error", message: "Codex is ignoring 1 unrecognized configuration setting" }),
    [{ type: "warning", message: "Codex is ignoring 1 unrecognized configuration setting" }],
  ],
  ["a tool that starts", started(MCP), [{ type: "tool", id: "m1", name: "docs.search", phase: "started" }]],
  ["a tool that ends", completed(MCP), [{ type: "tool", id: "m1", name: "docs.search", phase: "ended" }]],
  [
    "a web search",
    started({ id: "w", type: "web_search", query: "q" }),
    [{ type: "tool", id: "w", name: "web_search", phase: "started" }],
  ],
  [
    "a sub-agent",
    completed({ id: "c", type: "collab_tool_call", tool: "spawn_agent", status: "completed" }),
    [{ type: "tool", id: "c", name: "spawn_agent", phase: "ended" }],
  ],
  ["an update of an item", { type: "item.updated", item: { id: "t", type: "todo_list", items: [] } }, [ACTIVITY]],
  [
    "an error, which ends nothing",
    { type: "error", message: "Reconnecting... 2/5 (unexpected status 401 Unauthorized)" },
    [
      {
        type: "retry",
        message: "Reconnecting... 2/5 (unexpected status 401 Unauthorized)",
        error: { message: "Reconnecting... 2/5 (unexpected status 401 Unauthorized)" },
      },
    ],
  ],
  [
    "the end, with the totals of the thread",
    { type: "turn.completed", usage: usage(400, 40, 8) },
    [
      { type: "usage", total: { input: 400, cached: 40, output: 8 } },
      { type: "turn_ended", status: "completed" },
    ],
  ],
  [
    "the end of a review, whose zeros are no count",
    { type: "turn.completed", usage: usage(0, 0, 0) },
    [{ type: "turn_ended", status: "completed" }],
  ],
  ["the end without a count", { type: "turn.completed" }, [{ type: "turn_ended", status: "completed" }]],
  [
    "the end without the cached part",
    { type: "turn.completed", usage: { input_tokens: 5, output_tokens: 1 } },
    [
      { type: "usage", total: { input: 5, cached: 0, output: 1 } },
      { type: "turn_ended", status: "completed" },
    ],
  ],
  [
    "the failure",
    { type: "turn.failed", error: { message: "Quota exceeded." } },
    [{ type: "turn_ended", status: "failed", error: { message: "Quota exceeded." } }],
  ],
];

describe("a line of codex exec --json", () => {
  it.each(ROWS)("%s", (_, line, events) => {
    expect(mapExecLine(line)).toEqual(events);
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a text", "text"],
    ["a type that nobody has heard of", { type: "thread.archived" }],
    ["an item that nobody has heard of", completed({ id: "x", type: "hologram" })],
    ["an item without an id", completed({ type: "agent_message", text: "t" })],
    ["an item that is none", completed([])],
    ["a thread without an id", { type: "thread.started" }],
    ["an inherited name", { type: "constructor" }],
  ])("%s moves the clock and nothing else", (_, line) => {
    expect(mapExecLine(line)).toEqual([ACTIVITY]);
  });

  it("carries the end of a long output, where the result is", () => {
    const output = `${"x".repeat(10_000)}the end`;
    expect(mapExecLine(completed({ ...COMMAND, aggregated_output: output, exit_code: 0 }))).toMatchObject([
      { output: output.slice(-4_000) },
    ]);
  });
});
