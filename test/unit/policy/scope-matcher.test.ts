import { describe, expect, it } from "vitest";
import { isGlob, scopeMatcher, staticPart } from "../../../src/policy/scope.ts";

describe("what a scope covers", () => {
  it.each<[pattern: string, inside: string[], outside: string[]]>([
    ["a.ts", ["a.ts"], ["b.ts", "a.ts2", "x/a.ts", "aXts", "A.ts"]],
    ["src", ["src", "src/a", "src/a/b", "src/.env"], ["srcx", "src.ts", "src-2/a", "x/src/a", "Src/a"]],
    ["src/a", ["src/a", "src/a/b"], ["src/ab", "src/ab/c", "src/a.ts", "src", "src/b"]],
    ["src/", ["src/a", "src/a/b"], ["srcx/a", "src2", "a/src/b"]],
    // Wildcards stay in their folder, but for **.
    ["*.ts", ["a.ts", ".ts", ".a.ts"], ["a/b.ts", "a.tsx", "a.ts/x"]],
    ["src/*", ["src/a", "src/.a"], ["src/a/b", "src", "srcx/a"]],
    ["src/**", ["src/a", "src/a/b/c", "src/.a/.b"], ["srcx/a", "a/src/b"]],
    ["src/**/*.ts", ["src/a.ts", "src/b/c/a.ts", "src/.b/.a.ts"], ["a.ts", "src/a.js", "x/src/a.ts"]],
    ["**/a", ["a", "x/a", "x/y/a"], ["a/b", "xa", "ab"]],
    ["**", ["a", "a/b", ".a/.b"], []],
    ["?.ts", ["a.ts", "é.ts"], ["ab.ts", ".ts", "/.ts", "a/b.ts"]],
    ["a?b", ["aXb", "a.b"], ["ab", "a/b", "aXXb"]],
    ["{a,b}/c", ["a/c", "b/c", "{a,b}/c"], ["c", "ab/c", "{a,b}/d", "a/c/d"]],
    ["src/*.{ts,tsx}", ["src/a.ts", "src/a.tsx"], ["src/a.js", "src/a.ts,tsx"]],
    ["{id}/x", ["{id}/x"], ["id/x", "i/x"]],
    ["packages/*/", ["packages/a/b", "packages/a/b/c"], ["packages/a", "packages/README", "x/packages/a/b"]],
    ["*/", ["a/b", "a/b/c"], ["a"]],
    // Routes are named so: brackets and parentheses are plain, with a wildcard beside them, too.
    ["app/[id]/page.tsx", ["app/[id]/page.tsx"], ["app/i/page.tsx", "app/d/page.tsx", "app/id/page.tsx"]],
    ["app/[id]/*", ["app/[id]/page.tsx"], ["app/i/page.tsx", "app/d/x"]],
    ["app/[...slug]/*.ts", ["app/[...slug]/x.ts"], ["app/s/x.ts", "app/./x.ts"]],
    ["app/(group)/*", ["app/(group)/x"], ["app/group/x"]],
    ["app/@modal/*", ["app/@modal/x"], ["app/modal/x"]],
    ["src/+page*", ["src/+page.svelte"], ["src/page.svelte", "src/ppage"]],
    ["!a*", ["!ab"], ["b", "ab", "x/y"]],
    ["a|b*", ["a|bc"], ["a", "bc"]],
    ["@(a|b)*", ["@(a|b)c"], ["a", "b", "ac"]],
    ["?(a)b", ["x(a)b"], ["b", "ab"]],
    ["*(a)", ["x(a)", "(a)"], ["", "a", "aa"]],
    ["$x*", ["$xy"], ["xy"]],
    ["^x*", ["^xy"], ["xy"]],
    ["a.b*", ["a.bc"], ["aXbc"]],
    ["a\\*", ["a\\x"], ["a*", "ax"]],
    ["a b/*", ["a b/c"], ["a/c"]],
    ["é/*", ["é/x"], ["e/x"]],
    // A line end is a character like any other.
    ["*", ["a\nb"], ["a\nb/c"]],
    ["**/*.ts", ["a\nb/c.ts", "a/b\n.ts", "x/a\nb/c/d.ts"], ["a\nb/c.js"]],
    ["src/**", ["src/a\nb/c"], ["x\nsrc/a"]],
    ["a\nb/*", ["a\nb/c"], ["a/c", "b/c"]],
  ])("%j", (pattern, inside, outside) => {
    const matches = scopeMatcher([pattern]);
    expect(inside.filter((path) => !matches(path))).toEqual([]);
    expect(outside.filter(matches)).toEqual([]);
  });

  it("is what any of its patterns covers", () => {
    const matches = scopeMatcher(["src/", "*.md", "a.ts"]);
    expect(["src/x", "a.md", "a.ts", "b.ts", "docs/a.md"].map(matches)).toEqual([true, true, true, false, false]);
  });

  it("is nothing where it is empty", () => {
    expect(["a", "", ".", "a/b"].filter(scopeMatcher([]))).toEqual([]);
  });
});

describe("a pattern", () => {
  it.each<[pattern: string, glob: boolean, start: string]>([
    ["src", false, "src"],
    ["src/a.ts", false, "src/a.ts"],
    ["src/", false, "src/"],
    ["app/[id]/(g)/@x/+y", false, "app/[id]/(g)/@x/+y"],
    ["*.ts", true, ""],
    ["src/*.ts", true, "src"],
    ["src/a/**/b", true, "src/a"],
    ["src/a*/b", true, "src"],
    ["src/{a,b}/c", true, "src"],
    ["src/a?", true, "src"],
    ["app/[id]/*", true, "app/[id]"],
  ])("%s: a glob is %s, and begins in %j", (pattern, glob, start) => {
    expect(isGlob(pattern)).toBe(glob);
    expect(staticPart(pattern)).toBe(start);
  });
});
