import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { endOfLines, firstLine, headOf, lastLines, linesFromEnd, linesSince } from "../../../src/sys/growing-file.ts";
import { tempDir } from "./temp-dir.ts";

const KB = 1024;

function file(text: string): string {
  const path = join(tempDir(), "log");
  writeFileSync(path, text);
  return path;
}

const numbered = (count: number): string => Array.from({ length: count }, (_, at) => `line ${at}\n`).join("");

describe("the last lines", () => {
  it.each([
    ["all of a small file", "one\ntwo\n", undefined, ["one", "two"]],
    ["no line that is not finished", "one\ntw", undefined, ["one"]],
    ["nothing of a file without a line end", "one", undefined, []],
    ["nothing of an empty file", "", undefined, []],
    ["no line that the cut parts", "first line\nsecond line\n", 15, ["second line"]],
    ["no empty lines", "one\n\ntwo\n", undefined, ["one", "two"]],
    ["lines at LF only", "a\u2028b\r\nc\n", undefined, ["a\u2028b\r", "c"]],
  ])("%s", (_, text, max, lines) => {
    expect(lastLines(file(text), max)).toEqual(lines);
  });

  it("a file that is not there has none", () => {
    const path = join(tempDir(), "missing");
    expect(lastLines(path)).toEqual([]);
    expect([...linesFromEnd(path)]).toEqual([]);
    expect(linesSince(path, 7)).toEqual({ lines: [], at: 7 });
    expect([endOfLines(path), firstLine(path), headOf(path, 9)]).toEqual([0, undefined, undefined]);
  });
});

describe("lines from the end", () => {
  it.each([
    ["in one block", 10],
    ["over many blocks", 50_000],
  ])("every line once, the newest first: %s", (_, count) => {
    const lines = [...linesFromEnd(file(numbered(count)))];
    expect(lines.reverse().join("\n")).toBe(numbered(count).trimEnd());
  });

  it("without the one that is not finished", () => {
    expect([...linesFromEnd(file("one\ntwo\nthr"))]).toEqual(["two", "one"]);
  });

  it("a line over several blocks is whole", () => {
    const long = "ä".repeat(150 * KB);
    expect([...linesFromEnd(file(`one\n${long}\nthree\n`))]).toEqual(["three", long, "one"]);
  });

  it("a line that nobody could read is left out, and those around it are there", () => {
    expect([...linesFromEnd(file(`one\n${"x".repeat(5_000 * KB)}\nthree\n`))]).toEqual(["three", "one"]);
  });

  it("from a place on", () => {
    expect([...linesFromEnd(file("one\ntwo\nthree\n"), 8)]).toEqual(["two", "one"]);
  });
});

test("lines since a place: each once, however the file grows", () => {
  const path = file("one\ntw");
  const first = linesSince(path, 0);
  expect(first).toEqual({ lines: ["one"], at: 4 });
  expect(linesSince(path, first.at)).toEqual({ lines: [], at: 4 });
  appendFileSync(path, "o\nthree\n");
  expect(linesSince(path, first.at)).toEqual({ lines: ["two", "three"], at: 14 });
  expect(linesSince(path, 14)).toEqual({ lines: [], at: 14 });
});

test("a line that is too long does not stop whoever follows", () => {
  const path = file(`${"x".repeat(9_000 * KB)}\nnext\n`);
  const seen: string[] = [];
  let at = 0;
  for (let looks = 0; looks < 5; looks++) {
    const found = linesSince(path, at);
    seen.push(...found.lines);
    at = found.at;
  }
  expect(seen.at(-1)).toBe("next");
});

test("the end of the last whole line, the first line, and the head", () => {
  const path = file(`one\n${"x".repeat(100 * KB)}`);
  expect(endOfLines(path)).toBe(4);
  expect(endOfLines(file("one"))).toBe(0);
  expect(firstLine(path)).toBe("one");
  expect(firstLine(file("x".repeat(99)), 50)).toBeUndefined();
  expect(headOf(path, 2)).toBe("on");
});
