import { describe, expect, it } from "vitest";
import type { TurnError } from "../../../src/core/event.ts";
import { decideVerdict } from "../../../src/run/decide-verdict.ts";
import type { TurnState } from "../../../src/run/turn-state.ts";
import {
  BLOCKED,
  CUT,
  completed,
  DONE,
  evidence,
  failed,
  gone,
  INTERRUPTED,
  OPEN,
  PARTIAL,
  QUESTION,
  stop,
  turn,
  UNAUTHORIZED,
  type VerdictRow,
} from "./sample-evidence.ts";

const ROWS: VerdictRow[] = [
  // What Codex says of its own turn.
  { row: "done", turn: completed(DONE), verdict: "done", says: "the turn completed" },
  { row: "no status line", turn: completed("I fixed it; the tests pass."), verdict: "done" },
  { row: "partial", turn: completed(PARTIAL), verdict: "failed", says: /partial/, hint: /--session/ },
  { row: "blocked", turn: completed(BLOCKED), verdict: "blocked", says: /blocked/, hint: /--session/ },
  { row: "question", turn: completed(QUESTION), verdict: "question", says: /asks/ },
  { row: "an empty answer", turn: completed(""), verdict: "failed", says: /without a message/ },
  { row: "an answer of blanks", turn: completed(" \n"), verdict: "failed", says: /without a message/ },
  // How the turn ended.
  { row: "a login", turn: failed(UNAUTHORIZED), verdict: "fatal", says: /401/, hint: /codex login/ },
  { row: "a cut", turn: failed(CUT), verdict: "failed", says: /stream disconnected/ },
  { row: "no reason", turn: failed(), verdict: "failed", says: /Codex gave no reason/ },
  { row: "no reason, but an error before", turn: failed(undefined, { lastError: UNAUTHORIZED }), verdict: "fatal" },
  { row: "its own reason, not the one before", turn: failed(CUT, { lastError: UNAUTHORIZED }), verdict: "failed" },
  {
    row: "busy in the middle, which is no refusal",
    turn: failed({ message: "x", code: "activeTurnNotSteerable" }),
    verdict: "failed",
  },
  { row: "interrupted by Codex itself", turn: INTERRUPTED, verdict: "cancelled", says: /interrupted/ },
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
    says: "Codex was killed by SIGKILL",
  },
  {
    row: "can't start",
    turn: OPEN,
    failure: gone("fatal", "no", "install it"),
    verdict: "fatal",
    says: "no",
    hint: /^install it$/,
  },
  { row: "lost", turn: OPEN, failure: gone("lost"), verdict: "lost" },
  { row: "an exit", turn: OPEN, failure: gone("failed", "Codex exited"), verdict: "failed", says: "Codex exited" },
  {
    row: "an exit after a fatal error",
    turn: turn({ lastError: UNAUTHORIZED }),
    failure: gone("failed"),
    verdict: "fatal",
    says: /401/,
  },
  {
    row: "an exit after an error that passes",
    turn: turn({ lastError: CUT }),
    failure: gone("failed", "Codex exited"),
    verdict: "failed",
    says: "Codex exited",
  },
  {
    row: "a kill after a fatal error is still a kill",
    turn: turn({ lastError: UNAUTHORIZED }),
    failure: gone("killed"),
    verdict: "killed",
  },
  { row: "an exit of another kind", turn: OPEN, failure: gone("timeout", "odd"), verdict: "failed", says: "odd" },
  { row: "a kill after the turn was done", turn: completed(DONE), failure: gone("killed"), verdict: "killed" },
  { row: "an exit after a question", turn: completed(QUESTION), failure: gone("failed"), verdict: "question" },
  // Nothing was started.
  {
    row: "refused",
    turn: OPEN,
    failure: gone("refused", "the session is busy", "wait"),
    verdict: "refused",
    says: "the session is busy",
    hint: /^wait$/,
  },
  { row: "bad input", turn: OPEN, failure: gone("usage", "bad"), verdict: "usage", says: "bad" },
  // We ended it: what follows is our doing.
  { row: "cancelled", turn: OPEN, stop: stop("cancelled", "Ctrl-C"), verdict: "cancelled", says: "Ctrl-C" },
  {
    row: "out of time",
    turn: OPEN,
    stop: stop("timeout", "long", "split"),
    verdict: "timeout",
    says: "long",
    hint: /^split$/,
  },
  { row: "given up on", turn: OPEN, stop: stop("fatal"), verdict: "fatal" },
  { row: "a full disk", turn: OPEN, stop: stop("failed", "no space"), verdict: "failed", says: "no space" },
  {
    row: "cancelled, and killed by it",
    turn: OPEN,
    stop: stop("cancelled"),
    failure: gone("killed"),
    verdict: "cancelled",
    says: "why",
  },
  {
    row: "out of time, and interrupted by it",
    turn: INTERRUPTED,
    stop: stop("timeout"),
    verdict: "timeout",
    says: "why",
  },
  {
    row: "out of time, and failed by it",
    turn: failed(UNAUTHORIZED),
    stop: stop("timeout"),
    verdict: "timeout",
    says: "why",
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
    says: "no space",
  },
];

describe("the verdict", () => {
  it.each(ROWS)("$row: $verdict", ({ row: _, verdict, says, hint, ...found }) => {
    const decided = decideVerdict(evidence(found));
    expect(decided.verdict).toBe(verdict);
    expect(decided.reason).not.toBe("");
    if (typeof says === "string") expect(decided.reason).toBe(says);
    else if (says) expect(decided.reason).toMatch(says);
    if (hint) expect(decided.hint).toMatch(hint);
  });
});

const decide = (state: TurnState) => decideVerdict(evidence({ turn: state }));

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
