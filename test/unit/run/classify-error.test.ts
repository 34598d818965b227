import { describe, expect, it } from "vitest";
import type { TurnError } from "../../../src/core/event.ts";
import { classifyError, type ErrorClass } from "../../../src/run/classify-error.ts";

const URL = "url: http://127.0.0.1:43943/v1/responses";
const USAGE = "You’ve hit your usage limit. Visit https://chatgpt.com/settings/usage to purchase more credits";
const HIGH_DEMAND = "We’re currently experiencing high demand, which may cause temporary errors.";
const CONTEXT =
  "Codex ran out of room in the model's context window. Start a new thread or clear earlier history before retrying.";
const CUT = "stream disconnected before completion: Transport error: network error: error decoding response body";
const NO_MODEL = "The model `gpt-9` does not exist or you do not have access to it.";
const REFUSED = "Reconnecting... waiting for network (Connection failed: error sending request)";
const http = (code: string, httpStatus: number) => ({ code, httpStatus });

/** What Codex 0.169 gives for each fault of a scripted server: its message, which is all that exec has, and the type beside it. */
const MEASURED: readonly (readonly [
  name: string,
  verdict: ErrorClass["verdict"],
  kind: string,
  message: string,
  typed?: Omit<TurnError, "message">,
])[] = [
  [
    "401",
    "fatal",
    "login",
    `unexpected status 401 Unauthorized: Invalid API key, ${URL}`,
    http("httpConnectionFailed", 401),
  ],
  ["403", "fatal", "login", `unexpected status 403 Forbidden: no, ${URL}`, http("httpConnectionFailed", 403)],
  [
    "402",
    "fatal",
    "usage_limit",
    `unexpected status 402 Payment Required: pay, ${URL}`,
    http("httpConnectionFailed", 402),
  ],
  ["404 model_not_found", "fatal", "unknown_model", NO_MODEL, { code: "modelNotFound" }],
  [
    "404 of another kind",
    "fatal",
    "unknown_model",
    `unexpected status 404 Not Found: page, ${URL}`,
    http("httpConnectionFailed", 404),
  ],
  [
    "400 with a detail",
    "fatal",
    "unknown_model",
    `{"detail":"The 'gpt-9' model is not supported when using Codex with a ChatGPT account."}`,
    { code: "other" },
  ],
  [
    "400 with an error",
    "failed",
    "bad_request",
    `{"error":{"message":"Invalid schema for response_format","type":"invalid_request_error"}}`,
    { code: "other" },
  ],
  [
    "413",
    "failed",
    "context",
    `unexpected status 413 Payload Too Large: too large, ${URL}`,
    http("httpConnectionFailed", 413),
  ],
  [
    "418",
    "failed",
    "bad_request",
    `unexpected status 418 I'm a teapot: tea, ${URL}`,
    http("httpConnectionFailed", 418),
  ],
  [
    "429",
    "fatal",
    "rate_limit",
    "exceeded retry limit, last status: 429 Too Many Requests, request id: r-1",
    http("responseTooManyFailedAttempts", 429),
  ],
  [
    "429 insufficient_quota",
    "fatal",
    "usage_limit",
    "Quota exceeded. Check your plan and billing details.",
    { code: "usageLimitExceeded" },
  ],
  [
    "429 usage_limit_reached",
    "fatal",
    "usage_limit",
    `${USAGE} or try again at 5:56 AM.`,
    { code: "usageLimitExceeded" },
  ],
  [
    "429 usage_limit_reached without a reset",
    "fatal",
    "usage_limit",
    "You’ve hit your usage limit. Try again later.",
    { code: "usageLimitExceeded" },
  ],
  ["500", "fatal", "service", HIGH_DEMAND, { code: "internalServerError" }],
  [
    "502",
    "fatal",
    "service",
    `unexpected status 502 Bad Gateway: bad gateway, ${URL}`,
    http("httpConnectionFailed", 502),
  ],
  [
    "503",
    "fatal",
    "service",
    `unexpected status 503 Service Unavailable: gone, ${URL}`,
    http("httpConnectionFailed", 503),
  ],
  [
    "503 server_is_overloaded",
    "fatal",
    "overloaded",
    "Selected model is at capacity. Please try a different model.",
    { code: "serverOverloaded" },
  ],
  ["stream cut", "failed", "stream", CUT, { code: "other" }],
  [
    "stream silent",
    "failed",
    "stream",
    "stream disconnected before completion: idle timeout waiting for SSE",
    { code: "other" },
  ],
  ["stream silent, bare", "failed", "stream", "idle timeout waiting for SSE"],
  [
    "response.failed server_error",
    "failed",
    "stream",
    "stream disconnected before completion: model blew up",
    { code: "other" },
  ],
  [
    "response.failed rate_limit_exceeded",
    "fatal",
    "rate_limit",
    "rate limit exceeded: Rate limit reached for gpt-5.5. Please try again in 0.2s.",
    { code: "rateLimitExceeded" },
  ],
  ["response.failed context_length_exceeded", "failed", "context", CONTEXT, { code: "contextWindowExceeded" }],
  ["response.failed invalid_prompt", "failed", "policy", "Invalid prompt: your prompt was flagged", { code: "other" }],
  [
    "response.incomplete max_output_tokens",
    "failed",
    "incomplete",
    "Incomplete response returned, reason: max_output_tokens",
    { code: "other" },
  ],
  [
    "response.incomplete content_filter",
    "failed",
    "incomplete",
    "stream disconnected before completion: Incomplete response returned, reason: content_filter",
    { code: "other" },
  ],
  ["connection refused", "fatal", "connection", REFUSED, { code: "responseStreamDisconnected" }],
  ["env_key variable empty", "fatal", "config", "Missing environment variable: `MOCK_KEY`.", { code: "other" }],
  [
    "resume of an unknown thread",
    "fatal",
    "unknown_session",
    "thread/resume: thread/resume failed: no rollout found for thread id 01a1fc85 (code -32600)",
  ],
  [
    "resume of a running thread",
    "refused",
    "busy",
    "thread/resume failed: thread 01a1fc85 already has an active writer",
  ],
  [
    "resume with another model",
    "failed",
    "model_mismatch",
    "This session was recorded with model `gpt-5.5` but is resuming with `gpt-6.1-sol`.",
  ],
  ["a bad config", "fatal", "config", "Error loading config.toml: unknown variant `chat`, expected `responses`"],
  ["an unknown provider", "fatal", "config", "Error: Model provider `nope` not found"],
];

