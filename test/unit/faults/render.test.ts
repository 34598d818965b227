import { expect, test } from "vitest";
import { type Outcome, Unmet } from "../../../faults/outcome.ts";
import { renderCampaign } from "../../../faults/render.ts";

const held = (point: Outcome["one"]["point"], fault: Outcome["one"]["fault"], seconds: number): Outcome => ({
  one: { point, fault, jitter: 0 },
  word: "ok",
  seconds,
});
const FAILED: Outcome = {
  ...held("idle", "kill-both", 12.34),
  word: "FAILED",
  problem: { step: "stop", expected: "no process", found: "sleep (12)" },
  kept: "/tmp/kept",
};

test("a table of points by faults, what failed, and the count in the last line", () => {
  const text = renderCampaign([
    held("idle", "kill-broker", 3.21),
    FAILED,
    { ...held("idle", "full-disk", 0), word: "left out" },
    held("steered", "kill-broker", 4),
  ]);
  expect(text).toBe(`| point   | kill-broker | kill-both     | full-disk |
|---------|-------------|---------------|-----------|
| steered | ok 4.0 s    |               |           |
| idle    | ok 3.2 s    | FAILED 12.3 s | left out  |

idle/kill-both FAILED at: stop
  expected  no process
  found     sleep (12)
  kept in   /tmp/kept

2 of 3 cases held
`);
});

test("a problem without a kept world names none, and a found value is shown as it is", () => {
  const { expected, found } = new Unmet("one", { two: 2 });
  const { kept: _, ...failed } = FAILED;
  const text = renderCampaign([{ ...failed, problem: { step: "stop", expected, found } }]);
  expect(text).toContain('found     {"two":2}\n\n0 of 1 cases held\n');
  expect(text).not.toContain("kept in");
});
