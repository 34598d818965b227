import { AskCodexError } from "../../../src/core/errors.ts";
import type { TurnError } from "../../../src/core/event.ts";
import type { AnyVerdict } from "../../../src/core/exit-table.ts";
import type { Evidence, StopCause } from "../../../src/run/decide-verdict.ts";
import { initialTurnState, type TurnState } from "../../../src/run/turn-state.ts";

export const turn = (over: Partial<TurnState>): TurnState => ({ ...initialTurnState(), ...over });
export const completed = (lastMessage: string): TurnState => turn({ ended: { status: "completed" }, lastMessage });
export const failed = (error?: TurnError, over: Partial<TurnState> = {}): TurnState =>
  turn({ ended: { status: "failed", ...(error ? { error } : {}) }, ...over });
export const INTERRUPTED = turn({ ended: { status: "interrupted" } });
export const OPEN = turn({ turns: 1 });

export const DONE = "I did it.\n\nStatus: done";
export const PARTIAL = "Half of it.\n\nStatus: partial";
export const BLOCKED = "I can't reach the database.\n\nStatus: blocked";
export const QUESTION = "Which database should I use?\n\nStatus: question";

export const UNAUTHORIZED: TurnError = { message: "unexpected status 401 Unauthorized", httpStatus: 401 };
export const CUT: TurnError = { message: "stream disconnected before completion" };

export const stop = (verdict: StopCause["verdict"], reason = "why", hint?: string): StopCause => ({
  verdict,
  reason,
  ...(hint === undefined ? {} : { hint }),
});
export const gone = (kind: AnyVerdict, message = "gone", hint?: string) =>
  new AskCodexError(kind, message, hint === undefined ? {} : { hint });

/** What a run left as evidence: nothing against it, unless a row says so. */
export const evidence = (over: Partial<Evidence> & { turn: TurnState }): Evidence => ({
  stop: undefined,
  failure: undefined,
  schema: false,
  outOfScope: [],
  unaudited: undefined,
  checked: undefined,
  ...over,
});

export interface VerdictRow extends Partial<Omit<Evidence, "turn">> {
  row: string;
  turn: TurnState;
  verdict: AnyVerdict;
  /** What the decision must say: the whole of it, or a part. */
  says?: string | RegExp;
  hint?: RegExp;
}
