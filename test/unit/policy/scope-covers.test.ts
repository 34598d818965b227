import { describe, expect, it } from "vitest";
import { scopeCovers, scopeMatcher } from "../../../src/policy/scope.ts";

describe("less is allowed", () => {
  it.each<[had: string[], asked: string[]]>([
    [["src"], ["src"]],
    [["src"], ["src/"]],
    [["src/"], ["src"]],
    [["src"], ["src/a"]],
    [["src/"], ["src/a/b.ts", "src/c/"]],
    [["src"], ["src/*"]],
    [["src"], ["src/**"]],
    [["src"], ["src/*.{ts,tsx}", "src/a/**/b?"]],
    [["src/**"], ["src/a", "src/a/", "src/*.ts", "src/a/**"]],
    [["**"], ["src", "*.ts", "a/**", "{a,b}"]],
    [
      ["a", "b"],
      ["a/x", "b/y"],
    ],
    [["src/*.ts"], ["src/*.ts"]],
    [
      ["src/*", "docs"],
      ["docs/a", "src/*"],
    ],
    [["app/[id]"], ["app/[id]/page.tsx"]],
    [["a.ts"], ["a.ts"]],
    [["src"], []],
    [[], []],
  ])("%j covers %j", (had, asked) => {
    expect(scopeCovers(had, asked)).toBe(true);
  });
});

describe("more is refused, and what can't be told is more", () => {
  it.each<[had: string[], asked: string[]]>([
    [[], ["src"]],
    [[], ["**"]],
    [["src"], ["docs"]],
    [["src"], ["src", "docs"]],
    [["src/a"], ["src"]],
    [["src/a"], ["src/"]],
    [["src/a"], ["src/ab"]],
    [["src/a"], ["src/ab/c"]],
    [["src/a"], ["src/a.ts"]],
    [["src/a"], ["src/*"]],
    [["src/a"], ["src/a*"]],
    [["src/a"], ["src/a?"]],
    [["src/a"], ["src/{a,b}"]],
    [["src/a"], ["src/a{,b}/x"]],
    [["src"], ["src*"]],
    [["src"], ["src*/x"]],
    [["src"], ["*"]],
    [["src"], ["**"]],
    [["src"], ["**/src"]],
    [["src"], ["{src,docs}"]],
    [["src"], ["*/src"]],
    [["src"], ["Src"]],
    [["src"], ["/src"]],
    [["src"], ["/etc"]],
    [["src"], [""]],
    [["src"], ["."]],
    [["src"], [".."]],
    // Dots lead out again, wherever they stand.
    [["src"], ["src/.."]],
    [["src"], ["src/../x"]],
    [["src"], ["src/a/../../x"]],
    [["src"], ["src/*/../../x"]],
    [["src"], ["src/{a,../../x}"]],
    [["src"], ["src/../"]],
    [["**"], ["../x"]],
    [["**"], ["a/../../x"]],
    // A glob names entries; a plain name is a directory with all that is in it.
    [["*"], ["src"]],
    [["src/*"], ["src/a"]],
    [["src/*"], ["src/a/b"]],
    [["src/*"], ["src/a/"]],
    [["src/*"], ["src/**"]],
    [["src/*"], ["src"]],
    [["src/*.ts"], ["src/a.ts"]],
    [["src/*.ts"], ["src/*"]],
    [["src/*.ts"], ["src/*.tsx"]],
    [["src/**/*.ts"], ["src/**"]],
    [["src/**/*.ts"], ["src/*.ts"]],
    [["src/**/*.ts"], ["src"]],
    [["src/?"], ["src/a"]],
    [["{src,docs}"], ["src"]],
    [["*/**"], ["src"]],
    [["packages/*/"], ["packages/a"]],
    [["packages/*/"], ["packages"]],
  ])("%j does not cover %j", (had, asked) => {
    expect(scopeCovers(had, asked)).toBe(false);
  });
});

it("never covers a path that was not covered before", () => {
  const patterns = [
    ...["a", "a/", "a/b", "a/b/", "ab", "b", "a/*", "a/**", "a/b/*", "*", "**", "*/b", "**/b", "a?", "a/?"],
    ...["{a,b}", "{a,b}/c", "a/{b,c}", "a*", "a/*/", "a/b*", "a/**/c", "*/", "a/../b", "[a]", "a/b/.."],
  ];
  const paths = ["a", "b", "c", "ab", ".a", "[a]"].flatMap((one) => [
    one,
    ...["b", "c", "bc", ".x"].flatMap((two) => [`${one}/${two}`, `${one}/${two}/c`, `${one}/${two}/c/d`]),
  ]);
  const wrong = patterns.flatMap((had) =>
    patterns
      .filter((asked) => scopeCovers([had], [asked]))
      .flatMap((asked) => {
        const before = scopeMatcher([had]);
        return paths.filter((path) => scopeMatcher([asked])(path) && !before(path)).map((path) => [had, asked, path]);
      }),
  );
  expect(wrong).toEqual([]);
});
