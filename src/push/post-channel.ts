import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { errorCode, messageOf } from "../core/errors.ts";
import type { RunRequest } from "../core/request.ts";
import { readAddress } from "./address.ts";
import type { Channel } from "./line.ts";
import { type PushEvent, toLine } from "./push-event.ts";

const LIMIT_MS = 20_000;
const TRY_MS = 5_000;
/** What is waited before the second and the third try. */
const PAUSES_MS = [500, 2_000];
const LONGEST_PAUSE_MS = 5_000;

/** How one try went: the status of the answer, or why there is none. */
interface Answer {
  status?: number;
  retryAfterMs?: number;
  failure?: string;
}

/**
 * Posts each event as JSON. What may pass is tried again (no answer, 429, 5xx); a redirect is an answer like any
 * other, and no success. The header `x-ask-codex-delivery` is the same in each try, so that a receiver knows a
 * repetition; `x-ask-codex-signature` is `sha256=` and the hex HMAC of the body.
 */
export function postChannel(
  push: NonNullable<RunRequest["push"]>,
  { address, runId, env }: { address: string; runId: string; env: NodeJS.ProcessEnv },
): Channel {
  let count = 0;
  return {
    name: "url",
    limitMs: LIMIT_MS,
    takes: () => true,
    async send(event, signal) {
      // The broker of a live session may have another environment than whoever sends it a message.
      const url = readAddress(address, { insecure: push.insecure, env });
      const secret = push.secretEnv === undefined ? undefined : env[push.secretEnv];
      if (push.secretEnv !== undefined && !secret)
        throw new Error(`${push.secretEnv}, which is to sign it, is not set where the session was started`);
      const body = Buffer.from(toLine(event), "utf8");
      const headers = headersOf(event, body, { secret, delivery: `${runId}-${++count}` });
      await postPatiently(url, { body, headers, signal });
    },
  };
}

function headersOf(event: PushEvent, body: Buffer, about: { secret: string | undefined; delivery: string }) {
  const signature = about.secret && createHmac("sha256", about.secret).update(body).digest("hex");
  return {
    "content-type": "application/json",
    "content-length": String(body.length),
    "user-agent": "ask-codex",
    connection: "close",
    "x-ask-codex-event": event.event,
    "x-ask-codex-delivery": about.delivery,
    ...(signature ? { "x-ask-codex-signature": `sha256=${signature}` } : {}),
  };
}

interface Post {
  body: Buffer;
  headers: Record<string, string>;
  signal: AbortSignal;
}

async function postPatiently(url: URL, post: Post): Promise<void> {
  for (let tries = 1; ; tries++) {
    const answer = await postOnce(url, post);
    const { status } = answer;
    if (status !== undefined && status >= 200 && status < 300) return;
    post.signal.throwIfAborted();
    const pause = PAUSES_MS[tries - 1];
    if (!mayPass(status) || pause === undefined)
      throw new Error(`${reasonOf(answer)}${tries > 1 ? ` (${tries} tries)` : ""}`);
    await sleep(Math.min(Math.max(pause, answer.retryAfterMs ?? 0), LONGEST_PAUSE_MS), undefined, {
      signal: post.signal,
    });
  }
}

const mayPass = (status: number | undefined): boolean => status === undefined || status === 429 || status >= 500;

function reasonOf({ status, failure }: Answer): string {
  if (status === undefined) return failure ?? "there was no answer";
  if (status >= 300 && status < 400) return `it answered ${status}: a redirect is not followed`;
  return `it answered ${status}`;
}

/** One try, with a connection of its own and through no proxy. Its headers are the whole answer; nothing else is read. */
function postOnce(url: URL, { body, headers, signal }: Post): Promise<Answer> {
  // Loaded only here, for most runs post nothing; the bundle runs where there is no `import()`.
  const { request } =
    url.protocol === "https:" ? process.getBuiltinModule("node:https") : process.getBuiltinModule("node:http");
  return new Promise((resolve) => {
    const sent = request(url, { method: "POST", headers, agent: false });
    const timer = setTimeout(() => sent.destroy(new Error(`there was no answer within ${TRY_MS / 1_000} s`)), TRY_MS);
    const stop = () => sent.destroy(new Error("it was given up"));
    const settle = (answer: Answer) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      resolve(answer);
      sent.destroy();
    };
    signal.addEventListener("abort", stop, { once: true });
    sent.once("response", (response) => {
      response.on("error", () => {});
      const seconds = Number(response.headers["retry-after"]);
      settle({
        status: response.statusCode ?? 0,
        ...(Number.isFinite(seconds) ? { retryAfterMs: seconds * 1_000 } : {}),
      });
    });
    sent.on("error", (error) => settle({ failure: errorCode(error) ?? messageOf(error) }));
    sent.on("close", () => settle({ failure: "the connection was closed" }));
    sent.end(body);
  });
}
