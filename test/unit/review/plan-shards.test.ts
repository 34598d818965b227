import { expect, test } from "vitest";
import type { Change } from "../../../src/review/list-changes.ts";
import { planShards } from "../../../src/review/plan-shards.ts";

const change = (file: string, bytes: number): Change => ({
  file,
  bytes,
  kind: "modified",
  binary: false,
  submodule: false,
  ranges: [[1, 1]],
});
const files = (...entries: [string, number][]) => entries.map(([file, bytes]) => change(file, bytes));
const RULES = { shardBytes: 1_000, maxShards: 3 };

test.each([
  ["nothing", files(), [], []],
  ["what fits is one part", files(["a", 400], ["b/c", 400]), [["a", "b/c"]], []],
  [
    "a directory that does not fit any more begins a new part",
    files(["a/1", 600], ["b/1", 300], ["b/2", 300]),
    [["a/1"], ["b/1", "b/2"]],
    [],
  ],
  [
    "neighbours come together, whatever the order",
    files(["b/1", 300], ["a/1", 300], ["b/2", 300], ["a/2", 300]),
    [
      ["a/1", "a/2"],
      ["b/1", "b/2"],
    ],
    [],
  ],
  [
    "a directory that is too large is divided",
    files(["a/1", 600], ["a/2", 600], ["a/3", 100]),
    [["a/1"], ["a/2", "a/3"]],
    [],
  ],
  ["a file that is too large is alone", files(["a", 5_000], ["b", 10]), [["a"], ["b"]], []],
  [
    "what is beyond the last part is left out",
    files(["a/1", 900], ["b/1", 900], ["c/1", 900], ["d/1", 900], ["e/1", 80]),
    [["a/1"], ["b/1"], ["c/1"]],
    ["d/1", "e/1"],
  ],
])("%s", (_, changes, shards, omitted) => {
  const planned = planShards(changes, RULES);
  expect(planned.shards.map((shard) => shard.map(({ file }) => file))).toEqual(shards);
  expect(planned.omitted.map(({ file }) => file)).toEqual(omitted);
  expect(planned.omitted.every(({ why }) => why.includes("3 parts"))).toBe(true);
});

test("small files are divided by their number, too", () => {
  const { shards } = planShards(
    Array.from({ length: 450 }, (_, at) => change(`d/${at}`, 1)),
    { shardBytes: 120_000, maxShards: 8 },
  );
  expect(shards.map(({ length }) => length)).toEqual([200, 200, 50]);
});
