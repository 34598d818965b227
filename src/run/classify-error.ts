import * as z from "zod";
import type { TurnError } from "../core/event.ts";

/** What an error of Codex's means for the run: how it ends, why, and what to do next. */
export interface ErrorClass {
  /** `fatal`: trying again can't help now. `refused`: nothing was started, the session is busy. */
  verdict: "fatal" | "failed" | "refused";
  /** A key of the table of kinds. */
  kind: string;
  /** One sentence for a person, with Codex's own words in it. */
  reason: string;
  hint: string;
  /** When a usage limit ends, in Codex's words: its local clock, with a date where it is not today. */
  resetText?: string;
}

/** Each kind with its verdict, what is wrong, and what to do next. */
const KINDS = {
  login: ["fatal", "Codex isn't let in", "run `codex login`; where it is logged in, check account, key and region"],
  config: ["fatal", "Codex isn't configured", "set what it names, or correct Codex's config.toml; see `codex doctor`"],
  outdated: ["fatal", "this Codex is too old", "update it: npm install -g @openai/codex"],
  connection: ["fatal", "Codex can't reach its service", "check the network, the proxy and the provider's base_url"],
  service: ["fatal", "Codex's service has a fault", "wait some minutes; the task is not the cause"],
  overloaded: ["fatal", "the model is overloaded", "wait some minutes, or pick another model with --model"],
  rate_limit: ["fatal", "Codex sends too many requests", "wait a minute, and run fewer tasks at once"],
  usage_limit: ["fatal", "the usage limit is reached", "wait until the limit resets, or add credits to the account"],
  unknown_model: ["fatal", "the service doesn't know the model", "pick another with --model, or check base_url"],
  unknown_session: ["fatal", "Codex doesn't know the session", "leave --session out to start a new one"],
  sandbox: [
    "fatal",
    "Codex's sandbox doesn't work here",
    "on Linux it needs user namespaces: see the troubleshooting part of the README",
  ],
  busy: ["refused", "the session is busy", "wait until its run has ended, then try again"],
  context: ["failed", "the task outgrew the model's context", "split the task, and leave --session out"],
  budget: ["failed", "the session's budget is used up", "split the task, and leave --session out"],
  incomplete: ["failed", "the model's answer was cut off", "split the task, or ask for a shorter answer"],
  stream: ["failed", "the model's answer broke off", "continue with --session; if it happens again, split the task"],
  policy: ["failed", "the request was declined", "leave the declined part out, or say what it is for"],
  model_mismatch: ["failed", "the session belongs to another model", "give --model the one it was started with"],
  bad_request: [
    "failed",
    "the service rejected the request",
    "check --model, --reasoning and --schema; split the task",
  ],
  unknown: ["failed", "Codex reported an error", "simplify or split the task"],
} as const satisfies Record<string, readonly [verdict: ErrorClass["verdict"], what: string, hint: string]>;
type Kind = keyof typeof KINDS;

/** Tags of codexErrorInfo that say it all (`codex app-server generate-json-schema`, 0.169). */
const PRECISE_CODES: ReadonlyMap<string, Kind> = new Map([
  ["usageLimitExceeded", "usage_limit"],
  ["rateLimitExceeded", "rate_limit"],
  ["serverOverloaded", "overloaded"],
  ["flexUnavailable", "overloaded"],
  ["policyCapacityUnavailable", "overloaded"],
  ["internalServerError", "service"],
  ["contextWindowExceeded", "context"],
  ["sessionBudgetExceeded", "budget"],
  ["modelNotFound", "unknown_model"],
  ["unauthorized", "login"],
  ["cyberPolicy", "policy"],
  ["misalignmentPolicyViolation", "policy"],
  ["tooManyDenials", "policy"],
  ["inferenceHookDenied", "policy"],
  ["sandboxError", "sandbox"],
  ["activeTurnNotSteerable", "busy"],
]);

/** Tags that say where it went wrong but not why: believed only when neither a status nor the words tell more. */
const VAGUE_CODES: ReadonlyMap<string, Kind> = new Map([
  ["httpConnectionFailed", "connection"],
  ["responseStreamConnectionFailed", "connection"],
  ["responseStreamDisconnected", "stream"],
  ["responseTooManyFailedAttempts", "service"],
  ["badRequest", "bad_request"],
]);

const STATUSES: ReadonlyMap<number, Kind> = new Map([
  [401, "login"],
  [402, "usage_limit"],
  [403, "login"],
  [404, "unknown_model"],
  [413, "context"],
  [429, "rate_limit"],
]);

