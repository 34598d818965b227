import { describe, expect, it } from "vitest";
import type { ChangedFile } from "../../../src/core/record.ts";
import { parseRawDiff } from "../../../src/policy/parse-diff.ts";

const SHA = "ce013625030ba8dba906f756967f9e9ca394464a";
const meta = (status: string, from = "100644", to = "100644") => `:${from} ${to} ${SHA} ${SHA} ${status}`;
const raw = (...fields: string[]) => fields.map((field) => `${field}\0`).join("");

describe("one change", () => {
  it.each<[name: string, diff: string, changed: ChangedFile[]]>([
    ["added", raw(meta("A", "000000"), "a"), [{ path: "a", change: "created" }]],
    ["deleted", raw(meta("D", "100644", "000000"), "a"), [{ path: "a", change: "deleted" }]],
    ["modified", raw(meta("M"), "a"), [{ path: "a", change: "modified" }]],
    ["mode only", raw(meta("M", "100644", "100755"), "a"), [{ path: "a", change: "modified" }]],
    ["file to link", raw(meta("T", "100644", "120000"), "a"), [{ path: "a", change: "modified" }]],
    ["submodule", raw(meta("M", "160000", "160000"), "sub"), [{ path: "sub", change: "modified" }]],
    ["renamed", raw(meta("R100"), "old", "new"), [{ path: "new", change: "renamed", from: "old" }]],
    ["renamed and edited", raw(meta("R075"), "old", "new"), [{ path: "new", change: "renamed", from: "old" }]],
    ["copied", raw(meta("C100"), "old", "new"), [{ path: "new", change: "created" }]],
    ["unmerged", raw(meta("U"), "a"), [{ path: "a", change: "modified" }]],
    ["abbreviated ids", raw(":100644 100644 ce01362 ce01362 M", "a"), [{ path: "a", change: "modified" }]],
  ])("%s", (_, diff, changed) => {
    expect(parseRawDiff(diff)).toEqual(changed);
  });
});

describe("a name", () => {
  it.each([
    "src/with space.ts",
    " leading and trailing ",
    "line\nend",
    "tab\there",
    'quote"d',
    "it's",
    "back\\slash",
    "café/日本/😀.txt",
    "-rf",
    "->",
    ":100644 100644",
    ":1 2 3 4 M",
    "M",
    "a\r",
    "\u2028",
    "\x1b[31m",
  ])("%j comes through whole", (path) => {
    expect(parseRawDiff(raw(meta("A", "000000"), path))).toEqual([{ path, change: "created" }]);
    expect(parseRawDiff(raw(meta("R100"), path, `${path}2`))).toEqual([
      { path: `${path}2`, change: "renamed", from: path },
    ]);
  });

  it("that looks like the line before a name is still a name", () => {
    const path = meta("D");
    expect(parseRawDiff(raw(meta("A"), path, meta("M"), "b"))).toEqual([
      { path, change: "created" },
      { path: "b", change: "modified" },
    ]);
  });
});

describe("many changes", () => {
  it("are in path order, renames by their new name", () => {
    const diff = raw(meta("M"), "b", meta("R090"), "a", "z", meta("A"), "B", meta("D"), "c/d");
    expect(parseRawDiff(diff).map((file) => file.path)).toEqual(["B", "b", "c/d", "z"]);
  });

  it.each([
    ["nothing", ""],
    ["an empty record", "\0"],
    ["a change cut off before its name", meta("M")],
    ["something that is no diff", "fatal: bad object"],
  ])("are none in %s", (_, diff) => {
    expect(parseRawDiff(diff).filter((file) => file.path !== "")).toEqual([]);
  });
});
