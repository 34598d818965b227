import { describe, expect, it } from "vitest";
import type { AuditChange, Power } from "../../../src/core/policy.ts";
import { type ClassifyInput, classifyChanges } from "../../../src/policy/classify-changes.ts";
import { NO_POWER, samplePower } from "../core/samples.ts";

const BLOB = "257cc5642cb1a054f08cc83f2d943e56fd3ebe99";
const modified = (path: string): AuditChange => ({
  path,
  change: "modified",
  mode_before: "100644",
  mode_after: "100644",
  blob_before: BLOB,
  blob_after: BLOB,
});

const input = (over: Partial<ClassifyInput>): ClassifyInput => ({
  power: samplePower(),
  workspace: "/w",
  grants: ["/w"],
  kernelClosed: [],
  degraded: false,
  volatile: [],
  ...over,
});
const scope = (...patterns: string[]): Power => samplePower({ write: "scope", scope: patterns });

/** Whose a change of a path is, in one word. */
function whose(path: string, over: Partial<ClassifyInput>): string {
  const found = classifyChanges([modified(path)], input(over));
  const words = (["changed", "outOfScope", "concurrent"] as const).filter((word) => found[word].length > 0);
  return [...words, ...(found.leftOut > 0 ? ["left out"] : [])].join(" and ");
}

interface Row {
  row: string;
  over: Partial<ClassifyInput>;
  changed?: string[];
  outOfScope?: string[];
  concurrent?: string[];
}

const GUARDED = [".claude", ".mcp.json", ".ask-codex"];

