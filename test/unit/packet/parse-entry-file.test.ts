import { describe, expect, it } from "vitest";
import { EntryFile } from "../../../src/core/packet.ts";
import { parseEntryFile } from "../../../src/packet/parse-entry-file.ts";

describe("parseEntryFile", () => {
  it.each([
    ["src/a.ts", { path: "src/a.ts" }],
    ["src/a.ts:40", { path: "src/a.ts", from: 40 }],
    ["src/a.ts:40-95", { path: "src/a.ts", from: 40, to: 95 }],
    ["src/a.ts:7-7", { path: "src/a.ts", from: 7, to: 7 }],
    ["src/a.ts#L12", { path: "src/a.ts", from: 12 }],
    ["src/a.ts#L12-L20", { path: "src/a.ts", from: 12, to: 20 }],
    ["src/a.ts#L12-20", { path: "src/a.ts", from: 12, to: 20 }],
    ["a.ts:007", { path: "a.ts", from: 7 }],
    ["/abs/a b.ts:3", { path: "/abs/a b.ts", from: 3 }],
    ["C:\\x", { path: "C:\\x" }],
    ["C:\\x\\y.ts:12", { path: "C:\\x\\y.ts", from: 12 }],
    ["C:/x/y.ts#L3", { path: "C:/x/y.ts", from: 3 }],
    ["notes:today", { path: "notes:today" }],
    ["a:b:c", { path: "a:b:c" }],
    ["a:b:3", { path: "a:b", from: 3 }],
    ["a.ts:", { path: "a.ts:" }],
    ["a.ts:4-", { path: "a.ts:4-" }],
    ["a.ts#readme", { path: "a.ts#readme" }],
    ["a.ts#L", { path: "a.ts#L" }],
    ["a#b.ts:5", { path: "a#b.ts", from: 5 }],
    ["ünï/🧪.ts:2", { path: "ünï/🧪.ts", from: 2 }],
    ["2024-01-02", { path: "2024-01-02" }],
    ["a\nb.ts:2", { path: "a\nb.ts", from: 2 }],
  ])("%j", (text, expected) => {
    expect(parseEntryFile(text)).toEqual(expected);
    expect(EntryFile.parse(parseEntryFile(text))).toEqual(expected);
  });

  it.each([
    ["", "needs a path"],
    ["   ", "needs a path"],
    [":12", "needs a path"],
    ["#L12", "needs a path"],
    [" :1-2", "needs a path"],
    ["a.ts:0", "0 is not a line number"],
    ["a.ts:0-5", "0 is not a line number"],
    ["a.ts#L0", "0 is not a line number"],
    ["a.ts:5-0", "0 is not a line number"],
    ["a.ts:9-3", "end before they begin"],
    ["a.ts#L9-L3", "end before they begin"],
    ["a.ts:99999999999999999999", "is not a line number"],
    ["a\0b.ts", "NUL"],
    ["a.ts:1\0", "NUL"],
  ])("%j is refused: %s", (text, reason) => {
    expect(() => parseEntryFile(text)).toThrow(reason);
    try {
      parseEntryFile(text);
    } catch (error) {
      expect(error).toMatchObject({ kind: "usage", hint: expect.stringContaining("PATH:A-B") });
    }
  });
});
