import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * One answer of the scripted Claude. In its strings, `{{pattern}}` stands for what the first group of that regular
 * expression last matched in what Claude was told: the way a reader picks a run id out of a tool's result.
 */
export type Move = { say: string } | { tool: string; input: Record<string, unknown> };

/** A message as Claude Code sends it. */
export interface Message {
  role: "user" | "assistant" | "system";
  content: string | Block[];
}
export interface Block {
  type: string;
  text?: string;
  content?: string | Block[];
  is_error?: boolean;
}

export interface ToolResult {
  text: string;
  isError: boolean;
}

export interface ScriptedClaude {
  port: number;
  /** The conversation as the last request had it. */
  messages(): Message[];
  /** All that Claude was told in it: by the user, the system and the tools. */
  told(): string;
  /** What came back from the tools, one entry a call. */
  results(): ToolResult[];
  /** What Claude does in the sessions that start from now on. */
  plays(script: readonly Move[]): void;
  close(): Promise<void>;
}

/** The text of a message or of a tool's result. */
export const textOf = (content: string | Block[] = []): string =>
  typeof content === "string" ? content : content.map((block) => block.text ?? textOf(block.content)).join("\n");

const toldIn = (messages: readonly Message[]): string =>
  messages
    .filter((message) => message.role !== "assistant")
    .map((message) => textOf(message.content))
    .join("\n");

const resultsIn = (messages: readonly Message[]): ToolResult[] =>
  messages
    .flatMap(({ content }) => (typeof content === "string" ? [] : content))
    .filter((block) => block.type === "tool_result")
    .map((block) => ({ text: textOf(block.content), isError: block.is_error === true }));

/** A Messages server on 127.0.0.1 that plays a script to the real Claude Code. */
export async function startScriptedClaude(first: readonly Move[]): Promise<ScriptedClaude> {
  let script = first;
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
    // The move is chosen from the conversation alone, so a request that is sent again gets the same answer.
    const move = script[messages.filter((message) => message.role === "assistant").length];
    play(fillIn(move ?? { say: "The script is over." }, toldIn(messages)), ++serial, response);
  }

  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    port: (server.address() as AddressInfo).port,
    messages: () => messages,
    told: () => toldIn(messages),
    results: () => resultsIn(messages),
    plays: (next) => {
      script = next;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** A pattern that finds nothing stays as it is, so that the failed call shows it. */
function fillIn(move: Move, told: string): Move {
  const fill = (text: string) =>
    text.replace(
      /\{\{(.+?)\}\}/gs,
      (whole, pattern: string) => [...told.matchAll(new RegExp(pattern, "g"))].at(-1)?.[1] ?? whole,
    );
  return JSON.parse(JSON.stringify(move), (_, value: unknown) => (typeof value === "string" ? fill(value) : value));
}

/** One answer as a stream of events, the way the Messages API sends it. */
function play(move: Move, serial: number, response: ServerResponse): void {
  const send = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  const { block, delta, stop } =
    "say" in move
      ? { block: { type: "text", text: "" }, delta: { type: "text_delta", text: move.say }, stop: "end_turn" }
      : {
          block: { type: "tool_use", id: `toolu_${serial}`, name: move.tool, input: {} },
          delta: { type: "input_json_delta", partial_json: JSON.stringify(move.input) },
          stop: "tool_use",
        };
  const open = { stop_reason: null, stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } };
  response.writeHead(200, { "content-type": "text/event-stream" });
  send("message_start", {
    message: { id: `msg_${serial}`, type: "message", role: "assistant", model: "scripted", content: [], ...open },
  });
  send("content_block_start", { index: 0, content_block: block });
  send("content_block_delta", { index: 0, delta });
  send("content_block_stop", { index: 0 });
  send("message_delta", { delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens: 1 } });
  send("message_stop", {});
  response.end();
}
