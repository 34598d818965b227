import { expect, test } from "vitest";
import { decideAfter, decideBefore, type TurnNow } from "../../../../src/commands/hook/decide-gate.ts";
import { gateReason } from "../../../../src/commands/hook/gate-reason.ts";
import type { GateRound } from "../../../../src/commands/hook/gate-store.ts";
import { reviewResult, sampleFinding, sampleGate } from "./samples.ts";

const round = (tree: string, ...held_by: string[]): GateRound => ({ review_id: "v", at: "", tree, held_by });
const turn = (now: Partial<TurnNow> = {}): TurnNow => ({
  settings: sampleGate,
  again: false,
  rounds: [],
  spent: 0,
  tree: "now",
  ...now,
});

test.each([
  ["the first stop of a turn", turn(), undefined],
  ["another hook held the stop up", turn({ again: true }), /held up by something else/],
  ["Claude has mended something", turn({ again: true, rounds: [round("then", "f-1")] }), undefined],
  [
    "nothing was changed after a round with findings",
    turn({ again: true, rounds: [round("now", "f-1", "f-2")] }),
    "stagnated: nothing was changed after round 1, and 2 findings are still open",
  ],
  ["nothing was changed after a round without findings", turn({ rounds: [round("now")] }), null],
  ["the last round", turn({ again: true, rounds: [round("a", "f-1"), round("b", "f-2")] }), undefined],
  ["one more", turn({ again: true, rounds: [round("a", "1"), round("b", "2"), round("c", "3")] }), /limit of 3 rounds/],
  [
    "fewer rounds",
    turn({ again: true, rounds: [round("a", "1")], settings: { ...sampleGate, rounds: 1 } }),
    /limit of 1 round is/,
  ],
  ["under the budget", turn({ spent: 999 }), undefined],
  ["at the budget", turn({ spent: 1_000 }), "the session's budget is used up: 1000 of 1000 tokens"],
  ["no budget", turn({ spent: 10_000_000, settings: { ...sampleGate, tokens: 0 } }), undefined],
])("before a review: %s", (_, now, why) => {
  const decision = decideBefore(now);
  if (why === undefined) expect(decision).toBeUndefined();
  else expect(decision).toEqual({ stop: "allow", why: why instanceof RegExp ? expect.stringMatching(why) : why });
});

const changed = new Set(["a.ts", "b.ts"]);
const found = (...findings: Parameters<typeof sampleFinding>[0][]) =>
  reviewResult({ review: "findings", findings: findings.map((one) => sampleFinding(one)) });

test.each([
  ["approve", reviewResult({ review: "approve" }), null],
  ["unparsed", reviewResult({ review: "unparsed", reason: "it is prose" }), "the review is unparsed: it is prose"],
  [
    "incomplete",
    reviewResult({ review: "incomplete", reason: "usage limit" }),
    "the review is incomplete: usage limit",
  ],
  ["a finding that is less severe", found({ severity: "low" }), null],
  ["a waived finding", found({ state: "waived" }), null],
  ["an unchanged line", found({ place: "file" }), null],
  ["no file", found({ file: null, place: "outside" }), null],
  ["a file that the turn did not touch", found({ file: "other.ts" }), null],
])("a review lets the stop pass: %s", (_, result, why) => {
  expect(decideAfter(result, changed, turn())).toEqual({ stop: "allow", why });
});

test("findings hold the stop up, worst first", () => {
  const result = found(
    { id: "f-1", severity: "medium" },
    { id: "f-2", severity: "critical", file: "b.ts" },
    { id: "f-3", severity: "low" },
  );
  expect(decideAfter(result, changed, turn({ rounds: [round("then", "f-0", "f-1")] }))).toMatchObject({
    stop: "block",
    round: 2,
    findings: [{ id: "f-2" }, { id: "f-1" }],
  });
});

test.each([
  [
    "the same again",
    ["f-1"],
    /^stagnated: round 2 found again all that round 1 had found, and 1 finding is still open$/,
  ],
  ["the same again and more", ["f-1", "f-2"], /^stagnated: .* 2 findings are still open$/],
])("no progress lets the stop pass: %s", (_, ids, why) => {
  const decision = decideAfter(found(...ids.map((id) => ({ id }))), changed, turn({ rounds: [round("then", "f-1")] }));
  expect(decision).toEqual({ stop: "allow", why: expect.stringMatching(why) });
});

test("the severity that counts is the one that was set", () => {
  const settings = { ...sampleGate, severity: "critical" as const };
  expect(decideAfter(found({ severity: "high" }), changed, turn({ settings }))).toEqual({ stop: "allow", why: null });
});

test("what Claude is told stays small, whatever the reviewer wrote", () => {
  const long = "claim\n\n\u001b[31m".repeat(200);
  const findings = Array.from({ length: 40 }, (_, at) =>
    sampleFinding({ id: `f-${at}`, claim: long, file: `${"d/".repeat(90)}x.ts` }),
  );
  const reason = gateReason({
    findings,
    round: 1,
    result: found(),
    settings: sampleGate,
    self: () => "node codex_review.mjs",
  });
  expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(1_000);
  expect(reason).toMatch(/found 40 things:\n- f-0 \[high\] d\//);
  expect(reason).toMatch(/\n… and 3\d more\.\nMend what is right/);
  expect(reason).not.toContain("\u001b");
});
