import type { AskCodexError } from "../core/errors.ts";
import type { AnyVerdict } from "../core/exit-table.ts";
import type { ChangedFile } from "../core/record.ts";
import type { ErrorClass } from "./classify-error.ts";
import type { Evidence, StopCause } from "./decide-verdict.ts";
import type { Report } from "./read-report.ts";

/** The evidence, read: how the turn came to its end, what its error means, and what Codex says of it. */
export interface Reading extends Evidence {
  /**
   * `stopped` by us: what went wrong after that is our doing. `gone`: Codex went away, could not start, or refused.
   * The others are Codex's own words for its turn, and `open` that it never said one.
   */
  end: "stopped" | "gone" | "interrupted" | "failed" | "open" | "completed";
  /** What the error means that ended the turn, or that exec's Codex spoke of before it went away. */
  error: ErrorClass | undefined;
  /** Codex's own report; undefined where there is none to believe: no completed turn, or an answer that is JSON. */
  report: Report | undefined;
}

type Says<Value> = Value | ((seen: Reading) => Value);

export interface VerdictRow {
  verdict: AnyVerdict;
  when: (seen: Reading) => boolean;
  reason: Says<string>;
  hint?: Says<string | undefined>;
  question?: (seen: Reading) => string | undefined;
}

const stoppedAs =
  (...verdicts: StopCause["verdict"][]) =>
  ({ end, stop }: Reading): boolean =>
    end === "stopped" && stop !== undefined && verdicts.includes(stop.verdict);
const goneAs =
  (...kinds: AskCodexError["kind"][]) =>
  ({ end, failure }: Reading): boolean =>
    end === "gone" && failure !== undefined && kinds.includes(failure.kind);

/** What we said when we stopped it, and what Codex's end said. */
const OUR_WORDS = { reason: ({ stop }: Reading) => stop?.reason ?? "", hint: ({ stop }: Reading) => stop?.hint };
const ITS_WORDS = {
  reason: ({ failure }: Reading) => failure?.message ?? "",
  hint: ({ failure }: Reading) => failure?.hint,
};
const ITS_ERROR = {
  reason: (seen: Reading) => `${seen.error?.reason ?? "Codex gave no reason"}${resetText(seen)}`,
  hint: ({ error }: Reading) => error?.hint,
};

/**
 * How a run ends, in the order of the exit table: the first row that holds is the verdict. A row looks at typed
 * evidence and at what we saw ourselves; what commands, shells, warnings and MCP servers print is in none of them.
 */
export const VERDICT_TABLE: readonly VerdictRow[] = [
  // Nothing was started.
  { verdict: "usage", when: ({ failure }) => failure?.kind === "usage", ...ITS_WORDS },
  { verdict: "refused", when: ({ failure }) => failure?.kind === "refused", ...ITS_WORDS },
  // It ended otherwise than by Codex's own end of the turn.
  { verdict: "cancelled", when: stoppedAs("cancelled"), ...OUR_WORDS },
  { verdict: "cancelled", when: ({ end }) => end === "interrupted", reason: "the turn was interrupted" },
  { verdict: "killed", when: goneAs("killed"), ...ITS_WORDS },
  { verdict: "lost", when: stoppedAs("lost"), ...OUR_WORDS },
  { verdict: "lost", when: goneAs("lost"), ...ITS_WORDS },
  { verdict: "fatal", when: stoppedAs("fatal"), ...OUR_WORDS },
  { verdict: "fatal", when: goneAs("fatal"), ...ITS_WORDS },
  { verdict: "fatal", when: ({ error }) => error?.verdict === "fatal", ...ITS_ERROR },
  { verdict: "timeout", when: stoppedAs("timeout"), ...OUR_WORDS },
  // What it left behind.
  {
    verdict: "violation",
    when: ({ outOfScope }) => outOfScope.length > 0,
    reason: ({ outOfScope }) => `it changed what it may not: ${named(outOfScope)}`,
    hint: "show the user; codex_runs undo with the run's id and --out-of-scope takes exactly that back",
  },
  {
    verdict: "question",
    when: ({ report }) => report?.status === "question",
    reason: "Codex asks something",
    question: ({ report }) => report?.question || undefined,
  },
  {
    verdict: "blocked",
    when: ({ report }) => report?.status === "blocked",
    reason: "Codex says that it is blocked",
    hint: "clear the way, then continue with --session",
  },
  { verdict: "failed", when: stoppedAs("failed"), ...OUR_WORDS },
  { verdict: "failed", when: ({ end }) => end === "gone", ...ITS_WORDS },
  { verdict: "failed", when: ({ end }) => end === "failed", ...ITS_ERROR },
  { verdict: "failed", when: ({ end }) => end === "open", reason: "the turn never ended" },
  {
    verdict: "failed",
    when: ({ turn, unaudited }) => turn.ended?.status === "completed" && unaudited !== undefined,
    reason: ({ unaudited }) => `nobody can tell whether the write scope was kept: ${unaudited}`,
    hint: "look at the work tree yourself before you go on",
  },
  {
    verdict: "failed",
    when: ({ report }) => report?.status === "partial",
    reason: "Codex says that the work is partial",
    hint: "split the rest off, or continue with --session",
  },
  {
    verdict: "failed",
    when: ({ report }) => report?.status === "empty",
    reason: "Codex ended the turn without a message",
    hint: "ask for the result with --session",
  },
  {
    verdict: "unverified",
    when: ({ turn, checked }) => turn.ended?.status === "completed" && checked?.ok === false,
    reason: ({ checked }) => checked?.reason ?? "",
    hint: "ask for a repair with --session",
  },
  { verdict: "done", when: () => true, reason: "the turn completed" },
];

function resetText({ error, turn }: Reading): string {
  const resetsAt = turn.usageLimit?.resetsAt;
  if (error?.kind !== "usage_limit" || !resetsAt) return "";
  return ` It resets at ${new Date(resetsAt * 1000).toISOString()}.`;
}

const NAMED = 3;

function named(files: readonly ChangedFile[]): string {
  const paths = files.slice(0, NAMED).map(({ path }) => path);
  return `${paths.join(", ")}${files.length > NAMED ? ` and ${files.length - NAMED} more` : ""}`;
}
