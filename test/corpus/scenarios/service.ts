import { NO_RETRIES, ONE_RETRY, type Scenario } from "../scenario.ts";

/** 2027-01-15T08:00:00Z */
const RESET = 1_800_000_000;
const limitHeaders = (used: number): Record<string, string> => ({
  "x-codex-primary-used-percent": String(used),
  "x-codex-primary-window-minutes": "300",
  "x-codex-primary-reset-at": String(RESET),
});

const FATAL = { verdict: "fatal", exit: 3 } as const;
const FAILED = { verdict: "failed", exit: 1 } as const;
const OVER_IT = { verdict: "done", exit: 0 } as const;
const ANSWER = "Made it in the end.\n\nStatus: done";

/** What the service answers instead of a stream: CODEX.md 2, the rows with an HTTP status. */
export const SERVICE: readonly Scenario[] = [
  {
    name: "http-401",
    script: [{ status: 401 }],
    lab: { provider: NO_RETRIES },
    ...FATAL,
    why: "nobody is logged in: no run can work",
  },
  {
    name: "http-401-with-all-retries",
    script: [{ status: 401, body: { error: { message: "Incorrect API key provided", code: "invalid_api_key" } } }],
    ...FATAL,
    why: "a wrong key stays wrong, however often Codex asks",
  },
  {
    name: "http-402",
    script: [{ status: 402 }],
    lab: { provider: NO_RETRIES },
    ...FATAL,
    why: "the account has to pay first",
  },
  {
    name: "http-403",
    script: [{ status: 403 }],
    lab: { provider: NO_RETRIES },
    ...FATAL,
    why: "the account may not use it",
  },
  {
    name: "http-404-model",
    script: [
      { status: 404, body: { error: { message: "The model `gpt-9` does not exist", code: "model_not_found" } } },
    ],
    ...FATAL,
    why: "an unknown model stays unknown",
  },
  {
    name: "http-404-page",
    script: [{ status: 404, body: "<html>no such page</html>" }],
    ...FATAL,
    why: "base_url leads nowhere",
  },
  {
    name: "http-400-detail",
    script: [{ status: 400, body: { detail: "Unsupported parameter: verbosity" } }],
    ...FAILED,
    why: "this request was bad; another may be good",
  },
  {
    name: "http-400-model-not-supported",
    script: [
      { status: 400, body: { detail: "The 'gpt-9' model is not supported when using Codex with a ChatGPT account." } },
    ],
    ...FATAL,
    why: "the account has no such model, whatever the task is",
  },
  {
    name: "http-400-invalid-schema",
    script: [
      {
        status: 400,
        body: {
          error: { message: "Invalid schema for response_format 'codex_output_schema'", type: "invalid_request_error" },
        },
      },
    ],
    ...FAILED,
    why: "the request was bad, the service is not",
  },
  {
    name: "http-400-context",
    script: [
      {
        status: 400,
        body: {
          error: { message: "This model's maximum context length is 272000 tokens", code: "context_length_exceeded" },
        },
      },
    ],
    ...FAILED,
    why: "the task is too big; a smaller one works",
  },
  {
    name: "http-413",
    script: [{ status: 413 }],
    lab: { provider: NO_RETRIES },
    ...FAILED,
    why: "the task is too big; a smaller one works",
  },
  { name: "http-429-bare", script: [{ status: 429 }], ...FATAL, why: "too many requests: a retry makes it worse" },
  {
    name: "http-429-retry-after",
    script: [{ status: 429, headers: { "retry-after": "1" } }],
    lab: { provider: ONE_RETRY },
    ...FATAL,
    why: "Codex waited as it was told and was still refused",
  },
  {
    name: "http-429-retry-after-then-ok",
    script: [{ say: ANSWER, before: [{ status: 429, headers: { "retry-after": "1" } }] }],
    ...OVER_IT,
    why: "Codex waited once and then had its answer",
  },
  {
    name: "http-429-insufficient-quota",
    script: [
      { status: 429, body: { error: { type: "insufficient_quota", code: "insufficient_quota", message: "q" } } },
    ],
    ...FATAL,
    why: "the account has no money",
  },
  {
    name: "usage-limit-with-reset",
    script: [
      {
        status: 429,
        body: { error: { type: "usage_limit_reached", message: "limit", resets_at: RESET, plan_type: "plus" } },
        headers: limitHeaders(100),
      },
    ],
    ...FATAL,
    why: "nothing works before the reset",
  },
  {
    name: "usage-limit-without-reset",
    script: [{ status: 429, body: { error: { type: "usage_limit_reached", message: "limit", plan_type: "plus" } } }],
    ...FATAL,
    why: "nothing works, and nobody says until when",
  },
  {
    name: "usage-limit-in-mid-run",
    script: [
      { run: "echo half > half.txt" },
      {
        status: 429,
        body: { error: { type: "usage_limit_reached", message: "limit", resets_at: RESET, plan_type: "plus" } },
      },
    ],
    ...FATAL,
    why: "half of the work is there, and the other half can't be done now",
  },
  {
    name: "nearly-used-up",
    script: [{ say: "Done with it.\n\nStatus: done", headers: limitHeaders(97) }],
    ...OVER_IT,
    why: "97 % used is not 100 %: the turn completed",
  },
  {
    name: "http-500",
    script: [{ status: 500 }],
    lab: { provider: NO_RETRIES },
    ...FATAL,
    why: "the service has a fault, not the task",
  },
  {
    name: "http-500-twice-then-ok",
    script: [{ say: ANSWER, before: [{ status: 500 }, { status: 500 }] }],
    ...OVER_IT,
    why: "Codex got over it without a word",
  },
  {
    name: "http-502",
    script: [{ status: 502, body: "<html>Bad Gateway</html>" }],
    lab: { provider: NO_RETRIES },
    ...FATAL,
    why: "a gateway before the service has a fault",
  },
  {
    name: "http-503-overloaded",
    script: [{ status: 503, body: { error: { code: "server_is_overloaded", message: "x" } } }],
    lab: { provider: NO_RETRIES },
    ...FATAL,
    why: "the model has no room now",
  },
  {
    name: "http-503-bare",
    script: [{ status: 503 }],
    lab: { provider: NO_RETRIES },
    ...FATAL,
    why: "the service is down",
  },
  {
    name: "http-504",
    script: [{ status: 504 }],
    lab: { provider: NO_RETRIES },
    ...FATAL,
    why: "the service does not answer in time",
  },
  {
    name: "http-500-in-mid-run",
    script: [{ run: "echo half > half.txt" }, { status: 500 }],
    lab: { provider: NO_RETRIES },
    ...FATAL,
    why: "the service fell over in the middle of the work",
  },
  {
    name: "http-401-once-then-ok",
    script: [{ say: ANSWER, before: [{ status: 401 }] }],
    ...OVER_IT,
    why: "one rejection may be an expired token; the second try was let in",
  },
  {
    name: "http-401-in-mid-run",
    script: [{ run: "echo half > half.txt" }, { status: 401 }],
    lab: { provider: NO_RETRIES },
    ...FATAL,
    why: "the login ended in the middle of the work",
  },
  {
    name: "http-403-page",
    script: [{ status: 403, body: "<html><title>Access blocked by Cloudflare</title></html>" }],
    lab: { provider: NO_RETRIES },
    ...FATAL,
    why: "something between here and the service does not let us through",
  },
  {
    name: "http-422",
    script: [{ status: 422, body: { detail: "reasoning.effort: unknown value" } }],
    lab: { provider: NO_RETRIES },
    ...FAILED,
    why: "this request was bad; another may be good",
  },
];
