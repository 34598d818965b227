import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import * as z from "zod";
import { callItem, complete, messageItem, openStream, sendItem } from "./responses-sse.ts";
import { type ResponsesServer, serveResponses } from "./serve-responses.ts";

/** One thing that the built-in model does when it is asked. */
export type Step =
  | { say: string; usage?: { input: number; output: number } }
  | { run: string }
  | { call: string; args: unknown }
  | { status: number; body: unknown; headers?: Record<string, string> }
  | { hang: true };

const Item = z.looseObject({
  type: z.string().optional(),
  role: z.string().nullish(),
  content: z.array(z.looseObject({ text: z.string().nullish() })).nullish(),
});
const Body = z.looseObject({ input: z.array(Item) });

/** A request that Codex made in one of our scripts. */
export interface SeenRequest {
  body: z.infer<typeof Body>;
  headers: IncomingHttpHeaders;
}

export interface Model extends ResponsesServer {
  /** Lays down what is done from a user message on that has the returned mark in it. */
  script(steps: readonly Step[]): string;
  /** What was asked behind that mark, oldest first. */
  seen(mark: string): SeenRequest[];
}

const MARK = /\[script \d+\]/;
/** Nothing of ours asks for it; a request of Codex's own (a title, a summary) is answered all the same. */
const UNASKED: Step = { say: "Nothing was scripted." };
const USAGE = { input: 100, output: 10 };

/**
 * The model of the self-test: a Responses server on 127.0.0.1 that plays scripts to many threads at once. The step is
 * chosen from the conversation alone (the last mark in it, and the tool outputs since), so a retry changes nothing.
 */
export async function startModel(): Promise<Model> {
  const scripts = new Map<string, readonly Step[]>();
  const seen = new Map<string, SeenRequest[]>();
  let serial = 0;

  const server = await serveResponses(async ({ body, headers }, response) => {
    const request = { body: Body.parse(body), headers };
    const { mark, outputs } = whereIn(request.body.input);
    const requests = seen.get(mark);
    requests?.push(request);
    const steps = scripts.get(mark) ?? [];
    play(steps[Math.min(outputs, steps.length - 1)] ?? UNASKED, ++serial, response);
  });

  return {
    ...server,
    script(steps) {
      const mark = `[script ${scripts.size + 1}]`;
      scripts.set(mark, steps);
      seen.set(mark, []);
      return mark;
    },
    seen: (mark) => seen.get(mark) ?? [],
  };
}

/** The text of one item of a conversation. */
export const textOf = (item: z.infer<typeof Item>): string =>
  (item.content ?? []).map((part) => part.text ?? "").join("");

function whereIn(input: readonly z.infer<typeof Item>[]): { mark: string; outputs: number } {
  const at = input.findLastIndex((item) => item.role === "user" && MARK.test(textOf(item)));
  const item = input[at];
  const mark = item === undefined ? "" : (MARK.exec(textOf(item))?.[0] ?? "");
  return { mark, outputs: input.slice(at + 1).filter((one) => /_output$/.test(one.type ?? "")).length };
}

function play(step: Step, serial: number, response: ServerResponse): void {
  if ("status" in step) {
    response.writeHead(step.status, { "content-type": "application/json", ...step.headers });
    response.end(JSON.stringify(step.body));
    return;
  }
  const send = openStream(response, serial);
  if ("hang" in step) return;
  if ("say" in step) sendItem(send, messageItem(serial, step.say));
  else if ("run" in step) sendItem(send, callItem(serial, "exec_command", { cmd: step.run, yield_time_ms: 30_000 }));
  else sendItem(send, callItem(serial, step.call, step.args));
  complete(send, serial, "say" in step && step.usage ? step.usage : USAGE);
  response.end();
}
