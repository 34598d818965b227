import type { CheckOutcome, CheckPhase } from "./verification.ts";

/** Longest piece of a command's output that an event carries: its end, where the result is. */
export const OUTPUT_TAIL_CHARS = 4_000;

/**
 * Everything an engine can say about a turn: one closed union, so that the reducer, the record and the printer
 * are checked by the compiler when a member is added. Texts are whole, never deltas.
 */
export type RunEvent =
  /** The thread exists; its id is what `--session` continues. */
  | { type: "thread"; threadId: string; model?: string; effort?: string; profile?: string }
  | { type: "turn"; turnId: string }
  /** A whole message of the model; the last one of a turn is its answer. */
  | { type: "message"; text: string }
  /** The beginning of a message that still streams, once each. */
  | { type: "writing"; head: string }
  /** Codex died in the middle of the turn and was started again in the same thread. */
  | { type: "restarted"; reason: string }
  /** Codex has given a message that was sent into the turn to the model. */
  | { type: "steered"; messageId: string }
  | { type: "reasoning"; text: string }
  | { type: "command_started"; id: string; command: string }
  | { type: "command_ended"; id: string; command: string; exitCode: number | null; durationMs?: number; output: string }
  | { type: "edit"; id: string; ok: boolean; files: { path: string; kind: string }[] }
  | { type: "tool"; id: string; name: string; phase: "started" | "ended"; ok?: boolean }
  /** The model called `ask_caller`; the turn waits for `Turn.answer(callId, …)`. */
  | { type: "question"; callId: string; question: string; options: string[] }
  | { type: "answered"; callId: string }
  /** Token totals of the whole thread, as Codex counts; `last` is the latest request alone where the engine tells it. */
  | { type: "usage"; total: Tokens; last?: Tokens }
  | ({ type: "limits"; secondary?: LimitWindow | null } & LimitWindow)
  /** Codex lost something and tries again by itself. */
  | { type: "retry"; message: string; error: TurnError }
  | { type: "warning"; message: string }
  /** About Codex's set-up rather than this turn: recorded, not reported. */
  | { type: "notice"; message: string }
  /** A check that our own process runs, before the turn (`base`) or after it. */
  | { type: "check_started"; phase: CheckPhase; index: number; count: number; command: string }
  | {
      type: "check_ended";
      phase: CheckPhase;
      index: number;
      count: number;
      command: string;
      outcome: CheckOutcome;
      exit_code: number | null;
      elapsed_ms: number;
    }
  /** A request of Codex's that we answered by policy (approval, elicitation, …), never with more power. */
  | { type: "refused"; method: string; reply: string }
  /** A queued run waits: for its place among the background runs, or for a time (ISO). */
  | { type: "waiting"; for: "slot" | "quota"; ahead: number | null; until: string | null }
  /** The turn failed, and another one begins in the same session with what failed. */
  | { type: "review_started"; verdict: string; reason: string }
  /** Something moved that has no row of its own; feeds the idle clock and is not recorded. */
  | { type: "activity" }
  | { type: "turn_ended"; status: "completed" | "failed" | "interrupted"; error?: TurnError; message?: string };

/** One window of the account's quota; seconds since the epoch, null where Codex does not say. */
export interface LimitWindow {
  usedPercent: number | null;
  resetsAt: number | null;
  windowMinutes: number | null;
}

export interface Tokens {
  input: number;
  cached: number;
  output: number;
}

/** Codex's own error, typed first: `code` is codexErrorInfo's tag, `httpStatus` where it carries one. */
export interface TurnError {
  message: string;
  code?: string;
  httpStatus?: number;
  details?: string;
}
