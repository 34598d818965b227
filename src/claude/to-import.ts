import type { Message, Part } from "./conversation.ts";

/**
 * The conversation as a transcript that Codex's import reads (0.169.0): only the messages, all of them about one
 * directory, which must exist. Nothing else of Claude Code's bookkeeping goes along.
 */
export function toImport(
  { messages, title }: { messages: readonly Message[]; title: string | null },
  { cwd, now }: { cwd: string; now: Date },
): string {
  const lines = [
    ...(title === null ? [] : [{ type: "custom-title", customTitle: title }]),
    ...messages.map(({ by, at, parts }) => {
      const role = by === "user" ? ("user" as const) : ("assistant" as const);
      return { type: role, cwd, timestamp: at ?? now.toISOString(), message: { role, content: parts.map(blockOf) } };
    }),
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

function blockOf(part: Part): object {
  switch (part.kind) {
    case "text":
      return { type: "text", text: part.text };
    case "call":
      return { type: "tool_use", id: part.id, name: part.name, input: part.input };
    case "result":
      return { type: "tool_result", tool_use_id: part.id, content: part.text, is_error: part.isError };
  }
}
