import { describe, expect, it } from "vitest";
import type { Power } from "../../../src/core/policy.ts";
import { describePower, powerBeyond } from "../../../src/policy/compare-power.ts";
import { NO_POWER, samplePower } from "../core/samples.ts";

const EVERYTHING = samplePower({ write: "everything", network: true });
const scoped = (...scope: string[]) => samplePower({ write: "scope", scope });

describe("what goes beyond a power", () => {
  it.each<[had: Power, asked: Power, beyond: string[]]>([
    [NO_POWER, scoped("src", "docs"), ["writing src, docs", "writing /tmp"]],
    [NO_POWER, samplePower(), ["writing the whole workspace", "writing /tmp"]],
    [NO_POWER, samplePower({ tmp: false }), ["writing the whole workspace"]],
    [NO_POWER, EVERYTHING, ["full access", "the network", "writing /tmp"]],
    [NO_POWER, { ...NO_POWER, network: true }, ["the network"]],
    [NO_POWER, { ...NO_POWER, env: ["A", "B"] }, ["the variable A", "the variable B"]],
    [scoped("src"), scoped("docs"), ["writing docs"]],
    [scoped("src"), scoped("src", "docs", "*.md"), ["writing docs", "writing *.md"]],
    [scoped("src"), scoped("src/../docs"), ["writing src/../docs"]],
    [scoped("src/*"), scoped("src/sub"), ["writing src/sub"]],
    [scoped("src"), samplePower(), ["writing the whole workspace"]],
    [scoped("src"), EVERYTHING, ["full access", "the network"]],
    [samplePower(), EVERYTHING, ["full access", "the network"]],
    [samplePower(), samplePower({ network: true }), ["the network"]],
    [samplePower(), samplePower({ writable: ["/a", "/b"] }), ["writing /a", "writing /b"]],
    [samplePower({ writable: ["/a"] }), samplePower({ writable: ["/a", "/a/b", "/"] }), ["writing /a/b", "writing /"]],
    [samplePower({ tmp: false }), samplePower(), ["writing /tmp"]],
    [samplePower({ env: ["A"] }), samplePower({ env: ["a"] }), ["the variable a"]],
    [samplePower(), scoped("src/"), []],
    // With full access the audit alone holds a scope: it is power all the same.
    [{ ...EVERYTHING, scope: ["src"] }, EVERYTHING, ["writing the whole workspace"]],
    [{ ...EVERYTHING, scope: ["src"] }, { ...EVERYTHING, scope: ["docs"] }, ["writing docs"]],
    [{ ...EVERYTHING, scope: ["src"] }, samplePower(), ["writing the whole workspace"]],
    [{ ...EVERYTHING, scope: ["src"] }, scoped("docs"), ["writing docs"]],
    [{ ...EVERYTHING, scope: ["src"] }, scoped("src/a"), []],
    [{ ...EVERYTHING, scope: ["src"] }, { ...EVERYTHING, scope: ["src/a"] }, []],
    [EVERYTHING, { ...EVERYTHING, scope: ["src"] }, []],
    // As much, or less.
    [EVERYTHING, EVERYTHING, []],
    [EVERYTHING, samplePower({ network: true }), []],
    [samplePower(), scoped("src"), []],
    [
      samplePower({ writable: ["/a", "/b"], env: ["A", "B"], network: true }),
      samplePower({ writable: ["/b"], env: ["A"] }),
      [],
    ],
    [scoped("src"), scoped("src/a.ts"), []],
    [scoped("src"), NO_POWER, []],
    [samplePower(), samplePower({ tmp: false }), []],
    [NO_POWER, NO_POWER, []],
    // /tmp is nobody's where nothing is written.
    [NO_POWER, samplePower({ write: "none", tmp: true }), []],
  ])("%j → %j", (had, asked, beyond) => {
    expect(powerBeyond(had, asked)).toEqual(beyond);
  });

  it("is nothing for every power compared with itself, and something one way of every two that differ", () => {
    const powers = [NO_POWER, scoped("src"), scoped("docs"), samplePower(), samplePower({ network: true }), EVERYTHING];
    for (const [at, one] of powers.entries()) {
      expect(powerBeyond(one, one)).toEqual([]);
      for (const other of powers.slice(at + 1))
        expect(powerBeyond(one, other).length + powerBeyond(other, one).length).toBeGreaterThan(0);
    }
  });
});

it.each<[Power, string]>([
  [NO_POWER, "may write nothing"],
  [scoped("src/", "*.md"), "may write src/, *.md"],
  [samplePower(), "may write the workspace"],
  [samplePower({ writable: ["/a", "/b"] }), "may write the workspace, /a, /b"],
  [samplePower({ network: true }), "may write the workspace; network on"],
  [EVERYTHING, "may write everything; network on"],
  [samplePower({ env: ["A", "B"] }), "may write the workspace; variables A, B"],
])("%j in words", (power, words) => {
  expect(describePower(power)).toBe(words);
});
