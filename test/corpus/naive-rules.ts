import type { Recording } from "./recording.ts";

/** All that a rule of a wrapper around `codex exec` says of a run. */
export type Guess = "success" | "failure";

export interface NaiveRule {
  name: string;
  /** Where such a rule is used. */
  seen: string;
  guess: (bare: Recording["bare"]) => Guess;
}

const FAILURE_WORDS = /\b(?:error|failed|exception|traceback|panic|fatal|denied|not found)\b/i;
const SUCCESS_WORDS = /tokens used|\btask (?:completed|finished)\b/i;
const STRONG_WORDS =
  /^(?:ERROR|error|fatal|panic)[: ]|Traceback \(most recent call last\)|stream disconnected|usage limit/m;
const TAIL_LINES = 30;

const tailOf = (log: string): string => log.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
const orFailure = (success: boolean): Guess => (success ? "success" : "failure");

/** How the known wrappers tell success from failure: by the exit code, or by words of the log. They know no third end. */
export const NAIVE_RULES: readonly NaiveRule[] = [
  {
    name: "exit code",
    seen: "most wrappers: success is exit 0 of `codex exec`",
    guess: ({ exit }) => orFailure(exit === 0),
  },
  {
    name: "failure words",
    seen: "a fire-and-forget wrapper's smart detection: a failure is a word like error anywhere in the log, else the exit code",
    guess: ({ exit, log }) => orFailure(exit === 0 && !FAILURE_WORDS.test(log)),
  },
  {
    name: "success words first",
    seen: "the same with its remedy: `tokens used` is success, then failure words, then the exit code",
    guess: ({ exit, log }) => orFailure(SUCCESS_WORDS.test(log) || (exit === 0 && !FAILURE_WORDS.test(log))),
  },
  {
    name: "tail of the log",
    seen: "a dispatcher's watchdog: failure words in the last 30 lines, else success",
    guess: ({ log }) => orFailure(!FAILURE_WORDS.test(tailOf(log))),
  },
  {
    name: "strong words",
    seen: "the same, more careful: lines that begin with an error word, else the exit code",
    guess: ({ exit, log }) => orFailure(exit === 0 && !STRONG_WORDS.test(log)),
  },
];
