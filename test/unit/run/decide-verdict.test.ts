import { describe, expect, it } from "vitest";
import { AskCodexError } from "../../../src/core/errors.ts";
import type { TurnError } from "../../../src/core/event.ts";
import type { AnyVerdict } from "../../../src/core/exit-table.ts";
import { decideVerdict, type Evidence, type StopCause } from "../../../src/run/decide-verdict.ts";
import { initialTurnState, type TurnState } from "../../../src/run/turn-state.ts";

const turn = (over: Partial<TurnState>): TurnState => ({ ...initialTurnState(), ...over });
const completed = (lastMessage: string): TurnState => turn({ ended: { status: "completed" }, lastMessage });
const failed = (error?: TurnError, over: Partial<TurnState> = {}): TurnState =>
  turn({ ended: { status: "failed", ...(error ? { error } : {}) }, ...over });
const INTERRUPTED = turn({ ended: { status: "interrupted" } });
const OPEN = turn({ turns: 1 });

const DONE = "I did it.\n\nStatus: done";
const PARTIAL = "Half of it.\n\nStatus: partial";
const BLOCKED = "I can't reach the database.\n\nStatus: blocked";
const QUESTION = "Which database should I use?\n\nStatus: question";

const stop = (verdict: StopCause["verdict"], reason = "why", hint?: string): StopCause => ({
  verdict,
  reason,
  ...(hint === undefined ? {} : { hint }),
});
const gone = (kind: AnyVerdict, message = "gone", hint?: string) =>
  new AskCodexError(kind, message, hint === undefined ? {} : { hint });
const GOOD = { ok: true, detail: "the answer satisfies the schema" };
const BAD = { ok: false, detail: "/a must be string" };

const UNAUTHORIZED: TurnError = { message: "unexpected status 401 Unauthorized", httpStatus: 401 };
const CUT: TurnError = { message: "stream disconnected before completion" };

interface Row {
  row: string;
  turn: TurnState;
  stop?: StopCause;
  failure?: AskCodexError;
  schema?: { ok: boolean; detail: string };
  verdict: AnyVerdict;
  reason?: string | RegExp;
  hint?: RegExp;
}