/** Forms that another version, provider or network gives. */
const UNMEASURED: readonly (readonly [name: string, verdict: ErrorClass["verdict"], kind: string, error: TurnError])[] =
  [
    ["plain apostrophe", "fatal", "usage_limit", { message: "You've hit your usage limit. Try again at 5:56 AM." }],
    ["plain apostrophe, high demand", "fatal", "service", { message: "We're currently experiencing high demand" }],
    [
      "workspace credits",
      "fatal",
      "usage_limit",
      { message: "Your workspace is out of credits. Add credits to continue." },
    ],
    ["spend cap", "fatal", "usage_limit", { message: "You hit your spend cap set in your workspace." }],
    ["not in the plan", "fatal", "usage_limit", { message: "To use Codex with your ChatGPT plan, upgrade to Plus" }],
    [
      "token refresh",
      "fatal",
      "login",
      { message: "Your access token could not be refreshed. Please log out and sign in again." },
    ],
    ["unauthorized", "fatal", "login", { message: "no", code: "unauthorized" }],
    ["Cloudflare", "fatal", "login", { message: "Access blocked by Cloudflare. This usually happens …" }],
    ["too old", "fatal", "outdated", { message: "The 'gpt-7' model requires a newer version of Codex." }],
    [
      "DNS",
      "fatal",
      "connection",
      { message: "Connection failed: error sending request: dns error: failed to lookup address" },
    ],
    [
      "DNS inside a stream message",
      "fatal",
      "connection",
      { message: "stream disconnected before completion: error sending request for url (https://x/v1/responses)" },
    ],
    [
      "rate limit inside a stream message",
      "fatal",
      "rate_limit",
      { message: "stream disconnected before completion: Rate limit reached for gpt-5.5 (TPM)" },
    ],
    ["connection, type only", "fatal", "connection", { message: "it failed", code: "httpConnectionFailed" }],
    [
      "SSE connection, type only",
      "fatal",
      "connection",
      { message: "it failed", code: "responseStreamConnectionFailed" },
    ],
    ["cut, type only", "failed", "stream", { message: "it failed", code: "responseStreamDisconnected" }],
    [
      "cut with a status",
      "fatal",
      "service",
      { message: "it failed", code: "responseStreamDisconnected", httpStatus: 502 },
    ],
    ["attempts, type only", "fatal", "service", { message: "it failed", code: "responseTooManyFailedAttempts" }],
    [
      "attempts with a status",
      "fatal",
      "login",
      { message: "it failed", code: "responseTooManyFailedAttempts", httpStatus: 401 },
    ],
    ["bad request, type only", "failed", "bad_request", { message: "agent thread limit reached", code: "badRequest" }],
    [
      "bad request that says more",
      "fatal",
      "unknown_session",
      { message: "no thread with id: 01a1", code: "badRequest" },
    ],
    ["sandbox", "fatal", "sandbox", { message: "sandbox error: seccomp setup error", code: "sandboxError" }],
    ["sandbox, untyped", "fatal", "sandbox", { message: "codex-linux-sandbox was required but not provided" }],
    ["cyber policy", "failed", "policy", { message: "declined", code: "cyberPolicy" }],
    ["misalignment policy", "failed", "policy", { message: "declined", code: "misalignmentPolicyViolation" }],
    ["inference hook", "failed", "policy", { message: "declined", code: "inferenceHookDenied" }],
    ["session budget", "failed", "budget", { message: "budget reached", code: "sessionBudgetExceeded" }],
    ["flex", "fatal", "overloaded", { message: "Flex capacity unavailable.", code: "flexUnavailable" }],
    [
      "policy capacity",
      "fatal",
      "overloaded",
      { message: "Policy-restricted capacity is unavailable. Please try again later." },
    ],
    ["not steerable", "refused", "busy", { message: "cannot steer a review turn", code: "activeTurnNotSteerable" }],
    [
      "the type beats the words",
      "failed",
      "context",
      { message: "unexpected status 500", code: "contextWindowExceeded" },
    ],
    [
      "the status beats the words",
      "fatal",
      "login",
      { message: "stream disconnected", code: "other", httpStatus: 403 },
    ],
    ["an unknown type", "fatal", "overloaded", { message: "Selected model is at capacity.", code: "fromTheFuture" }],
    ["nothing known", "failed", "unknown", { message: "turn aborted. Something went wrong?", code: "other" }],
    ["nothing at all", "failed", "unknown", { message: "" }],
    ["told in the details", "failed", "context", { message: "the turn failed", details: "exceeds the context window" }],
  ];

