import { expect, test } from "vitest";
import { renderSelfTest } from "../../../../src/doctor/self-test/render-self-test.ts";
import { NO_TIME, SelfTestResult, type TestedFact } from "../../../../src/doctor/self-test/result.ts";

const MARKS = { ok: "✓", warn: "!", fail: "✗", skipped: "–" };
const fact = (over: Partial<TestedFact>): TestedFact => ({
  ...{ id: "a.b", claim: "It works.", holds: true, saw: "it did", matters: "told", whenNot: "do without", ms: 1 },
  ...over,
});
const result = (facts: TestedFact[], ok: boolean): SelfTestResult =>
  SelfTestResult.parse({ codex: { version: "1.2.3", path: "/opt/codex" }, facts, ok, elapsed_ms: 1_234 });

test("what holds is a line; what does not says what was seen and what is done", () => {
  const facts = [
    fact({}),
    fact({ id: "long.id", holds: false, matters: "worked around" }),
    fact({ id: "c", holds: "unknown", saw: "not tried" }),
  ];
  expect(renderSelfTest(result(facts, true), MARKS)).toBe(`Codex 1.2.3 (/opt/codex)

✓ a.b      It works.
! long.id  It works.
           saw: it did
           -> do without
– c        It works.
           saw: not tried

1 of 3 facts hold, 1 don't, 1 can't be seen here (1.2 s)
ask-codex can work with this Codex: what does not hold is worked around or told, as the arrows say.
`);
});

test("a terminal that can't show the signs has its own", () => {
  const marks = { ok: "+", warn: "!", fail: "x", skipped: "-" };
  expect(renderSelfTest(result([fact({})], true), marks)).toContain("+ a.b");
});

test("what is needed and does not hold is named at the end", () => {
  const text = renderSelfTest(result([fact({ holds: false, matters: "needed" }), fact({ id: "c" })], false), MARKS);
  expect(text).toContain("✗ a.b");
  expect(text).toContain("can't work safely with this Codex: a.b must hold.");
});

test("what is needed and had no time is no pass", () => {
  const late = fact({ holds: "unknown", saw: NO_TIME, matters: "needed" });
  expect(renderSelfTest(result([late], false), MARKS)).toContain("Nobody can say yet: a.b had no time.");
});
