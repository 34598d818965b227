import { describe, expect, it } from "vitest";
import type { AnyVerdict } from "../../../src/core/exit-table.ts";
import { decideVerdict, type Evidence } from "../../../src/run/decide-verdict.ts";
import { firstEnd, shortfallOf } from "../../../src/run/plan-review.ts";
import type { TurnState } from "../../../src/run/turn-state.ts";
import { verificationFinding } from "../../../src/run/verification-finding.ts";
import { addRound, emptyVerification, withSchema } from "../../../src/run/verification-record.ts";
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
} from "./sample-evidence.ts";
import { check, round } from "./sample-round.ts";

const KEY = "sk-ant-api03-Zx9Qw8Er7Ty6Ui5Op4As3Df2";
const none = emptyVerification();
const rounds = (...checks: Parameters<typeof check>[]) =>
  addRound(none, round({ checks: checks.map((one) => check(...one)) }));
const RED = rounds(["npm test", "failed", { output_tail: `1 failing, ${KEY}\n` }], ["npm run lint", "passed"]);
const GREEN = rounds(["npm test", "passed"]);
const NO_SANDBOX = rounds(["npm test", "not_started", { reason: "bwrap: no" }]);
const MISSING = addRound(
  none,
  round({
    status: "failed",
    expect_files: [
      { path: "a", exists: true },
      { path: "b", exists: false },
    ],
  }),
);
const BROKEN = withSchema(none, { ok: false, detail: "/n must be integer" });
const USAGE_LIMIT = { message: "limit", code: "usageLimitExceeded" };

interface Row extends Partial<Omit<Evidence, "turn" | "checked">> {
  row: string;
  turn: TurnState;
  verdict: AnyVerdict;
  verification?: typeof none;
  /** Whether it gets a second turn. */
  again: boolean;
}

const ROWS: Row[] = [
  { row: "a check failed", turn: completed(DONE), verification: RED, verdict: "unverified", again: true },
  { row: "a file is missing", turn: completed(DONE), verification: MISSING, verdict: "unverified", again: true },
  {
    row: "a check did not end",
    turn: completed(DONE),
    verification: rounds(["npm test", "timeout"]),
    verdict: "unverified",
    again: true,
  },
  {
    row: "the schema is broken",
    turn: completed("{}"),
    schema: true,
    verification: BROKEN,
    verdict: "unverified",
    again: true,
  },
  { row: "it says partial", turn: completed(PARTIAL), verdict: "failed", again: true },
  {
    row: "it says partial, and a check failed",
    turn: completed(PARTIAL),
    verification: RED,
    verdict: "failed",
    again: true,
  },
  { row: "it says nothing", turn: completed(""), verdict: "failed", again: true },
  { row: "the stream stays cut", turn: failed(CUT), verdict: "failed", again: true },
  {
    row: "the context is full",
    turn: failed({ message: "m", code: "contextWindowExceeded" }),
    verdict: "failed",
    again: true,
  },
  { row: "it is done", turn: completed(DONE), verification: GREEN, verdict: "done", again: false },
  { row: "the login is refused", turn: failed(UNAUTHORIZED), verdict: "fatal", again: false },
  { row: "the usage limit is reached", turn: failed(USAGE_LIMIT), verdict: "fatal", again: false },
  { row: "a 401 stopped it", turn: OPEN, stop: stop("fatal"), verdict: "fatal", again: false },
  { row: "it is cancelled", turn: OPEN, stop: stop("cancelled"), verdict: "cancelled", again: false },
  {
    row: "a check is cancelled",
    turn: completed(DONE),
    stop: stop("cancelled"),
    verification: rounds(["npm test", "cancelled"]),
    verdict: "cancelled",
    again: false,
  },
  { row: "it is interrupted", turn: INTERRUPTED, verdict: "cancelled", again: false },
  { row: "a limit ended it", turn: OPEN, stop: stop("timeout"), verdict: "timeout", again: false },
  { row: "the disk is full", turn: OPEN, stop: stop("failed"), verdict: "failed", again: false },
  { row: "Codex was killed", turn: OPEN, failure: gone("killed"), verdict: "killed", again: false },
  { row: "Codex fell over", turn: OPEN, failure: gone("failed"), verdict: "failed", again: false },
  { row: "the thread is busy", turn: turn({}), failure: gone("refused"), verdict: "refused", again: false },
  { row: "the run is lost", turn: OPEN, failure: gone("lost"), verdict: "lost", again: false },
  { row: "the turn never ended", turn: OPEN, verdict: "failed", again: false },
  {
    row: "it changed what it may not, and a check failed",
    turn: completed(DONE),
    outOfScope: [{ path: "x", change: "created" }],
    verification: RED,
    verdict: "violation",
    again: false,
  },
  { row: "nobody can audit its scope", turn: completed(PARTIAL), unaudited: "no git", verdict: "failed", again: false },
  { row: "it asks", turn: completed(QUESTION), verification: RED, verdict: "question", again: false },
  { row: "it is blocked", turn: completed(BLOCKED), verification: RED, verdict: "blocked", again: false },
  {
    row: "the sandbox of the checks can't start",
    turn: completed(DONE),
    verification: NO_SANDBOX,
    verdict: "unverified",
    again: false,
  },
];