/** While it retries, Codex counts in the message and tells the cause in the details. */
const RETRYING: readonly (readonly [kind: string, details: string, httpStatus?: number])[] = [
  ["login", `unexpected status 401 Unauthorized: Invalid API key, ${URL}`, 401],
  ["service", `unexpected status 502 Bad Gateway: bad gateway, ${URL}`, 502],
  ["rate_limit", "exceeded retry limit, last status: 429 Too Many Requests", 429],
  ["service", HIGH_DEMAND],
  ["stream", CUT],
  ["stream", "stream disconnected before completion: idle timeout waiting for SSE"],
  ["rate_limit", "rate limit exceeded: Rate limit reached for gpt-5.5. Please try again in 0.2s."],
];

describe("classifyError", () => {
  const measured = MEASURED.map(([name, verdict, kind, message, typed]) => ({ name, verdict, kind, message, typed }));

  describe("what exec gives: words only", () => {
    it.each(measured)("$name → $verdict, $kind", ({ verdict, kind, message }) => {
      expect(classifyError({ message })).toMatchObject({ verdict, kind });
    });
  });

  describe("what the app-server gives: typed", () => {
    it.each(measured.filter((row) => row.typed))("$name → $verdict, $kind", ({ verdict, kind, message, typed }) => {
      expect(classifyError({ message, ...typed })).toMatchObject({ verdict, kind });
    });
  });

  describe("other forms", () => {
    it.each(UNMEASURED)("%s → %s, %s", (_name, verdict, kind, error) => {
      expect(classifyError(error)).toMatchObject({ verdict, kind });
    });
  });

  describe("a retry", () => {
    const retries = RETRYING.map(([kind, details, httpStatus]) => ({
      kind,
      details,
      status: httpStatus ? { httpStatus } : {},
    }));
    it.each(retries)("$kind: $details", ({ kind, details, status }) => {
      const found = classifyError({
        message: "Reconnecting... 2/5",
        code: "responseStreamDisconnected",
        details,
        ...status,
      });
      expect(found.kind).toBe(kind);
      expect(found.reason).toContain(details.slice(0, 40));
    });
  });

  it.each([
    [`${USAGE} or try again at 5:56 AM.`, "5:56 AM"],
    [`${USAGE} or try again at Nov 23rd, 2026 5:56 AM.`, "Nov 23rd, 2026 5:56 AM"],
    ["You've hit your usage limit. Try again at 5:56 AM.", "5:56 AM"],
    ["You've hit your usage limit for gpt-5.5. Switch to another model now, or try again at 17:05", "17:05"],
    ["You've hit your usage limit, try again at 5:56 AM. See the usage page.", "5:56 AM"],
  ])("reads when a usage limit ends: %s", (message, resetText) => {
    const found = classifyError({ message });
    expect(found).toMatchObject({ kind: "usage_limit", resetText });
    expect(found.hint).toContain(resetText);
  });

  it("knows no reset where none is named", () => {
    expect(classifyError({ message: "You’ve hit your usage limit. Try again later." })).not.toHaveProperty("resetText");
    expect(classifyError({ message: "model blew up, try again at noon" })).not.toHaveProperty("resetText");
  });

  it("gives a reason with Codex's own words, and something to do", () => {
    expect(classifyError({ message: NO_MODEL, code: "modelNotFound" })).toEqual({
      verdict: "fatal",
      kind: "unknown_model",
      reason: `the service doesn't know the model: ${NO_MODEL}`,
      hint: "pick another with --model, or check base_url",
    });
    expect(classifyError({ message: " " }).reason).toBe("Codex reported an error; it gave no message");
    for (const [, , , message] of MEASURED) expect(classifyError({ message }).hint).not.toBe("");
  });

  it("unwraps the service's JSON and keeps other JSON as it is", () => {
    expect(classifyError({ message: '{"detail":"no such thing"}' }).reason).toMatch(/: no such thing$/);
    expect(classifyError({ message: '{"error":{"message":"Invalid schema"}}' }).reason).toMatch(/: Invalid schema$/);
    expect(classifyError({ message: '{"detail":[1]}' }).reason).toMatch(/: \{"detail":\[1\]\}$/);
  });

  it("keeps a long message on one line of 300 characters", () => {
    const { reason } = classifyError({ message: `it\nbroke\n${"x".repeat(5_000)}` });
    expect(reason).toMatch(/^Codex reported an error: it broke x+…$/);
    expect(reason.length).toBe("Codex reported an error: ".length + 300);
  });
});
