import type { ServerResponse } from "node:http";

/** Sends one event; false when the reader does not keep up, as `write` says it. */
export type Send = (type: string, data: object) => boolean;

/** Begins the answer to a Responses request: server-sent events, each with its type also in the data (CODEX.md, set-up). */
export function openStream(response: ServerResponse, serial: number, headers: Record<string, string> = {}): Send {
  const send: Send = (type, data) => response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  response.writeHead(200, { "content-type": "text/event-stream", ...headers });
  send("response.created", { response: { id: responseId(serial) } });
  return send;
}

/** The id of a server's nth answer. */
export const responseId = (serial: number): string => `resp_${serial}`;

export const messageItem = (serial: number, text: string) => ({
  type: "message",
  role: "assistant",
  id: `msg_${serial}`,
  content: [{ type: "output_text", text }],
});

export const callItem = (serial: number, name: string, args: unknown) => ({
  type: "function_call",
  id: `fc_${serial}`,
  call_id: `call_${serial}`,
  name,
  arguments: JSON.stringify(args),
});

/** A whole item. */
export function sendItem(send: Send, item: object): void {
  send("response.output_item.done", { output_index: 0, item });
}

/** A message that goes on: its beginning in pieces. */
export function startMessage(send: Send, serial: number, text: string, deltas: string[] = [text]): void {
  send("response.output_item.added", { output_index: 0, item: messageItem(serial, "") });
  for (const delta of deltas) sendDelta(send, serial, delta);
}

/** One more piece of it; false as `Send`. */
export function sendDelta(send: Send, serial: number, delta: string): boolean {
  return send("response.output_text.delta", { output_index: 0, content_index: 0, item_id: `msg_${serial}`, delta });
}

/** The end of an answer, with the tokens that it cost. */
export function complete(send: Send, serial: number, usage: { input: number; cached?: number; output: number }): void {
  send("response.completed", {
    response: {
      id: responseId(serial),
      usage: {
        input_tokens: usage.input,
        input_tokens_details: { cached_tokens: usage.cached ?? 0 },
        output_tokens: usage.output,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: usage.input + usage.output,
      },
    },
  });
}
