import * as z from "zod";
import type { Message, Part } from "./conversation.ts";

/** A line of a transcript, as far as it is looked at (Claude Code 2.1.329). */
export const TranscriptRecord = z.looseObject({
  type: z.string(),
  uuid: z.string().optional(),
  parentUuid: z.string().nullish(),
  sessionId: z.string().optional(),
  cwd: z.string().optional(),
  timestamp: z.string().optional(),
  isMeta: z.boolean().optional(),
  isSidechain: z.boolean().optional(),
  isCompactSummary: z.boolean().optional(),
  customTitle: z.string().optional(),
  aiTitle: z.string().optional(),
  message: z.looseObject({ content: z.union([z.string(), z.array(z.unknown())]) }).optional(),
});
export type TranscriptRecord = z.infer<typeof TranscriptRecord>;

const Text = z.looseObject({ type: z.literal("text"), text: z.string() });
const Call = z.looseObject({
  type: z.literal("tool_use"),
  id: z.string(),
  name: z.string(),
  input: z.record(z.string(), z.unknown()).catch({}),
});
const Result = z.looseObject({
  type: z.literal("tool_result"),
  tool_use_id: z.string(),
  content: z.union([z.string(), z.array(z.unknown())]).catch(""),
  is_error: z.boolean().nullish(),
});
const Other = z.looseObject({ type: z.string() });

/**
 * The message of a line; undefined for one that is none of the conversation: bookkeeping, the text of a skill, the work of
 * a sub-agent. What Claude thought is left out, and of a picture only that there was one is kept.
 */
export function messageOf(record: TranscriptRecord): Message | undefined {
  const { type, message, isMeta, isSidechain, timestamp } = record;
  if ((type !== "user" && type !== "assistant") || !message || isMeta || isSidechain) return undefined;
  const parts = partsOf(message.content);
  if (parts.length === 0) return undefined;
  return { by: type === "user" ? "user" : "claude", at: timestamp ?? null, parts };
}

const partsOf = (content: string | readonly unknown[]): Part[] =>
  typeof content === "string" ? textPart(content) : content.flatMap(partOf);

const textPart = (text: string): Part[] => (text.trim() === "" ? [] : [{ kind: "text", text }]);

function partOf(block: unknown): Part[] {
  const text = Text.safeParse(block).data;
  if (text) return textPart(text.text);
  const call = Call.safeParse(block).data;
  if (call) return [{ kind: "call", id: call.id, name: call.name, input: call.input }];
  const result = Result.safeParse(block).data;
  if (result)
    return [
      { kind: "result", id: result.tool_use_id, text: textIn(result.content), isError: result.is_error === true },
    ];
  const type = Other.safeParse(block).data?.type;
  return type === undefined || /thinking/.test(type) ? [] : [{ kind: "text", text: `[${type}]` }];
}

const textIn = (content: string | readonly unknown[]): string =>
  typeof content === "string" ? content : content.flatMap((block) => Text.safeParse(block).data?.text ?? []).join("\n");
