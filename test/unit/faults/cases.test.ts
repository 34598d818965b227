import { expect, test } from "vitest";
import { FAULTS, fraction, isSelector, namesOf, POINTS, planCases } from "../../../faults/cases.ts";

const ALL = { seed: 1, only: [] };

test("a campaign is every fault at every point, once", () => {
  const cases = planCases(ALL);
  expect(cases).toHaveLength(POINTS.length * FAULTS.length);
  expect(cases.length).toBeGreaterThanOrEqual(70);
  expect(new Set(cases.map(({ point, fault }) => `${point}/${fault}`)).size).toBe(cases.length);
  expect(cases.filter(({ fault }) => fault === "kill-both").map(({ point }) => point)).toEqual(POINTS);
});

test("the same seed gives the same cases, another seed other moments", () => {
  expect(planCases(ALL)).toEqual(planCases(ALL));
  expect(planCases({ ...ALL, seed: 2 })).not.toEqual(planCases(ALL));
});

test("a moment does not depend on what else is run", () => {
  const [alone] = planCases({ ...ALL, only: ["idle/kill-codex"] });
  expect(planCases(ALL)).toContainEqual(alone);
});

test("a sample has so many points of each fault, and the seed chooses them", () => {
  const sampled = (seed: number) => planCases({ seed, sample: 2, only: [] });
  for (const fault of FAULTS) expect(sampled(1).filter((one) => one.fault === fault)).toHaveLength(2);
  expect(sampled(1)).toEqual(sampled(1));
  const points = Array.from({ length: 20 }, (_, seed) =>
    sampled(seed)
      .map(({ point }) => point)
      .join(),
  );
  expect(new Set(points).size).toBeGreaterThan(10);
});

test.each([
  ["idle", FAULTS.length],
  ["kill-both", POINTS.length],
  ["steered/full-disk", 1],
] as const)("--only %s selects %i", (word, count) => {
  const cases = planCases({ ...ALL, only: [word] });
  expect(cases).toHaveLength(count);
  for (const one of cases) expect(namesOf(one)).toContain(word);
});

test("several selectors add up, and none counts twice", () => {
  expect(planCases({ ...ALL, only: ["idle", "idle/kill-both", "steered/kill-both"] })).toHaveLength(FAULTS.length + 1);
});

test("what selects nothing is known as such", () => {
  expect(["idle", "kill-both", "idle/kill-both"].every(isSelector)).toBe(true);
  expect(["", "kill-both/idle", "idl", "idle/"].some(isSelector)).toBe(false);
});

test("a fraction lies from 0 up to 1, spread out, and tells its words apart", () => {
  const many = Array.from({ length: 1_000 }, (_, at) => fraction(at, "x"));
  expect(Math.min(...many)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...many)).toBeLessThan(1);
  expect(many.filter((one) => one < 0.5).length).toBeGreaterThan(400);
  expect(fraction("ab", "c")).not.toBe(fraction("a", "bc"));
});
