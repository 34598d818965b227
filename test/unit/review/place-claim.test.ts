import { describe, expect, test } from "vitest";
import { type KnownPlaces, locateFile } from "../../../src/review/locate-file.ts";
import { placeClaim } from "../../../src/review/place-claim.ts";

/** What is there; links lead to their value. */
const THERE: Record<string, string> = {
  "/": "/",
  "/w": "/w",
  "/w/src": "/w/src",
  "/w/src/a.ts": "/w/src/a.ts",
  "/w/src/same.ts": "/w/src/same.ts",
  "/w/link.ts": "/w/src/a.ts",
  "/w/out.ts": "/etc/passwd",
  "/alias": "/w",
  "/alias/src": "/w/src",
  "/alias/src/a.ts": "/w/src/a.ts",
  "/etc/passwd": "/etc/passwd",
};
const PLACES: KnownPlaces = {
  roots: ["/w"],
  changed: new Set(["src/a.ts", "src/gone.ts", "odd\\name.ts", "b/dir.ts"]),
  realPath: (path) => THERE[path],
};

test.each<[named: string, file: string | null]>([
  ["/w/src/a.ts", "src/a.ts"],
  ["src/a.ts", "src/a.ts"],
  ["./src/a.ts", "src/a.ts"],
  [" `src/a.ts` ", "src/a.ts"],
  ["file:///w/src/a.ts", "src/a.ts"],
  ["/w/src/../src/./a.ts", "src/a.ts"],
  ["src/x/../a.ts", "src/a.ts"],
  ["/alias/src/a.ts", "src/a.ts"],
  ["/alias/src/not-there.ts", "src/not-there.ts"],
  ["/w/link.ts", "src/a.ts"],
  ["a/src/a.ts", "src/a.ts"],
  ["b/src/gone.ts", "src/gone.ts"],
  ["b/dir.ts", "b/dir.ts"],
  ["src\\a.ts", "src/a.ts"],
  ["odd\\name.ts", "odd\\name.ts"],
  ["/w/src/gone.ts", "src/gone.ts"],
  ["src/invented.ts", "src/invented.ts"],
  ["/w/src/invented.ts", "src/invented.ts"],
  ["/etc/passwd", null],
  ["/w/out.ts", null],
  ["out.ts", null],
  ["../w/src/a.ts", null],
  ["/w/../etc/passwd", null],
  ["/work/src/a.ts", null],
  ["/w", null],
  ["/w/", null],
  [".", null],
  ["", null],
  ["..", null],
  ["..\\..\\etc\\passwd", null],
  ["C:\\w\\src\\a.ts", null],
  ["src/a\0.ts", null],
])("a model's %j is %j", (named, file) => {
  expect(locateFile(named, PLACES)).toEqual(file === null ? { outside: named } : { file });
});

test.each<[named: string, file: string | null]>([
  ["C:\\Users\\me\\repo\\src\\a.ts", "src/a.ts"],
  ["c:/users/ME/repo/src/a.ts", "src/a.ts"],
  ["src\\a.ts", "src/a.ts"],
  ["C:\\Users\\me\\other\\a.ts", null],
  ["D:\\Users\\me\\repo\\src\\a.ts", null],
  ["C:\\Users\\me\\repo\\..\\a.ts", null],
])("on Windows a model's %j is %j", (named, file) => {
  const places = { roots: ["C:\\Users\\me\\repo"], changed: new Set(["src/a.ts"]), realPath: () => undefined };
  expect(locateFile(named, places)).toEqual(file === null ? { outside: named } : { file });
});

describe("a place", () => {
  const text = Array.from({ length: 20 }, (_, at) => `line ${at + 1}`);
  const changed = { file: "a.ts", ranges: [[3, 5] as const, [10, 10] as const] };
  const at = (line: number | null, end_line: number | null = null) => ({ line, end_line });
  const a = { file: "a.ts" };

  test.each([
    ["in a changed line", at(4), { ...at(4, 4), place: "change" }],
    ["at the edge", at(5, 7), { ...at(5, 7), place: "change" }],
    ["before it", at(1, 2), { ...at(1, 2), place: "file" }],
    ["between", at(6, 9), { ...at(6, 9), place: "file" }],
    ["around all of it", at(1, 20), { ...at(1, 20), place: "change" }],
    ["the wrong way round", at(5, 3), { ...at(3, 5), place: "change" }],
    ["without a line", at(null), { ...at(null), place: "file" }],
    ["with an end alone", at(null, 4), { ...at(null), place: "file" }],
    ["over the end", at(10, 99), { ...at(10, 20), place: "change" }],
    ["behind the end", at(90), { ...at(20, 20), place: "file", note: "it names line 90 of a file with 20 lines" }],
  ])("%s", (_, said, expected) => {
    expect(placeClaim(said, a, changed, text)).toEqual({ file: "a.ts", ...expected });
  });

  test.each<[what: string, got: unknown, expected: object]>([
    [
      "the change as a whole",
      placeClaim(at(1), null, undefined, "unreadable"),
      { file: null, line: null, place: "change" },
    ],
    [
      "outside of the workspace",
      placeClaim(at(1), { outside: "/etc/passwd" }, undefined, "unreadable"),
      { file: null, line: null, place: "outside", note: "it names /etc/passwd, outside of the workspace" },
    ],
    [
      "an invented file",
      placeClaim(at(7), a, undefined, "missing"),
      { file: "a.ts", line: null, place: "outside", note: "there is no such file" },
    ],
    [
      "a file that did not change",
      placeClaim(at(7), a, undefined, text),
      { file: "a.ts", line: 7, place: "outside", note: "the file is not part of the change" },
    ],
    [
      "a deleted file",
      placeClaim(at(7), a, { ...changed, deleted: true, ranges: [] }, "missing"),
      { file: "a.ts", line: null, place: "change", note: "the change deletes the file" },
    ],
    [
      "a line behind the end, where the last one changed",
      placeClaim(at(90), a, { file: "a.ts", ranges: [[20, 20]] }, text),
      { file: "a.ts", line: 20, place: "file" },
    ],
    ["a binary file", placeClaim(at(1), a, { file: "a.ts", ranges: [] }, "unreadable"), { line: 1, place: "file" }],
    [
      "an empty file",
      placeClaim(at(1), a, { file: "a.ts", ranges: [] }, []),
      { line: null, place: "file", note: "it names line 1 of an empty file" },
    ],
  ])("%s", (_, got, expected) => {
    expect(got).toMatchObject(expected);
  });
});
