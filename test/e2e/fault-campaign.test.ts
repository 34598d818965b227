import { expect, test } from "vitest";
import { planCases } from "../../faults/cases.ts";
import { renderProblem } from "../../faults/render.ts";
import { runCase } from "../../faults/run-case.ts";
import { canMount } from "../kit/small-disk.ts";

/** Two of each fault; `npm run faults` carries out all of them, and holds them to the times that are promised. */
const SAMPLE = [
  "turn-started/kill-broker",
  "queued-behind/kill-broker",
  "broker-starting/kill-codex",
  "mid-command/kill-codex",
  "strays/kill-both",
  "resuming/kill-both",
  "question-parked/stop-broker",
  "stopping/stop-broker",
  "streaming/full-disk",
  "idle/full-disk",
];
/** A test does not measure: a busy machine may take its time. */
const BOUNDS = { readMs: 20_000, stopMs: 20_000, pauseMs: 1_000 };
const canFillDisks = canMount();

test.skipIf(process.platform !== "linux").concurrent.for(SAMPLE)(
  "%s: true states, every message once, nothing left",
  async (name, { signal }) => {
    const [one] = planCases({ seed: 1, only: [name] });
    if (one === undefined) throw new Error(`there is no case ${name}`);
    const outcome = await runCase(one, { bounds: BOUNDS, keep: false, canFillDisks, signal });
    expect(outcome.word, renderProblem(outcome)).not.toBe("FAILED");
  },
);
