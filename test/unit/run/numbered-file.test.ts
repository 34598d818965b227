import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { latestNumber, numbersIn } from "../../../src/run/numbered-file.ts";
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
