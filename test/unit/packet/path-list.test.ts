import { describe, expect, it } from "vitest";
import { parsePaths, parseScopeList } from "../../../src/packet/path-list.ts";
import { refusalOf } from "./refusal.ts";

const linesOf = (text: string) => text.split("\n").map((line, at) => ({ text: line, line: at + 7 }));

describe("parsePaths", () => {
  it.each<[string, string[]]>([
    ["src/a.ts", ["src/a.ts"]],
    [
      "- src/a.ts\n* src/b.ts\n+ src/c.ts\n1. src/d.ts\n2) src/e.ts\n- [ ] src/f.ts",
      "abcdef".split("").map((name) => `src/${name}.ts`),
    ],
    ["src/a.ts\n\n  src/b.ts", ["src/a.ts", "src/b.ts"]],
    ["src/a.ts, src/b.ts,src/c.ts,", ["src/a.ts", "src/b.ts", "src/c.ts"]],
    ["src/{a,b}.ts, src/c.ts", ["src/{a,b}.ts", "src/c.ts"]],
    ["- `src/a.ts`", ["src/a.ts"]],
    ["`src/a, b.ts`, `src/my file.ts`", ["src/a, b.ts", "src/my file.ts"]],
    ['"src/a b.ts"', ["src/a b.ts"]],
    ["'src/the file.ts'", ["src/the file.ts"]],
    ["src/my file.ts", ["src/my file.ts"]],
    ["src/a.ts (NEW)", ["src/a.ts"]],
    ["src/a.ts (MODIFY), src/b.ts (DELETE, was c)", ["src/a.ts", "src/b.ts"]],
    ["`src/a.ts` (NEW)", ["src/a.ts"]],
    ["src/a.ts (NEW) (small)", ["src/a.ts"]],
    ["src/a.ts (any note, with commas)", ["src/a.ts"]],
    ["- src/a.ts — the parser, and its lexer", ["src/a.ts"]],
    ["- `src/a.ts` – the parser", ["src/a.ts"]],
    ["- `src/a.ts` - the parser", ["src/a.ts"]],
    ["src/app/(group)/page.tsx", ["src/app/(group)/page.tsx"]],
    ["pages/(auth)", ["pages/(auth)"]],
    ["**/*.ts", ["**/*.ts"]],
    ["* **/*.ts", ["**/*.ts"]],
    ["*.md", ["*.md"]],
    ["C:\\work\\a.ts", ["C:\\work\\a.ts"]],
    ["./src/", ["./src/"]],
    ["ünï/🧪.ts", ["ünï/🧪.ts"]],
    ["", []],
  ])("%j", (text, paths) => {
    expect(parsePaths(linesOf(text), "p.md", "WRITE SCOPE")).toEqual(paths);
  });

  it.each([
    ["src/a.ts and its tests", "src/a.ts and its tests"],
    ["only src/a.ts", "only src/a.ts"],
    ["everything below src", "everything below src"],
    ["src - copy", "src - copy"],
    ["src/a.ts: add the parser", "src/a.ts: add the parser"],
    ["`src/a.ts` and `src/b.ts`", "`src/a.ts` and `src/b.ts`"],
    ["`src/a.ts", "`src/a.ts"],
  ])("%j is no path", async (text, named) => {
    expect(await refusalOf(() => parsePaths(linesOf(`src\n${text}`), "p.md", "WRITE SCOPE"))).toBe(
      `p.md, line 8: WRITE SCOPE has text where a path belongs: ${JSON.stringify(named)} → write one path a line, without words around it; a path with blanks in it goes into backticks`,
    );
  });

  it("refuses a path behind a note, which would be lost", async () => {
    const text = "`src/a.ts` — the parser, `src/b.ts` — the lexer";
    expect(await refusalOf(() => parsePaths(linesOf(text), "p.md", "files"))).toContain(
      "p.md, line 7: files has more paths behind a note",
    );
  });

  it("refuses a line that no person wrote, at once", async () => {
    const text = `a${" ".repeat(500_000)}b`;
    expect(await refusalOf(() => parsePaths(linesOf(text), "p.md", "files"))).toContain("a line of 500002 characters");
    for (const one of [
      `a${" ".repeat(8_000)}b`,
      `a${" (x".repeat(2_500)}`,
      "`".repeat(8_000),
      "{".repeat(8_000),
      "a —".repeat(2_000),
    ])
      await refusalOf(() => parsePaths(linesOf(`${one} and`), "p.md", "files")).catch(() => "");
  });
});

describe("parseScopeList", () => {
  it.each(["none", "None", "NONE.", "read-only", "Read-Only", "- none", "`none`", "none (nothing to write)"])(
    "%j is no write at all",
    (text) => {
      expect(parseScopeList(linesOf(text), "p.md", "WRITE SCOPE")).toEqual([]);
    },
  );

  it.each(["none\nsrc/a.ts", "src/a.ts, read-only"])("%j contradicts itself", async (text) => {
    expect(await refusalOf(() => parseScopeList(linesOf(text), "p.md", "WRITE SCOPE"))).toMatch(
      /^p\.md, line 7: WRITE SCOPE says (none|read-only) and names paths as well → keep one of the two$/,
    );
  });
});