const ROWS: Row[] = [
  {
    row: "nothing is written: all of it is somebody else's",
    over: { power: NO_POWER, grants: [] },
    concurrent: ["a", "src/a", ".claude/x", ".git/config"],
  },
  {
    row: "nothing is written, without profiles: the kernel closed it all the same",
    over: { power: NO_POWER, grants: [], degraded: true },
    concurrent: ["a", "src/a", ".claude/x"],
  },
  {
    row: "the workspace",
    over: {},
    changed: ["a", "src/a", ".env", ".github/x", "src/.claude/x"],
    // Not there when the run began, so the kernel could not close it.
    outOfScope: [".claude/x", ".mcp.json", ".ask-codex/x"],
    concurrent: [".git/config", ".codex/x", ".agents/x"],
  },
  {
    row: "the workspace, with the guarded names in it",
    over: { kernelClosed: GUARDED },
    changed: ["a", ".claudex", "src/.mcp.json"],
    concurrent: [".claude/x", ".claude", ".mcp.json", ".ask-codex/r.md", ".git/x"],
  },
  {
    row: "a directory",
    over: { power: scope("src/a"), grants: ["/w/src/a"] },
    changed: ["src/a/x", "src/a/deep/y"],
    concurrent: ["src/a", "src/ab", "src/ab/c", "src/b", "a", "x/src/a/b", ".claude/x"],
  },
  {
    row: "a file: the kernel opens its directory, the audit holds the rest",
    over: { power: scope("src/a.ts"), grants: ["/w/src"] },
    changed: ["src/a.ts"],
    outOfScope: ["src/b.ts", "src/deep/x", "src/a.ts2"],
    concurrent: ["a.ts", "srcx", "docs/x"],
  },
  {
    row: "a file of the root, which opens all of it",
    over: { power: scope("README.md"), grants: ["/w"] },
    changed: ["README.md"],
    outOfScope: ["src/a", "README.md2", ".claude/x", ".mcp.json"],
    concurrent: [".git/config", ".codex/x"],
  },
  {
    row: "a glob",
    over: { power: scope("src/*.ts"), grants: ["/w/src"] },
    changed: ["src/a.ts"],
    outOfScope: ["src/a.js", "src/deep/a.ts"],
    concurrent: ["a.ts"],
  },
  {
    row: "a glob that happens to match what is guarded",
    over: { power: scope("*.json", "**/x"), grants: ["/w"] },
    changed: ["a.json", "x", "src/x"],
    outOfScope: [".mcp.json", ".claude/x", ".ask-codex/x"],
  },
  {
    row: "a glob, and what it matches is guarded and there",
    over: { power: scope("**"), grants: ["/w"], kernelClosed: GUARDED },
    changed: ["a", "src/.claude/x"],
    concurrent: [".mcp.json", ".claude/x", ".ask-codex/x", ".git/hooks/x"],
  },
  {
    row: "what is guarded, by its name",
    over: { power: scope(".claude/"), grants: ["/w/.claude"], kernelClosed: [".mcp.json"] },
    changed: [".claude/x", ".claude/deep/y"],
    concurrent: [".mcp.json", "a"],
  },
  {
    row: "a part of what is guarded, by its name",
    over: { power: scope(".claude/skills/x.md"), grants: ["/w/.claude/skills"] },
    changed: [".claude/skills/x.md"],
    outOfScope: [".claude/skills/y.md"],
    concurrent: [".claude/settings.json"],
  },
  {
    row: "brackets climb to the parent",
    over: { power: scope("app/[id]/"), grants: ["/w/app"] },
    changed: ["app/[id]/x"],
    outOfScope: ["app/i/x", "app/y"],
  },
  {
    row: "a writable directory in the workspace",
    over: { power: { ...scope("src"), writable: ["/w/out"] }, grants: ["/w/out", "/w/src"] },
    changed: ["src/x", "out/x", "out/deep/y"],
    concurrent: ["out", "output/x", "x"],
  },
  {
    row: "a writable directory in an open root: its neighbours are not",
    over: { power: { ...scope("README.md"), writable: ["/w/out"] }, grants: ["/w"] },
    changed: ["README.md", "out/x"],
    outOfScope: ["outx/y", "out.ts"],
  },
  {
    row: "a writable directory that is guarded, by its name",
    over: { power: samplePower({ writable: ["/w/.claude"] }), grants: ["/w"] },
    changed: [".claude/x", "a"],
    outOfScope: [".mcp.json"],
  },
  {
    row: "a writable directory outside, whose name begins like the workspace",
    over: { power: { ...scope("src"), writable: ["/w2", "/"] }, grants: ["/w/src", "/w2"] },
    changed: ["src/x"],
    concurrent: ["x", "2/x"],
  },
  {
    row: "a scope without profiles: all of the workspace was open",
    over: { power: scope("src"), grants: ["/w/src"], degraded: true },
    changed: ["src/x"],
    outOfScope: ["docs/x", "a", ".claude/x"],
    concurrent: [".git/x", ".codex/x", ".agents/x"],
  },
  {
    row: "the workspace without profiles: what is there was not closed either",
    over: { kernelClosed: GUARDED, degraded: true },
    changed: ["a", "src/x"],
    outOfScope: [".claude/x", ".mcp.json", ".ask-codex/x"],
    concurrent: [".git/x"],
  },
  {
    row: "everything",
    over: { power: samplePower({ write: "everything" }), grants: [] },
    changed: ["a", "src/x", ".claude/x", ".codex/x"],
  },
  {
    row: "everything, with a scope that only the audit holds",
    over: { power: samplePower({ write: "everything", scope: ["src/"] }), grants: [], kernelClosed: GUARDED },
    changed: ["src/x"],
    outOfScope: ["a", ".claude/x", ".codex/x", "srcx/y"],
  },
];

describe("whose a change is", () => {
  it.each(ROWS)("$row", ({ over, changed = [], outOfScope = [], concurrent = [] }) => {
    const expected = [
      ...changed.map((path) => [path, "changed"]),
      ...outOfScope.map((path) => [path, "outOfScope"]),
      ...concurrent.map((path) => [path, "concurrent"]),
    ];
    expect(expected.map(([path = ""]) => [path, whose(path, over)])).toEqual(expected);
  });

  it("is told of each, whole and in their order", () => {
    const changes = ["src/a", "x", "src/b", ".git/x"].map(modified);
    const found = classifyChanges(changes, input({ power: scope("src"), grants: ["/w"] }));
    expect(found).toEqual({
      changed: [changes[0], changes[2]],
      outOfScope: [changes[1]],
      concurrent: [changes[3]],
      leftOut: 0,
    });
  });

  it("is nothing where nothing changed", () => {
    expect(classifyChanges([], input({}))).toEqual({ changed: [], outOfScope: [], concurrent: [], leftOut: 0 });
  });
});
