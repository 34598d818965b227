import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import * as z from "zod";
import { latestNumber, numberedPath, numbersIn, putNumbered } from "../../../src/run/numbered-file.ts";
import { tempDir } from "../sys/temp-dir.ts";

it.each<[what: string, names: string[], numbers: number[]]>([
  ["nothing", [], []],
  ["one", ["1.json"], [1]],
  ["more than nine", ["10.json", "9.json", "1.json", "100.json"], [1, 9, 10, 100]],
  ["gaps", ["7.json", "3.json"], [3, 7]],
  ["what is no number", ["0.json", "-1.json", "01.json", "1e3.json", "1.5.json", "a1.json", " 1.json"], []],
  ["what is something else beside", ["2.json", "3.tmp", "4.json.bak", "5.run.json", "5.lost.json", "6", "7.JSON"], [2]],
  ["a number that is none any more", ["2.json", "12345678901234567.json"], [2]],
])("the numbers of %s", (_, names, numbers) => {
  const dir = tempDir();
  for (const name of names) writeFileSync(join(dir, name), "");
  mkdirSync(join(dir, "done"));
  expect(numbersIn(dir)).toEqual(numbers);
  expect(latestNumber(dir)).toBe(numbers.at(-1) ?? 0);
});

it("a directory that is not there has none", () => {
  expect([numbersIn(join(tempDir(), "none")), latestNumber(join(tempDir(), "none"))]).toEqual([[], 0]);
});

const State = z.strictObject({ version: z.literal(1), word: z.string() });
const state = (word: string) => ({ version: 1 as const, word });

it("a state goes behind the one that was seen, and the second of two is told", () => {
  const dir = tempDir();
  expect(putNumbered(dir, 0, state("one"), State)).toBe(true);
  expect(putNumbered(dir, 0, state("late"), State)).toBe(false);
  expect(readFileSync(numberedPath(dir, 1), "utf8")).toContain("one");
});

it("eight are kept behind the last, and what is not ours stays", () => {
  const dir = tempDir();
  for (let seen = 0; seen < 3; seen++) putNumbered(dir, seen, state("s"), State);
  writeFileSync(numberedPath(dir, 2), "notes");
  for (let seen = 3; seen < 12; seen++) expect(putNumbered(dir, seen, state("s"), State)).toBe(true);
  expect(numbersIn(dir)).toEqual([2, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

it("who looked so long ago that its state was removed has put nothing", () => {
  const dir = tempDir();
  for (let seen = 0; seen < 12; seen++) putNumbered(dir, seen, state("s"), State);
  expect(putNumbered(dir, 0, state("late"), State)).toBe(false);
  rmSync(numberedPath(dir, 2), { force: true });
  expect(putNumbered(dir, 2, state("late"), State)).toBe(false);
});
