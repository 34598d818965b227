import type { AskCodexError } from "../core/errors.ts";
import type { AnyVerdict } from "../core/exit-table.ts";
import type { ChangedFile } from "../core/record.ts";
import { classifyError, type ErrorClass } from "./classify-error.ts";
import { commandWarnings } from "./command-warnings.ts";
import { readReport } from "./read-report.ts";
import type { TurnState } from "./turn-state.ts";
import { type Reading, VERDICT_TABLE } from "./verdict-table.ts";

/** Why we ended a turn ourselves. The first cause counts; what follows from it is not a cause. */
export interface StopCause {
  verdict: "cancelled" | "timeout" | "fatal" | "failed" | "lost";
  reason: string;
  hint?: string;
}

/** What of a turn decides: its end, its last words, its last error, how its commands ended. Nothing that was printed in it. */
export type TurnEvidence = Pick<
  TurnState,
  "ended" | "lastMessage" | "lastError" | "usageLimit" | "failedCommands" | "lastCommand"
>;

export interface Evidence {
  turn: TurnEvidence;
  stop: StopCause | undefined;
  /** Codex went away, could not start, or refused. */
  failure: Pick<AskCodexError, "kind" | "message" | "hint"> | undefined;
  /** Whether the answer is JSON for a schema: then it carries no Status line. */
  schema: boolean;
  /** What the run changed and may not. */
  outOfScope: readonly ChangedFile[];
  /** Why nobody can say whether the write scope was kept. */
  unaudited: string | undefined;
  /** What our own run of the checks and of the schema says; undefined when nothing was checked. */
  checked: { ok: boolean; reason: string } | undefined;
}

export interface Decision {
  verdict: AnyVerdict;
  reason: string;
  hint: string | undefined;
  question: string | undefined;
  /** What does not change the verdict and must be known to weigh it. */
  warnings: string[];
}

/** The verdict of a run from its evidence: the first row of the table that holds. Pure. */
export function decideVerdict(evidence: Evidence): Decision {
  const seen = read(evidence);
  const row = VERDICT_TABLE.find(({ when }) => when(seen));
  if (row === undefined) throw new Error("the last row of the verdict table holds always");
  return {
    verdict: row.verdict,
    reason: typeof row.reason === "function" ? row.reason(seen) : row.reason,
    hint: typeof row.hint === "function" ? row.hint(seen) : row.hint,
    question: row.question?.(seen),
    warnings: row.verdict === "done" && evidence.checked === undefined ? commandWarnings(evidence.turn) : [],
  };
}

function read(evidence: Evidence): Reading {
  const { turn, schema } = evidence;
  const end = endOf(evidence);
  const completed = turn.ended?.status === "completed";
  return {
    ...evidence,
    end,
    error: errorOf(evidence, end),
    report: completed && !schema ? readReport(turn.lastMessage) : undefined,
  };
}

function endOf({ turn, stop, failure }: Evidence): Reading["end"] {
  if (stop) return "stopped";
  if (failure) return "gone";
  return turn.ended?.status ?? "open";
}

function errorOf({ turn, failure }: Evidence, end: Reading["end"]): ErrorClass | undefined {
  if (end === "failed")
    return classifyError(turn.ended?.error ?? turn.lastError ?? { message: "Codex gave no reason" });
  // exec says what was wrong in its events and then just exits; a kill says nothing of what came before it.
  const spoke = end === "gone" && failure?.kind !== "killed" && failure?.kind !== "lost" && !turn.ended;
  return spoke && turn.lastError ? classifyError(turn.lastError) : undefined;
}
