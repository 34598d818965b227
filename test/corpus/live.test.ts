import { expect, test } from "vitest";
import { decideVerdict } from "../../src/run/decide-verdict.ts";
import { playOurs } from "./play.ts";
import { readRecording } from "./recording.ts";
import { replayEvidence } from "./replay.ts";
import { ENTRIES } from "./scenarios/index.ts";

/** One run of six families, quick ones: what the real Codex does today must be what was recorded. */
const SAMPLE = [
  "http-404-model.app-server.json",
  "cut-after-command-then-ok.exec.json",
  "no-status-question.app-server.json",
  "tests-fail-and-claimed-done.exec.json",
  "check-is-red-and-claimed-green.app-server.json",
  "unknown-config-key.exec.json",
];

test.each(SAMPLE)("recorded today, %s is the same", async (file) => {
  const entry = ENTRIES.find((one) => one.file === file);
  expect(entry, `${file} is no run of the corpus`).toBeDefined();
  if (!entry) return;
  const { bare, codex: _, lines: __, ...recorded } = readRecording(file);
  const played = await playOurs(entry);
  expect(played).toMatchObject(recorded);
  // Notifications may come in another order; what they make of the turn may not differ.
  const again = replayEvidence({ ...played, bare });
  expect(again.turn).toEqual(replayEvidence(readRecording(file)).turn);
  expect(decideVerdict(again).verdict).toBe(entry.verdict);
});
