import { expect, test } from "vitest";
import type { AnyVerdict } from "../../../src/core/exit-table.ts";
import type { Finding, Omitted, ReviewedShard } from "../../../src/core/review.ts";
import { judgeReview } from "../../../src/review/judge-review.ts";
import { sampleFinding, sampleShard } from "./sample-review.ts";

const part = (verdict: AnyVerdict | null, review: ReviewedShard["review"], reason = "") => ({
  verdict,
  shard: sampleShard({ review, reason }),
});
const GOOD = part("done", "parsed");
const PROSE = part("done", "unparsed", "the answer is prose");
const LATE = part("timeout", "none", "timeout: it hung");
const GOING = part(null, "none", "its run has not ended (running)");
const REFUSED = part("refused", "none", "the breaker is open");
const CUT = part("done", "parsed", "the worst 200 of its 250 findings are kept");
const OPEN = sampleFinding();
const WAIVED = sampleFinding({ state: "waived", waived: "so be it" });
const BIG: Omitted = { file: "big.json", bytes: 1, why: "too large" };

type Row = [
  parts: ReturnType<typeof part>[],
  findings: Finding[],
  omitted: Omitted[],
  review: string,
  verdict: string,
  exit: number,
];

test.each<Row>([
  [[GOOD, GOOD], [], [], "approve", "done", 0],
  [[GOOD], [WAIVED], [], "approve", "done", 0],
  [[GOOD], [OPEN, WAIVED], [], "findings", "done", 0],
  [[GOOD, PROSE], [OPEN], [], "findings", "unverified", 6],
  [[GOOD, PROSE], [WAIVED], [], "unparsed", "unverified", 6],
  [[PROSE], [], [BIG], "unparsed", "unverified", 6],
  [[GOOD, LATE], [], [], "incomplete", "timeout", 2],
  [[PROSE, LATE], [], [], "unparsed", "timeout", 2],
  [[GOOD], [], [BIG], "incomplete", "done", 0],
  [[GOOD], [OPEN], [BIG], "findings", "done", 0],
  [[GOOD, GOING], [], [], "incomplete", "unverified", 6],
  [[GOOD, REFUSED], [], [], "incomplete", "refused", 75],
  [[REFUSED], [], [], "incomplete", "refused", 75],
  [[REFUSED, LATE], [], [], "incomplete", "timeout", 2],
  [[part("cancelled", "none"), part("fatal", "none")], [], [], "incomplete", "cancelled", 130],
  [[part("violation", "none")], [OPEN], [], "findings", "violation", 5],
  [[CUT], [], [], "incomplete", "done", 0],
  [[], [], [], "incomplete", "failed", 1],
])("%#", (parts, findings, omitted, review, verdict, exit_code) => {
  expect(judgeReview(parts, findings, omitted)).toMatchObject({ review, verdict, exit_code });
});

test.each<[parts: ReturnType<typeof part>[], findings: Finding[], omitted: Omitted[], reason: string]>([
  [[GOOD], [], [], "nothing was found in 1 changed file"],
  [[GOOD], [WAIVED], [], "nothing but what is waived (1) was found in 1 changed file"],
  [[GOOD], [OPEN, OPEN], [BIG], "2 findings; 1 changed file not looked at"],
  [[GOOD, PROSE], [], [], "part 2 of 2: its answer can't be read, the answer is prose"],
  [[GOOD, LATE], [], [], "part 2 of 2: no answer, timeout: it hung"],
  [[], [], [], "no part was started"],
])("says why: %#", (parts, findings, omitted, reason) => {
  expect(judgeReview(parts, findings, omitted).reason).toBe(reason);
});
