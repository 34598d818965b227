import { describe, expect, it } from "vitest";
import type { AuditChange } from "../../../src/core/policy.ts";
import { type ClassifyInput, classifyChanges } from "../../../src/policy/classify-changes.ts";
import { samplePower } from "../core/samples.ts";

const [ONE, TWO] = ["1".repeat(40), "2".repeat(40)];
const renamed = (from: string, path: string, over: Partial<AuditChange> = {}): AuditChange => ({
  path,
  change: "renamed",
  from,
  mode_before: "100644",
  mode_after: "100755",
  blob_before: ONE,
  blob_after: TWO,
  ...over,
});

/** A scope in src/a.ts and docs/: the kernel opens src and docs, and the audit holds the file. */
const input = (over: Partial<ClassifyInput> = {}): ClassifyInput => ({
  power: samplePower({ write: "scope", scope: ["src/a.ts", "docs/"] }),
  workspace: "/w",
  grants: ["/w/docs", "/w/src"],
  kernelClosed: [],
  degraded: false,
  volatile: [],
  ...over,
});

/** What became of changes, in short: `deleted src/a.ts`. */
function told(changes: AuditChange[], over: Partial<ClassifyInput> = {}) {
  const { leftOut, ...found } = classifyChanges(changes, input(over));
  const say = ({ change, path, from }: AuditChange) => `${change} ${from === undefined ? "" : `${from} to `}${path}`;
  const words = Object.entries(found).map(([whose, list]) => [whose, list.map(say)] as const);
  return { ...Object.fromEntries(words.filter(([, list]) => list.length > 0)), ...(leftOut > 0 ? { leftOut } : {}) };
}

describe("a rename", () => {
  it.each<[name: string, from: string, to: string, found: object]>([
    ["in the scope", "docs/a", "docs/b", { changed: ["renamed docs/a to docs/b"] }],
    ["between two places of the scope", "src/a.ts", "docs/a.ts", { changed: ["renamed src/a.ts to docs/a.ts"] }],
    ["out of the scope", "docs/a", "src/b", { changed: ["deleted docs/a"], outOfScope: ["created src/b"] }],
    ["into the scope", "src/b", "docs/b", { changed: ["created docs/b"], outOfScope: ["deleted src/b"] }],
    ["beside the scope", "src/b", "src/c", { outOfScope: ["renamed src/b to src/c"] }],
    ["where the kernel closes", "x", "y", { concurrent: ["renamed x to y"] }],
    // Somebody took it away, and the run made one like it: two did that.
    ["from where the kernel closes", "x", "docs/x", { changed: ["created docs/x"], concurrent: ["deleted x"] }],
    ["to where the kernel closes", "docs/x", "x", { changed: ["deleted docs/x"], concurrent: ["created x"] }],
    ["from closed to open", "x", "src/x", { outOfScope: ["created src/x"], concurrent: ["deleted x"] }],
  ])("%s", (_, from, to, found) => {
    expect(told([renamed(from, to)])).toEqual(found);
  });

  it("over a border leaves both halves with what is theirs", () => {
    expect(classifyChanges([renamed("docs/a", "src/b")], input())).toEqual({
      changed: [
        {
          path: "docs/a",
          change: "deleted",
          mode_before: "100644",
          mode_after: null,
          blob_before: ONE,
          blob_after: null,
        },
      ],
      outOfScope: [
        {
          path: "src/b",
          change: "created",
          mode_before: null,
          mode_after: "100755",
          blob_before: null,
          blob_after: TWO,
        },
      ],
      concurrent: [],
      leftOut: 0,
    });
  });

  it.each<[name: string, over: Partial<AuditChange>, gone: string | undefined, made: string | undefined]>([
    ["of both", { from_base64: "/g==", path_base64: "/w==" }, "/g==", "/w=="],
    ["of the old name", { from_base64: "/g==" }, "/g==", undefined],
    ["of the new name", { path_base64: "/w==" }, undefined, "/w=="],
  ])("over a border leaves each half the bytes of its own name: %s", (_, over, gone, made) => {
    const { changed, outOfScope } = classifyChanges([renamed("docs/\uFFFD", "src/\uFFFD", over)], input());
    expect([...changed, ...outOfScope].map((one) => [one.change, one.path_base64, "from_base64" in one])).toEqual([
      ["deleted", gone, false],
      ["created", made, false],
    ]);
  });

  it("that stays in one place keeps all that is known of it", () => {
    const change = renamed("docs/a", "docs/b", { from_base64: "/g==", path_base64: "/w==" });
    expect(classifyChanges([change], input()).changed).toEqual([change]);
  });
});

describe("what changes by itself", () => {
  const made = (path: string): AuditChange => ({
    path,
    change: "created",
    mode_before: null,
    mode_after: "100644",
    blob_before: null,
    blob_after: ONE,
  });

  it.each<[pattern: string, left: string[], told: string[]]>([
    ["*.log", ["a.log", ".log"], ["docs/a.log", "a.logx"]],
    ["**/*.log", ["a.log", "docs/a.log", "src/x/y.log"], ["a.txt"]],
    ["dist", ["dist", "dist/a/b"], ["dist2/a", "docs/dist"]],
    ["dist/", ["dist/a/b"], ["distx"]],
    ["docs/[x]/*", ["docs/[x]/a"], ["docs/x/a"]],
    // What is not said is not left out, whatever the pattern would be elsewhere.
    ["!docs", ["!docs"], ["docs/a", "src/a.ts", "x"]],
    ["!(docs)/**", ["!(docs)/a"], ["docs/a", "src/a.ts", "x/y"]],
  ])("%s is left out, and counted", (pattern, left, kept) => {
    const whole = { grants: ["/w"], power: samplePower(), volatile: [pattern] };
    expect(told(left.map(made), whole)).toEqual({ leftOut: left.length });
    expect(told(kept.map(made), whole)).toEqual({ changed: kept.map((path) => `created ${path}`) });
  });

  it("is left out whoever did it", () => {
    expect(told(["docs/a.log", "src/a.log", "a.log"].map(made), { volatile: ["**/*.log"] })).toEqual({ leftOut: 3 });
  });

  it("hides no half of a rename: what went away is told", () => {
    const volatile = ["**/*.log"];
    expect(told([renamed("docs/a", "docs/a.log")], { volatile })).toEqual({ changed: ["deleted docs/a"], leftOut: 1 });
    expect(told([renamed("src/b", "src/b.log")], { volatile })).toEqual({ outOfScope: ["deleted src/b"], leftOut: 1 });
    expect(told([renamed("src/b.log", "src/b")], { volatile })).toEqual({ outOfScope: ["created src/b"], leftOut: 1 });
    expect(told([renamed("x.log", "y.log")], { volatile })).toEqual({ leftOut: 1 });
  });
});