/** Codex's words, the telling ones first: "stream disconnected before completion: …" may carry any of the others. */
const TEXTS: readonly (readonly [kind: Kind, pattern: RegExp])[] = [
  ["busy", /already has an active writer/i],
  ["unknown_session", /no rollout found for thread id|no thread with id/i],
  ["model_mismatch", /recorded with model/i],
  ["usage_limit", /hit your usage limit|quota exceeded|exceeded your current quota|insufficient_quota|out of credits/i],
  ["usage_limit", /spend cap|to use codex with your chatgpt plan/i],
  ["context", /context window|context_length_exceeded|maximum context length/i],
  ["incomplete", /incomplete response returned/i],
  ["outdated", /newer version of codex/i],
  ["unknown_model", /model_not_found|\bmodel\b(?! provider).{0,80}\b(?:does not exist|is not supported|not found)/i],
  ["rate_limit", /rate limit (?:reached|exceeded)|rate_limit_exceeded|too many requests/i],
  ["overloaded", /at capacity|capacity (?:is )?unavailable|overloaded/i],
  ["service", /experiencing high demand|internal server error|bad gateway|service unavailable|gateway time-?out/i],
  ["config", /missing environment variable|error loading config|model provider .{0,80}not found/i],
  ["login", /not logged in|(?:log|sign) ?in again|token could not be refreshed|(?:invalid|incorrect) api key/i],
  ["login", /401 unauthorized|403 forbidden|access blocked by cloudflare/i],
  ["policy", /\bflagged\b|usage polic|cyber policy/i],
  ["sandbox", /^sandbox error|codex-linux-sandbox|landlock|seccomp/i],
  ["connection", /connection failed|waiting for network|error sending request|connection refused|econnrefused/i],
  ["connection", /dns error|lookup address|enotfound|network (?:is )?unreachable|tcp connect error/i],
  ["stream", /stream disconnected|idle timeout waiting for sse|reading the server response|decoding response body/i],
  ["bad_request", /invalid_request_error|invalid schema|^\s*\{\s*"(?:detail|error)"/i],
];

const MESSAGE_CHARS = 300;
const STATUS_IN_TEXT = /\b(?:unexpected|last) status:? (\d{3})\b/i;
const RESET_IN_TEXT = /try again at\s+([^\n]+?)\s*(?:\.(?=\s|$)|\n|$)/i;

/** A 400 comes as the service's raw JSON (CODEX.md 2). */
const Body = z.union([
  z.looseObject({ detail: z.string() }).transform((body) => body.detail),
  z.looseObject({ error: z.looseObject({ message: z.string() }) }).transform((body) => body.error.message),
]);

/** Says what an error means: by its typed code, then its HTTP status, then its words, which are all that exec gives. */
export function classifyError(error: TurnError): ErrorClass {
  const said = sayingOf(error);
  const kind = kindOf(error, said);
  const [verdict, what, hint] = KINDS[kind];
  const reason = said === "" ? `${what}; it gave no message` : `${what}: ${shorten(unwrap(said))}`;
  const resetText = kind === "usage_limit" ? RESET_IN_TEXT.exec(said)?.[1] : undefined;
  if (resetText === undefined) return { verdict, kind, reason, hint };
  return { verdict, kind, reason, hint: `wait until ${resetText}, or add credits to the account`, resetText };
}

/** While Codex retries, its message is a counter ("Reconnecting... 2/5") and the cause is in the details. */
function sayingOf({ message, details = "" }: TurnError): string {
  const counts = /^reconnecting\b/i.test(message) || message.trim() === "";
  return (counts && details !== "" ? details : message).trim();
}

function kindOf({ code = "", httpStatus, details = "" }: TurnError, said: string): Kind {
  const status = httpStatus ?? Number(STATUS_IN_TEXT.exec(said)?.[1] ?? 0);
  return (
    PRECISE_CODES.get(code) ??
    (status >= 500 ? "service" : STATUSES.get(status)) ??
    kindOfText(said) ??
    kindOfText(details) ??
    (status >= 400 ? "bad_request" : VAGUE_CODES.get(code)) ??
    "unknown"
  );
}

function kindOfText(text: string): Kind | undefined {
  const plain = text.replaceAll("’", "'");
  return TEXTS.find(([, pattern]) => pattern.test(plain))?.[0];
}

function unwrap(message: string): string {
  try {
    return Body.safeParse(JSON.parse(message)).data ?? message;
  } catch {
    return message;
  }
}

function shorten(message: string): string {
  const line = message.replaceAll(/\s+/g, " ").trim();
  return line.length > MESSAGE_CHARS ? `${line.slice(0, MESSAGE_CHARS - 1)}…` : line;
}