const ROWS: Row[] = [
  // What Codex says of its own turn.
  { row: "done", turn: completed(DONE), verdict: "done", reason: "the turn completed" },
  { row: "no status line", turn: completed("I fixed it; the tests pass."), verdict: "done" },
  { row: "partial", turn: completed(PARTIAL), verdict: "failed", reason: /partial/, hint: /--session/ },
  { row: "blocked", turn: completed(BLOCKED), verdict: "blocked", reason: /blocked/, hint: /--session/ },
  { row: "question", turn: completed(QUESTION), verdict: "question", reason: /asks/ },
  { row: "an empty answer", turn: completed(""), verdict: "failed", reason: /without a message/ },
  { row: "an answer of blanks", turn: completed(" \n"), verdict: "failed", reason: /without a message/ },
  // The schema decides where there is one.
  { row: "a good answer", turn: completed('{"a":"b"}'), schema: GOOD, verdict: "done" },
  {
    row: "a bad answer",
    turn: completed('{"a":1}'),
    schema: BAD,
    verdict: "unverified",
    reason: "the answer breaks the schema: /a must be string",
    hint: /repair/,
  },
  {
    row: "a good answer with a status in it",
    turn: completed('{"x":"Status: blocked"}'),
    schema: GOOD,
    verdict: "done",
  },
  { row: "a bad answer that asks", turn: completed(QUESTION), schema: BAD, verdict: "unverified" },
  { row: "a schema without a completed turn", turn: failed(CUT), schema: BAD, verdict: "failed" },
  // How the turn ended.
  { row: "a login", turn: failed(UNAUTHORIZED), verdict: "fatal", reason: /401/, hint: /codex login/ },
  { row: "a cut", turn: failed(CUT), verdict: "failed", reason: /stream disconnected/ },
  { row: "no reason", turn: failed(), verdict: "failed", reason: /Codex gave no reason/ },
  { row: "no reason, but an error before", turn: failed(undefined, { lastError: UNAUTHORIZED }), verdict: "fatal" },
  { row: "its own reason, not the one before", turn: failed(CUT, { lastError: UNAUTHORIZED }), verdict: "failed" },
  {
    row: "busy in the middle, which is no refusal",
    turn: failed({ message: "x", code: "activeTurnNotSteerable" }),
    verdict: "failed",
  },
  { row: "interrupted by Codex itself", turn: INTERRUPTED, verdict: "cancelled", reason: /interrupted/ },
  { row: "failed, with an answer that says done", turn: failed(CUT, { lastMessage: DONE }), verdict: "failed" },
  {
    row: "interrupted, with an answer that says done",
    turn: turn({ ended: { status: "interrupted" }, lastMessage: DONE }),
    verdict: "cancelled",
  },
  // Codex went away.
  {
    row: "killed",
    turn: OPEN,
    failure: gone("killed", "Codex was killed by SIGKILL"),
    verdict: "killed",
    reason: "Codex was killed by SIGKILL",
  },
  {
    row: "can't start",
    turn: OPEN,
    failure: gone("fatal", "no", "install it"),
    verdict: "fatal",
    reason: "no",
    hint: /^install it$/,
  },
  { row: "lost", turn: OPEN, failure: gone("lost"), verdict: "lost" },
  { row: "an exit", turn: OPEN, failure: gone("failed", "Codex exited"), verdict: "failed", reason: "Codex exited" },
  {
    row: "an exit after a fatal error",
    turn: turn({ lastError: UNAUTHORIZED }),
    failure: gone("failed"),
    verdict: "fatal",
    reason: /401/,
  },
  {
    row: "an exit after an error that passes",
    turn: turn({ lastError: CUT }),
    failure: gone("failed", "Codex exited"),
    verdict: "failed",
    reason: "Codex exited",
  },
  {
    row: "a kill after a fatal error is still a kill",
    turn: turn({ lastError: UNAUTHORIZED }),
    failure: gone("killed"),
    verdict: "killed",
  },
  { row: "an exit of another kind", turn: OPEN, failure: gone("timeout", "odd"), verdict: "failed", reason: "odd" },
  { row: "a kill after the turn was done", turn: completed(DONE), failure: gone("killed"), verdict: "killed" },
  { row: "an exit after a question", turn: completed(QUESTION), failure: gone("failed"), verdict: "question" },
  // Nothing was started.
  {
    row: "refused",
    turn: OPEN,
    failure: gone("refused", "the session is busy", "wait"),
    verdict: "refused",
    reason: "the session is busy",
    hint: /^wait$/,
  },
  { row: "bad input", turn: OPEN, failure: gone("usage", "bad"), verdict: "usage", reason: "bad" },
  // We ended it: what follows is our doing.
  { row: "cancelled", turn: OPEN, stop: stop("cancelled", "Ctrl-C"), verdict: "cancelled", reason: "Ctrl-C" },
  {
    row: "out of time",
    turn: OPEN,
    stop: stop("timeout", "long", "split"),
    verdict: "timeout",
    reason: "long",
    hint: /^split$/,
  },
  { row: "given up on", turn: OPEN, stop: stop("fatal"), verdict: "fatal" },
  { row: "a full disk", turn: OPEN, stop: stop("failed", "no space"), verdict: "failed", reason: "no space" },
  {
    row: "cancelled, and killed by it",
    turn: OPEN,
    stop: stop("cancelled"),
    failure: gone("killed"),
    verdict: "cancelled",
    reason: "why",
  },
  {
    row: "out of time, and interrupted by it",
    turn: INTERRUPTED,
    stop: stop("timeout"),
    verdict: "timeout",
    reason: "why",
  },
  {
    row: "out of time, and failed by it",
    turn: failed(UNAUTHORIZED),
    stop: stop("timeout"),
    verdict: "timeout",
    reason: "why",
  },
  {
    row: "a full disk, and killed by it",
    turn: OPEN,
    stop: stop("failed"),
    failure: gone("killed"),
    verdict: "failed",
  },
  // Several hold: the first of the exit table.
  { row: "cancelled at the moment it was done", turn: completed(DONE), stop: stop("cancelled"), verdict: "cancelled" },
  { row: "out of time with a question", turn: completed(QUESTION), stop: stop("timeout"), verdict: "timeout" },
  { row: "a full disk with a question", turn: completed(QUESTION), stop: stop("failed"), verdict: "question" },
  {
    row: "a full disk with partial work",
    turn: completed(PARTIAL),
    stop: stop("failed", "no space"),
    verdict: "failed",
    reason: "no space",
  },
  {
    row: "out of time with a bad answer",
    turn: completed("{}"),
    stop: stop("timeout"),
    schema: BAD,
    verdict: "timeout",
  },
  { row: "an exit with a bad answer", turn: completed("{}"), failure: gone("failed"), schema: BAD, verdict: "failed" },
];

describe("the verdict", () => {
  it.each(ROWS)("$row: $verdict", (row) => {
    const evidence: Evidence = { turn: row.turn, stop: row.stop, failure: row.failure, schema: row.schema };
    const decided = decideVerdict(evidence);
    expect(decided.verdict).toBe(row.verdict);
    expect(decided.reason).not.toBe("");
    if (typeof row.reason === "string") expect(decided.reason).toBe(row.reason);
    else if (row.reason) expect(decided.reason).toMatch(row.reason);
    if (row.hint) expect(decided.hint).toMatch(row.hint);
  });
});

const decide = (state: TurnState) =>
  decideVerdict({ turn: state, stop: undefined, failure: undefined, schema: undefined });

describe("what comes with it", () => {
  it("is the question", () => {
    expect(decide(completed(QUESTION)).question).toBe("Which database should I use?");
    expect(decide(completed(DONE)).question).toBeUndefined();
  });

  it("is when a usage limit ends, where Codex told", () => {
    const usageLimit = { usedPercent: 100, resetsAt: 1_800_000_000 };
    const limit: TurnError = { message: "You’ve hit your usage limit.", code: "usageLimitExceeded" };
    expect(decide(failed(limit, { usageLimit })).reason).toMatch(/It resets at 2027-01-15T08:00:00\.000Z\.$/);
    expect(decide(failed(limit)).reason).not.toMatch(/resets at/);
    expect(decide(failed(CUT, { usageLimit })).reason).not.toMatch(/resets at/);
  });
});
