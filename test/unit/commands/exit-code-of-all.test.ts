import { describe, expect, it } from "vitest";
import { exitCodeOfAll } from "../../../src/commands/runs/wait-for-many.ts";
import { type AnyVerdict, exitCodeOf } from "../../../src/core/exit-table.ts";
import { sampleReceipt } from "../core/samples.ts";

const receipts = (verdicts: readonly AnyVerdict[]) =>
  verdicts.map((verdict) => sampleReceipt({ verdict, exit_code: exitCodeOf(verdict) }));

describe("the exit code of several runs", () => {
  it.each<[verdicts: AnyVerdict[], code: number]>([
    [["done"], 0],
    [["done", "done"], 0],
    [["done", "unverified", "done"], 6],
    [["unverified", "failed"], 1],
    [["failed", "question"], 4],
    [["timeout", "fatal", "done"], 3],
    [["done", "lost", "violation"], 137],
    [["lost", "cancelled"], 130],
    [["done", "refused"], 75],
    [["refused", "failed"], 1],
  ])("%j: %i, the first in the order of the exit table", (verdicts, code) => {
    expect(exitCodeOfAll(receipts(verdicts))).toBe(code);
  });
});
