import { NO_RETRIES, ONE_RETRY, type Scenario } from "../scenario.ts";

const FATAL = { verdict: "fatal", exit: 3 } as const;
const FAILED = { verdict: "failed", exit: 1 } as const;
const OVER_IT = { verdict: "done", exit: 0 } as const;
const ANSWER = "Made it in the end.\n\nStatus: done";
const CUT_SHORT = { lab: { provider: NO_RETRIES }, ...FAILED, why: "the answer broke off and never came whole" };

/** What goes wrong in a stream that has begun, or in the line to the service: CODEX.md 2. */
export const STREAM: readonly Scenario[] = [
  { name: "cut-after-created", script: [{ cut: "created" }], ...CUT_SHORT },
  { name: "cut-in-text", script: [{ cut: "text" }], ...CUT_SHORT },
  {
    name: "cut-after-item",
    script: [{ cut: "item" }],
    ...CUT_SHORT,
    why: "a whole message came, but the turn was never ended: nobody knows whether more was to come",
  },
  {
    name: "cut-twice-then-ok",
    script: [{ say: ANSWER, before: [{ cut: "text" }, { cut: "text" }] }],
    ...OVER_IT,
    why: "the third answer came whole",
  },
  {
    name: "cut-after-command-then-ok",
    script: [{ run: "echo once >> count.txt" }, { say: ANSWER, before: [{ cut: "created" }] }],
    ...OVER_IT,
    why: "the command ran once, and the answer came at the second try",
  },
  {
    name: "cut-for-good-after-command",
    script: [{ run: "echo half > half.txt" }, { cut: "created" }],
    ...CUT_SHORT,
  },
  {
    name: "failed-server-error",
    script: [{ failed: { code: "server_error", message: "model blew up" } }],
    ...CUT_SHORT,
  },
  {
    name: "failed-server-error-then-ok",
    script: [{ say: ANSWER, before: [{ failed: { code: "server_error", message: "model blew up" } }] }],
    ...OVER_IT,
    why: "the second answer came whole",
  },
  {
    name: "failed-rate-limit",
    script: [
      { failed: { code: "rate_limit_exceeded", message: "Rate limit reached for gpt-5.5. Please try again in 0.1s." } },
    ],
    lab: { provider: ONE_RETRY },
    ...FATAL,
    why: "too many requests, after it waited as it was told",
  },
  {
    name: "failed-rate-limit-then-ok",
    script: [
      {
        say: ANSWER,
        before: [{ failed: { code: "rate_limit_exceeded", message: "Rate limit reached. Please try again in 0.2s." } }],
      },
    ],
    ...OVER_IT,
    why: "it waited as it was told and had its answer",
  },
  {
    name: "failed-context",
    script: [{ failed: { code: "context_length_exceeded", message: "too long" } }],
    ...FAILED,
    why: "the task is too big; a smaller one works",
  },
  {
    name: "failed-quota",
    script: [{ failed: { code: "insufficient_quota", message: "q" } }],
    ...FATAL,
    why: "the account has no money",
  },
  {
    name: "failed-invalid-prompt",
    script: [
      {
        failed: {
          code: "invalid_prompt",
          message: "Your prompt was flagged as potentially violating our usage policy.",
        },
      },
    ],
    lab: { provider: NO_RETRIES },
    ...FAILED,
    why: "this prompt was declined; another may not be",
  },
  {
    name: "failed-overloaded",
    script: [{ failed: { code: "server_is_overloaded", message: "The server is overloaded" } }],
    lab: { provider: NO_RETRIES },
    ...FATAL,
    why: "the model has no room now",
  },
  {
    name: "incomplete-max-output",
    script: [{ incomplete: "max_output_tokens" }],
    lab: { provider: NO_RETRIES },
    ...FAILED,
    why: "the answer was cut off by its length",
  },
  {
    name: "incomplete-content-filter",
    script: [{ incomplete: "content_filter" }],
    lab: { provider: NO_RETRIES },
    ...FAILED,
    why: "the answer was cut off by a filter",
  },
  {
    name: "silent-stream",
    script: [{ hang: true }],
    lab: { provider: "stream_idle_timeout_ms = 700\nstream_max_retries = 0" },
    ...FAILED,
    why: "Codex itself gave up on a stream without a byte",
  },
  {
    name: "silent-stream-then-ok",
    script: [{ say: ANSWER, before: [{ hang: true }] }],
    lab: { provider: "stream_idle_timeout_ms = 700\nstream_max_retries = 2" },
    ...OVER_IT,
    why: "the second stream came",
  },
  {
    name: "connection-refused",
    script: [],
    lab: { port: 1 },
    patience: 12,
    ...FATAL,
    why: "there is nobody at the other end; bare Codex would try for ever",
  },
  {
    name: "connection-refused-no-retries",
    script: [],
    lab: { port: 1, provider: NO_RETRIES },
    patience: 12,
    ...FATAL,
    why: "the retry keys change nothing for a connection that is refused (CODEX.md surprise 1)",
  },
  {
    name: "long-answer",
    script: [{ flood: { bytes: 300_000, chunk: 3_000 } }],
    ...OVER_IT,
    why: "much text is no fault",
  },
];
