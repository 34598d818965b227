import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * One answer of the scripted Claude. In every string of `input`, `{{pattern}}` stands for what the first group of that
 * regular expression last matched in what Claude was told, as a reader of the conversation would pick it up.
 */
export type Move = { say: string } | { tool: string; input: Record<string, unknown> };

/** A block of a message as Claude Code sends it. */
export interface Block {
  type: string;
  text?: string;
  content?: string | Block[];
  is_error?: boolean;
}
export interface Message {
  role: "user" | "assistant" | "system";
  content: string | Block[];
}
export interface ScriptedClaude {
  port: number;
  /** The conversation of the last request. */
  messages(): Message[];
  /** What came back from each tool call, in order. */
  results(): { text: string; isError: boolean }[];
  close(): Promise<void>;
}

/** The text of a message's blocks, those of tool results included. */
export const textOf = (content: string | Block[] | undefined): string =>
  typeof content === "string"
    ? content
    : (content ?? []).map((block) => block.text ?? textOf(block.content)).join("\n");

const blocksOf = ({ content }: Message): Block[] => (typeof content === "string" ? [] : content);

/** A Messages server on 127.0.0.1 that plays a script to the real Claude Code. */
export async function startScriptedClaude(script: readonly Move[]): Promise<ScriptedClaude> {
  let messages: Message[] = [];
  let serial = 0;
  const server = createServer((request, response) => {
    void handle(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    if (request.method !== "POST" || !request.url?.startsWith("/v1/messages?")) {
      response.writeHead(404).end("{}");
      return;
    }
    messages = (JSON.parse(Buffer.concat(parts).toString("utf8")) as { messages: Message[] }).messages;
    if (process.env.PROBE) {
      const { appendFileSync } = await import("node:fs");
      appendFileSync(process.env.PROBE, Buffer.concat(parts).toString("utf8") + "\n");
    }
    const told = messages.filter(({ role }) => role !== "assistant").map(({ content }) => textOf(content));
    // The move is chosen from the conversation alone, so a request that is sent twice gets the same answer.
    const at = messages.filter(({ role }) => role === "assistant").length;
    play(fillIn(script[at] ?? { say: "The script is over." }, told.join("\n")), ++serial, response);
  }

  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    port: (server.address() as AddressInfo).port,
    messages: () => messages,
    results: () =>
      messages
        .flatMap(blocksOf)
        .filter(({ type }) => type === "tool_result")
        .map(({ content, is_error }) => ({ text: textOf(content), isError: is_error === true })),
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function fillIn<T>(value: T, told: string): T {
  const text = JSON.stringify(value, (_, part: unknown) =>
    typeof part === "string"
      ? part.replace(/\{\{(.+?)\}\}/g, (whole, pattern: string) => {
          return [...told.matchAll(new RegExp(pattern, "g"))].at(-1)?.[1] ?? whole;
        })
      : part,
  );
  return JSON.parse(text) as T;
}

/** One answer as a stream of events, as the Messages API sends it. */
function play(move: Move, serial: number, response: ServerResponse): void {
  const send = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  const [block, delta, stop] =
    "say" in move
      ? [{ type: "text", text: "" }, { type: "text_delta", text: move.say }, "end_turn"]
      : [
          { type: "tool_use", id: `toolu_${serial}`, name: move.tool, input: {} },
          { type: "input_json_delta", partial_json: JSON.stringify(move.input) },
          "tool_use",
        ];
  const message = { id: `msg_${serial}`, type: "message", role: "assistant", model: "scripted", content: [] };
  response.writeHead(200, { "content-type": "text/event-stream" });
  send("message_start", {
    message: { ...message, stop_reason: null, stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } },
  });
  send("content_block_start", { index: 0, content_block: block });
  send("content_block_delta", { index: 0, delta });
  send("content_block_stop", { index: 0 });
  send("message_delta", { delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens: 1 } });
  send("message_stop", {});
  response.end();
}
