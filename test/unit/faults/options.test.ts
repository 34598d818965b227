import { expect, test } from "vitest";
import { FAULTS, POINTS } from "../../../faults/cases.ts";
import { HELP, parseOptions } from "../../../faults/options.ts";

test("without options everything is run, always the same", () => {
  expect(parseOptions([])).toEqual({
    seed: 1,
    only: [],
    jobs: 3,
    stopSeconds: 10,
    withinSeconds: 2,
    keep: false,
    help: false,
  });
});

test("every option is read", () => {
  const argv =
    "--seed 0 --sample 2 --only idle --only steered/kill-both --jobs 1 --stop-seconds 2 --within 9 --keep -h".split(
      " ",
    );
  expect(parseOptions(argv)).toEqual({
    seed: 0,
    sample: 2,
    only: ["idle", "steered/kill-both"],
    jobs: 1,
    stopSeconds: 2,
    withinSeconds: 9,
    keep: true,
    help: true,
  });
});

test.each([
  [["--seed", "x"], /--seed must be a whole number from 0/],
  [["--seed=-1"], /--seed/],
  [["--sample", "0"], /--sample must be a whole number from 1/],
  [["--sample", "99"], /--sample/],
  [["--jobs", "1.5"], /--jobs/],
  [["--stop-seconds", "0"], /--stop-seconds/],
  [["--within", "soon"], /--within must be a whole number from 1/],
  [["--only", "lunch"], /--only must be a point, a fault or POINT\/FAULT \(got lunch\)/],
  [["--nope"], /--nope/],
  [["idle"], /idle/],
] as const)("%j is refused with a sentence", (argv, says) => {
  expect(() => parseOptions(argv)).toThrow(says);
});

test("the help names every point and every fault, in lines that fit", () => {
  for (const name of [...POINTS, ...FAULTS]) expect(HELP).toContain(name);
  for (const line of HELP.split("\n")) expect(line.length).toBeLessThanOrEqual(120);
});