/** The first end of a row, with the verdict that it truly has. */
function endOf({ row: _, verdict: __, again: ___, verification = none, ...over }: Row) {
  const seen = evidence({ ...over, checked: verificationFinding(verification) });
  return { decision: decideVerdict(seen), evidence: seen, verification };
}

describe("which first turn gets a second one", () => {
  it.each(ROWS)("$row: $again", (row) => {
    const end = endOf(row);
    expect(end.decision.verdict).toBe(row.verdict);
    expect(shortfallOf(end) !== undefined).toBe(row.again);
  });
});

describe("what it is told", () => {
  const told = (over: Pick<Row, "turn"> & Partial<Row>) =>
    shortfallOf(endOf({ row: "", verdict: "failed", again: true, ...over }));

  it("of checks: the command, how it ended and its last words, without secrets, and only of those that failed", () => {
    expect(told({ turn: completed(DONE), verification: RED })).toEqual({
      said: undefined,
      checks: [{ command: "npm test", how: "exit 1", output: "1 failing, [redacted:anthropic-key]\n" }],
      missing: [],
      schema: undefined,
    });
    const late = rounds(["npm test", "timeout", { reason: "its limit of 300 s passed" }]);
    expect(told({ turn: completed(DONE), verification: late })?.checks).toEqual([
      { command: "npm test", how: "timeout (its limit of 300 s passed)", output: "" },
    ]);
  });

  it("of files and of the schema", () => {
    expect(told({ turn: completed(DONE), verification: MISSING })?.missing).toEqual(["b"]);
    const shortfall = told({ turn: completed("{}"), schema: true, verification: BROKEN });
    expect(shortfall).toMatchObject({ said: undefined, schema: "/n must be integer" });
  });

  it.each([
    [completed(PARTIAL), /partial/],
    [completed(""), /without a message/],
    [failed(CUT), /ended with an error: .*stream disconnected/],
  ])("of its own report and error", (state, says) => {
    expect(told({ turn: state })?.said).toMatch(says);
  });

  it("says both where the report and a check are wrong", () => {
    expect(told({ turn: completed(PARTIAL), verification: RED })).toMatchObject({
      said: expect.stringMatching(/partial/),
      checks: [{ command: "npm test" }],
    });
  });
});

it("the receipt has the first end in short, without secrets", () => {
  const { decision } = endOf({ row: "", verdict: "failed", again: true, turn: completed(PARTIAL) });
  const first = firstEnd(decision, 1, `${KEY} ${"x".repeat(3_000)}`);
  expect(first).toMatchObject({ verdict: "failed", exit_code: 1, reason: "Codex says that the work is partial" });
  expect(first?.answer).toMatch(/^\[redacted:anthropic-key\] x+$/);
  expect(first?.answer).toHaveLength(2_000);
});
