import * as z from "zod";
import type { RunEvent } from "../../core/event.ts";
import { outputTail } from "../../core/output-tail.ts";

const Item = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("agent_message"), id: z.string(), text: z.string() }),
  z.looseObject({ type: z.literal("reasoning"), id: z.string(), text: z.string() }),
  z.looseObject({
    type: z.literal("command_execution"),
    id: z.string(),
    command: z.string(),
    aggregated_output: z.string().nullish(),
    exit_code: z.number().nullish(),
  }),
  z.looseObject({
    type: z.literal("file_change"),
    id: z.string(),
    status: z.string().nullish(),
    changes: z.array(z.looseObject({ path: z.string(), kind: z.string() })),
  }),
  z.looseObject({
    type: z.literal("mcp_tool_call"),
    id: z.string(),
    server: z.string(),
    tool: z.string(),
    status: z.string().nullish(),
  }),
  z.looseObject({ type: z.literal("web_search"), id: z.string() }),
  z.looseObject({ type: z.literal("collab_tool_call"), id: z.string(), tool: z.string() }),
  z.looseObject({ type: z.literal("error"), id: z.string(), message: z.string() }),
]);

const Usage = z.looseObject({ input_tokens: z.int(), cached_input_tokens: z.int().default(0), output_tokens: z.int() });

/** `codex exec --json` (CODEX.md 2): eight kinds of line, no codes, no deltas, no turn id. */
const Line = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("thread.started"), thread_id: z.string() }),
  z.looseObject({ type: z.literal("turn.started") }),
  z.looseObject({ type: z.literal("item.started"), item: z.unknown() }),
  z.looseObject({ type: z.literal("item.updated"), item: z.unknown() }),
  z.looseObject({ type: z.literal("item.completed"), item: z.unknown() }),
  z.looseObject({ type: z.literal("error"), message: z.string() }),
  z.looseObject({ type: z.literal("turn.completed"), usage: Usage.nullish() }),
  z.looseObject({ type: z.literal("turn.failed"), error: z.looseObject({ message: z.string() }) }),
]);

/** The events of one line of `codex exec --json`; a line that is not known moves the idle clock and nothing else. */
export function mapExecLine(value: unknown): RunEvent[] {
  const line = Line.safeParse(value).data;
  switch (line?.type) {
    case "thread.started":
      return [{ type: "thread", threadId: line.thread_id }];
    case "item.started":
      return [itemEvent(line.item, "started")];
    case "item.completed":
      return [itemEvent(line.item, "ended")];
    case "error":
      // Not terminal, whatever it says (surprise 8).
      return [{ type: "retry", message: line.message, error: { message: line.message } }];
    case "turn.completed": {
      const usage = line.usage;
      // A review reports zeros, which would be a lie about what it used.
      const counted = usage && usage.input_tokens + usage.output_tokens > 0;
      const total = usage && {
        input: usage.input_tokens,
        cached: usage.cached_input_tokens,
        output: usage.output_tokens,
      };
      return [
        ...(counted && total ? [{ type: "usage" as const, total }] : []),
        { type: "turn_ended", status: "completed" },
      ];
    }
    case "turn.failed":
      return [{ type: "turn_ended", status: "failed", error: { message: line.error.message } }];
    case "turn.started":
      // exec names no turn.
      return [{ type: "turn", turnId: "" }];
    case "item.updated":
    case undefined:
      return [{ type: "activity" }];
  }
}

function itemEvent(value: unknown, phase: "started" | "ended"): RunEvent {
  const item = Item.safeParse(value).data;
  if (!item) return { type: "activity" };
  if (item.type === "command_execution" && phase === "started")
    return { type: "command_started", id: item.id, command: item.command };
  if (item.type === "mcp_tool_call") return { type: "tool", id: item.id, name: `${item.server}.${item.tool}`, phase };
  if (item.type === "web_search") return { type: "tool", id: item.id, name: "web_search", phase };
  if (item.type === "collab_tool_call") return { type: "tool", id: item.id, name: item.tool, phase };
  if (phase === "started") return { type: "activity" };
  switch (item.type) {
    case "agent_message":
      return { type: "message", text: item.text };
    case "reasoning":
      return { type: "reasoning", text: item.text };
    case "error":
      return { type: "warning", message: item.message };
    case "file_change":
      return {
        type: "edit",
        id: item.id,
        ok: item.status !== "failed",
        files: item.changes.map(({ path, kind }) => ({ path, kind })),
      };
    case "command_execution":
      return {
        type: "command_ended",
        id: item.id,
        command: item.command,
        exitCode: item.exit_code ?? null,
        output: outputTail(item.aggregated_output ?? ""),
      };
  }
}
