import { statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { type AnyVerdict, exitCodeOf } from "../../src/core/exit-table.ts";
import { decideVerdict } from "../../src/run/decide-verdict.ts";
import { parseEvidence } from "../../src/run/evidence.ts";
import { drawMatrix, share } from "./matrix.ts";
import { NAIVE_RULES } from "./naive-rules.ts";
import { RUNS, readRecording, recordedFiles } from "./recording.ts";
import { replayEvidence } from "./replay.ts";
import { ENTRIES } from "./scenarios/index.ts";

const MAX_BYTES = 3_000_000;
const FILES = recordedFiles();
const CORPUS = ENTRIES.filter(({ file }) => FILES.includes(file)).map((entry) => ({
  ...entry,
  recording: readRecording(entry.file),
}));
const print = (text: string): void => void process.stdout.write(`\n${text}\n`);

describe("the corpus", () => {
  it("has one recording for each scenario on each of its engines, and no other", () => {
    expect(FILES).toEqual(ENTRIES.map(({ file }) => file).sort());
    expect(new Set(FILES).size).toBe(FILES.length);
    for (const { name, engine, family, recording } of CORPUS) expect(recording).toMatchObject({ name, engine, family });
  });

  it("is large enough to mean something, and small enough to keep", () => {
    expect(FILES.length).toBeGreaterThanOrEqual(120);
    const bytes = FILES.reduce((sum, file) => sum + statSync(join(RUNS, file)).size, 0);
    expect(bytes).toBeLessThan(MAX_BYTES);
  });

  it("has labels that a person gave a reason for, with the exit code of the one table", () => {
    for (const { name, verdict, exit, why } of ENTRIES) {
      expect(exit, name).toBe(exitCodeOf(verdict));
      expect(why.length, name).toBeGreaterThan(10);
    }
  });

  it("holds nothing of the machine it was recorded on", () => {
    for (const { file, recording } of CORPUS) {
      expect(JSON.stringify(recording), file).not.toMatch(
        /ask-codex lab-|127\.0\.0\.1:\d\d|\/work\/|r-2026\d{4}-(?!000000)/,
      );
    }
  });
});

describe("every run as it truly ended", () => {
  it.each(CORPUS)("$file: $verdict, $why", ({ recording, verdict, exit }) => {
    const decided = decideVerdict(replayEvidence(recording));
    expect(decided.verdict, decided.reason).toBe(verdict);
    expect(recording.receipt).toMatchObject({ verdict, exit_code: exit });
  });

  it.each(CORPUS.filter(({ recording }) => recording.evidence !== null))(
    "$file: its evidence alone says the same as its receipt",
    ({ recording }) => {
      const evidence = parseEvidence(recording.evidence);
      expect(decideVerdict(evidence)).toMatchObject({
        verdict: recording.receipt.verdict,
        reason: recording.receipt.reason,
      });
      // What decides is made of the protocol alone.
      expect(evidence.turn).toEqual(partOf(replayEvidence(recording).turn));
    },
  );

  it("is what the caller of ask_codex was told", () => {
    const told = CORPUS.filter(({ recording, exit }) => recording.exit !== exit).map(({ file }) => file);
    expect(told).toEqual([]);
  });

  it("warns where the last command failed and nobody looked", () => {
    for (const { file, recording } of CORPUS.filter(({ recording }) => recording.evidence !== null)) {
      const { last_command: last } = recording.evidence?.turn ?? { last_command: null };
      const { verdict, verification, warnings } = recording.receipt;
      const due = verdict === "done" && verification === "none" && last !== null && last.exit_code !== 0;
      expect(
        warnings.some((text) => text.endsWith("no check of ours ran")),
        file,
      ).toBe(due);
    }
  });
});

const partOf = ({ ended, lastMessage, lastError, usageLimit, failedCommands, lastCommand }: ReplayedTurn) => ({
  ended,
  lastMessage,
  lastError,
  usageLimit,
  failedCommands,
  lastCommand,
});
type ReplayedTurn = ReturnType<typeof replayEvidence>["turn"];

test("ours and the naive rules over the same runs", () => {
  const ours = CORPUS.map(({ recording, verdict }) => ({
    expected: verdict,
    said: decideVerdict(replayEvidence(recording)).verdict,
  }));
  const right = ours.filter(({ expected, said }) => expected === said).length;
  print(drawMatrix(`ask-codex, ${CORPUS.length} runs: verdict right in ${share(right, ours.length)}`, ours));
  expect(right).toBe(ours.length);

  for (const rule of NAIVE_RULES) {
    const judged = CORPUS.map(({ recording, verdict }) => ({ expected: verdict, said: rule.guess(recording.bare) }));
    const wrong = judged.filter(({ expected, said }) => (said === "success") !== isSuccess(expected));
    const falseSuccess = wrong.filter(({ said }) => said === "success").length;
    const title = `${rule.name} (${rule.seen}): success or failure right in ${share(judged.length - wrong.length, judged.length)}; ${falseSuccess} false successes, ${wrong.length - falseSuccess} false failures`;
    print(drawMatrix(title, judged));
    // A rule that is right here would make our own classifier needless.
    expect(wrong.length).toBeGreaterThan(0);
  }
});

const isSuccess = (verdict: AnyVerdict): boolean => exitCodeOf(verdict) === 0;
