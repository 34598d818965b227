import { describe, expect, it } from "vitest";
import { AskCodexError } from "../../../src/core/errors.ts";
import {
  type AnyVerdict,
  EXIT_TABLE,
  exitCodeOf,
  firstVerdict,
  START_TABLE,
  type Verdict,
} from "../../../src/core/exit-table.ts";

/** DESIGN.md 5.3, typed off by hand: the table in the code must not be its own judge. */
const EXITS: readonly (readonly [AnyVerdict, number])[] = [
  ["done", 0],
  ["failed", 1],
  ["timeout", 2],
  ["fatal", 3],
  ["question", 4],
  ["blocked", 4],
  ["violation", 5],
  ["unverified", 6],
  ["usage", 64],
  ["refused", 75],
  ["cancelled", 130],
  ["killed", 137],
  ["lost", 137],
];

/** "Where several hold, the first of …": verdicts of one group stand beside each other. */
const PRECEDENCE: readonly (readonly Verdict[])[] = [
  ["cancelled"],
  ["killed", "lost"],
  ["fatal"],
  ["timeout"],
  ["violation"],
  ["question", "blocked"],
  ["failed"],
  ["unverified"],
  ["done"],
];

const pairs = PRECEDENCE.flatMap((group, at) =>
  group.flatMap((first) =>
    PRECEDENCE.slice(at + 1).flatMap((later) => later.map((second) => [first, second] as const)),
  ),
);

describe("exit codes", () => {
  it.each(EXITS)("%s is %i", (verdict, code) => {
    expect(exitCodeOf(verdict)).toBe(code);
    expect(new AskCodexError(verdict, "x").exitCode).toBe(code);
  });

  it("has no other verdict, and none twice", () => {
    const words = [...EXIT_TABLE, ...START_TABLE].map((row) => row.verdict);
    expect([...words].sort()).toEqual(EXITS.map(([verdict]) => verdict).sort());
  });

  it.each([...EXIT_TABLE, ...START_TABLE])("$verdict says what it means and what to do next", (row) => {
    expect(row.meaning).toMatch(/\w+ \w+/);
    expect(row.next).toMatch(/\w/);
  });
});

describe("precedence", () => {
  it.each(pairs)("%s comes before %s", (first, second) => {
    expect(firstVerdict(new Set([second, first]))).toBe(first);
    expect(firstVerdict(new Set([first, second]))).toBe(first);
  });

  it("covers every pair of different groups", () => {
    expect(pairs).toHaveLength((11 * 10) / 2 - 2);
  });

  it("takes the first of all that hold", () => {
    expect(firstVerdict(new Set<Verdict>(["done", "unverified", "failed", "timeout"]))).toBe("timeout");
  });

  it("is done when nothing speaks against it", () => {
    expect(firstVerdict(new Set())).toBe("done");
  });
});
