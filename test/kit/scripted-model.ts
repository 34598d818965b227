import type { ServerResponse } from "node:http";
import {
  callItem,
  complete,
  messageItem,
  openStream,
  responseId,
  type Send,
  sendDelta,
  sendItem,
  startMessage,
} from "../../src/doctor/self-test/responses-sse.ts";
import { serveResponses } from "../../src/doctor/self-test/serve-responses.ts";
import type { Gate } from "./gate.ts";

/** One thing the scripted model does when it is asked. Data, so that a test reads like the conversation it plays. */
export type Step =
  | { say: string; deltas?: string[] }
  /** Says what matches in the caller's last text, so that threads with one script can be told apart. */
  | { echo: RegExp }
  | { run: string; yieldMs?: number }
  | { patch: string }
  | { call: string; args: unknown; namespace?: string }
  | { cut: "created" | "text" | "item" }
  | { hang: true; deltas?: string[] }
  | { flood: { bytes: number; chunk: number } }
  | { failed: { code: string; message: string } }
  | { incomplete: string }
  | { status: number; body?: unknown; headers?: Record<string, string> };

/** A step, the faults that come before it (one per request that reaches it), and what accompanies its answer. */
export type Beat = Step & {
  before?: Step[];
  delayMs?: number;
  usage?: { input: number; cached?: number; output: number };
  headers?: Record<string, string>;
  /** Not a byte of the answer comes before it is open. */
  gate?: Gate;
  /** The text of a `say` goes on and on until it is open. */
  textGate?: Gate;
};

/** A request as the server saw it; `input` is the conversation that Codex sent. */
export interface SeenRequest {
  body: Record<string, unknown> & { input: Item[] };
  headers: Record<string, string | string[] | undefined>;
}
export interface Item {
  type: string;
  role?: string;
  content?: { type: string; text?: string }[];
  output?: unknown;
  [key: string]: unknown;
}

export interface ScriptedModel {
  port: number;
  requests: SeenRequest[];
  /** Replaces the script; a list of lists has one script a turn. */
  script(turns: Beat[] | Beat[][]): void;
  /** The text of every user message of the last request. */
  userTexts(): string[];
  close(): Promise<void>;
}

const isCaller = (item: Item) =>
  item.type === "message" && item.role === "user" && !/^\s*(<|# AGENTS\.md)/.test(item.content?.[0]?.text ?? "");
const isOutput = (item: Item) => /_output$/.test(item.type);
const textOf = (item: Item | undefined) => (item?.content ?? []).map((part) => part.text ?? "").join("");

function inWords(step: Step, input: Item[]): Step {
  if (!("echo" in step)) return step;
  return { say: `${step.echo.exec(textOf(input.findLast(isCaller)))?.[0] ?? "Nothing."}\n\nStatus: done` };
}

/** The step is chosen from the conversation alone (turn = user messages, beat = tool outputs since), so retries and parallel runs are safe. */
function choose(turns: Beat[][], input: Item[]): Beat {
  const callers = input.flatMap((item, at) => (isCaller(item) ? [at] : []));
  const last = callers.at(-1) ?? -1;
  const turn = turns[Math.min(Math.max(callers.length - 1, 0), turns.length - 1)] ?? [];
  const outputs = input.slice(last + 1).filter(isOutput).length;
  return turn[Math.min(outputs, turn.length - 1)] ?? { say: "The script has no step.\n\nStatus: done" };
}

/** A Responses server on 127.0.0.1 that plays a script to the real Codex. */
export async function startScriptedModel(first: Beat[] | Beat[][] = []): Promise<ScriptedModel> {
  let turns: Beat[][] = [];
  let used = new WeakMap<Beat, number>();
  let serial = 0;
  const requests: SeenRequest[] = [];
  const script = (next: Beat[] | Beat[][]) => {
    turns = (Array.isArray(next[0]) ? next : [next]) as Beat[][];
    used = new WeakMap();
  };
  script(first);

  const server = await serveResponses(async ({ body: sent, headers }, response) => {
    const body = sent as SeenRequest["body"];
    requests.push({ body, headers });
    const beat = choose(turns, body.input);
    const count = used.get(beat) ?? 0;
    used.set(beat, count + 1);
    const step = inWords(beat.before?.[count] ?? beat, body.input);
    await beat.gate?.pass();
    if (beat.delayMs) await new Promise((done) => setTimeout(done, beat.delayMs));
    await play(step, beat, response);
  });

  async function play(step: Step, beat: Beat, response: ServerResponse): Promise<void> {
    if ("status" in step) {
      response.writeHead(step.status, { "content-type": "application/json", ...step.headers });
      response.end(
        typeof step.body === "string" ? step.body : JSON.stringify(step.body ?? { error: { message: "scripted" } }),
      );
      return;
    }
    const id = responseId(++serial);
    const send = openStream(response, serial, beat.headers);
    if ("hang" in step) {
      if (step.deltas) startMessage(send, serial, "", step.deltas);
      return;
    }
    if ("cut" in step) {
      if (step.cut === "text") startMessage(send, serial, "partial answer");
      if (step.cut === "item") sendItem(send, messageItem(serial, "partial answer"));
      setTimeout(() => response.destroy(), 30);
      return;
    }
    if ("failed" in step) {
      send("response.failed", { response: { id, status: "failed", error: step.failed } });
      response.end();
      return;
    }
    if ("incomplete" in step) {
      send("response.incomplete", {
        response: { id, status: "incomplete", incomplete_details: { reason: step.incomplete } },
      });
      response.end();
      return;
    }
    if ("flood" in step) {
      await flood(send, response, serial, step.flood);
    } else if ("say" in step) {
      if (step.deltas) startMessage(send, serial, "", step.deltas);
      await beat.textGate?.pass(() => sendDelta(send, serial, "and on "));
      sendItem(send, messageItem(serial, step.say));
    } else if ("run" in step) {
      sendItem(
        send,
        callItem(serial, "exec_command", { cmd: step.run, ...(step.yieldMs ? { yield_time_ms: step.yieldMs } : {}) }),
      );
    } else if ("patch" in step) {
      sendItem(send, callItem(serial, "exec_command", { cmd: `apply_patch <<'EOF'\n${step.patch}\nEOF` }));
    } else if ("call" in step) {
      const { call, args, namespace } = step;
      sendItem(send, { ...callItem(serial, call, args), ...(namespace === undefined ? {} : { namespace }) });
    }
    complete(send, serial, beat.usage ?? { input: 100, cached: 0, output: 1 });
    response.end();
  }

  return {
    port: server.port,
    requests,
    script,
    userTexts: () => (requests.at(-1)?.body.input ?? []).filter(isCaller).map(textOf),
    close: server.close,
  };
}

/** Streams `bytes` of text in deltas of `chunk` bytes, minding backpressure, then the whole message cut to a line. */
async function flood(
  send: Send,
  response: ServerResponse,
  serial: number,
  size: { bytes: number; chunk: number },
): Promise<void> {
  startMessage(send, serial, "");
  const delta = "x".repeat(size.chunk);
  for (let sent = 0; sent < size.bytes; sent += size.chunk) {
    const more = sendDelta(send, serial, delta);
    if (!more) await new Promise((done) => response.once("drain", done));
  }
  sendItem(send, messageItem(serial, "The flood is over.\n\nStatus: done"));
}
