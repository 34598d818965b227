import { describe, expect, it } from "vitest";
import { parseRawDiff } from "../../../../src/policy/trees/parse-diff.ts";
import { told } from "./looks.ts";

const ONE = "ce013625030ba8dba906f756967f9e9ca394464a";
const TWO = "4a58007052a65fbc2fc3f910f2855f45a4058e74";
const NULL = "0".repeat(40);
const meta = (status: string, from = "100644", to = "100644") =>
  `:${from} ${to} ${from === "000000" ? NULL : ONE} ${to === "000000" ? NULL : TWO} ${status}`;
const raw = (...fields: string[]) => Buffer.from(fields.map((field) => `${field}\0`).join(""));

describe("one change", () => {
  it.each([
    ["added", raw(meta("A", "000000"), "a"), "created a"],
    ["deleted", raw(meta("D", "100644", "000000"), "a"), "deleted a"],
    ["modified", raw(meta("M"), "a"), "modified a"],
    ["mode only", raw(meta("M", "100644", "100755"), "a"), "modified a"],
    ["file to link", raw(meta("T", "100644", "120000"), "a"), "modified a"],
    ["submodule", raw(meta("M", "160000", "160000"), "sub"), "modified sub"],
    ["renamed", raw(meta("R100"), "old", "new"), "renamed old to new"],
    ["renamed and edited", raw(meta("R075"), "old", "new"), "renamed old to new"],
    ["copied", raw(meta("C100"), "old", "new"), "created new"],
    ["unmerged", raw(meta("U"), "a"), "modified a"],
    ["abbreviated ids", raw(":100644 100644 ce01362 ce01362 M", "a"), "modified a"],
  ])("%s", (_, diff, change) => {
    expect(told(parseRawDiff(diff))).toEqual([change]);
  });

  it("has modes and ids, and null where there is or was nothing", () => {
    expect(parseRawDiff(raw(meta("A", "000000", "100755"), "a"))).toEqual([
      { path: "a", change: "created", mode_before: null, mode_after: "100755", blob_before: null, blob_after: TWO },
    ]);
    expect(parseRawDiff(raw(meta("R090"), "a", "b"))).toEqual([
      {
        path: "b",
        change: "renamed",
        from: "a",
        mode_before: "100644",
        mode_after: "100644",
        blob_before: ONE,
        blob_after: TWO,
      },
    ]);
    expect(parseRawDiff(raw(meta("C090"), "a", "b"))[0]).toMatchObject({ mode_before: null, blob_before: null });
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
    "\uFFFD",
  ])("%j comes through whole", (path) => {
    expect(parseRawDiff(raw(meta("A", "000000"), path))).toMatchObject([{ path, change: "created" }]);
    expect(parseRawDiff(raw(meta("R100"), path, `${path}2`))).toMatchObject([{ path: `${path}2`, from: path }]);
    expect(parseRawDiff(raw(meta("A", "000000"), path))[0]).not.toHaveProperty("path_base64");
  });

  it("in bytes that are not UTF-8 is told in bytes, too", () => {
    const diff = Buffer.concat([raw(meta("M")), Buffer.of(0x61, 0xff, 0)]);
    expect(parseRawDiff(diff)).toMatchObject([{ path: "a\uFFFD", path_base64: "Yf8=" }]);
  });

  it("that looks like the line before a name is still a name", () => {
    const path = meta("D");
    expect(told(parseRawDiff(raw(meta("A"), path, meta("M"), "b")))).toEqual([`created ${path}`, "modified b"]);
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
    ["a change cut off before its name", `${meta("M")}\0`],
    ["one cut off in the middle", meta("M")],
    ["something that is no diff", "fatal: bad object"],
  ])("are none in %s", (_, diff) => {
    expect(parseRawDiff(Buffer.from(diff))).toEqual([]);
  });
});
