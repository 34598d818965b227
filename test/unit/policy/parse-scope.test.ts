import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseScope } from "../../../src/policy/scope.ts";
import { tempDir } from "../sys/temp-dir.ts";

/** A workspace with a few names, and another name for all of it beside it. */
function place() {
  const outside = tempDir();
  const workspace = join(outside, "a repo");
  mkdirSync(join(workspace, "src", "deep"), { recursive: true });
  writeFileSync(join(workspace, "README.md"), "");
  symlinkSync("a repo", join(outside, "alias"));
  return { outside, workspace, alias: join(outside, "alias") };
}
const usage = (message: string) =>
  expect.objectContaining({ kind: "usage", message: expect.stringContaining(message), hint: expect.any(String) });

describe("a write scope", () => {
  it.each<[entries: string[], patterns: string[] | undefined]>([
    [["README.md"], ["README.md"]],
    [["src"], ["src"]],
    [["src/"], ["src/"]],
    [["src//deep/"], ["src/deep/"]],
    [["./src/./deep"], ["src/deep"]],
    [["not/there/yet.ts"], ["not/there/yet.ts"]],
    [
      ["src/*.ts", "docs/**", "t?.md", "{a,b}/c"],
      ["src/*.ts", "docs/**", "t?.md", "{a,b}/c"],
    ],
    [["packages/*/"], ["packages/*/"]],
    [
      ["src", "src", "./src", "docs"],
      ["src", "docs"],
    ],
    [["  src  "], ["src"]],
    [["a/../b"], ["b"]],
    [["src/../src/deep"], ["src/deep"]],
    // All of it.
    [["."], undefined],
    [["./"], undefined],
    [["src/.."], undefined],
    [["src", "."], undefined],
    // Nothing of it.
    [[], []],
    [["none"], []],
    [["NONE"], []],
    [[" None "], []],
    [["read-only"], []],
    [["Read-Only"], []],
    [["./none"], ["none"]],
    [["none/"], ["none/"]],
    [["none.ts"], ["none.ts"]],
    // Names that look like something else.
    [["app/[id]/page.tsx"], ["app/[id]/page.tsx"]],
    [["app/(group)/@modal/+page.svelte"], ["app/(group)/@modal/+page.svelte"]],
    [["app/[...slug]"], ["app/[...slug]"]],
    [["!src"], ["!src"]],
    [["-rf"], ["-rf"]],
    [["~/x"], ["~/x"]],
    [["with blank/a b"], ["with blank/a b"]],
    [["line\nend/x"], ["line\nend/x"]],
    [["é/日本/😀"], ["é/日本/😀"]],
    [
      ["..foo", "...", "a..b"],
      ["..foo", "...", "a..b"],
    ],
    [
      [".github", ".gitignore", ".gitmodules", "x.git"],
      [".github", ".gitignore", ".gitmodules", "x.git"],
    ],
    [
      [".claude", ".mcp.json"],
      [".claude", ".mcp.json"],
    ],
  ])("of %j is %j", (entries, patterns) => {
    expect(parseScope(entries, place().workspace)).toEqual(patterns);
  });

  it.each<[entries: string[], message: string]>([
    [["none", "src"], "says none and more than that"],
    [["src", "READ-ONLY"], "says READ-ONLY and more than that"],
    [["none", "none"], "says none and more than that"],
    [[""], "has an empty entry"],
    [["src", "   "], "has an empty entry"],
    [["a\0b"], "has a NUL character"],
    [[".."], "lies outside the workspace"],
    [["../"], "lies outside the workspace"],
    [["../x"], "lies outside the workspace"],
    [["a/../../x"], "lies outside the workspace"],
    [["src/../../a repo2"], "lies outside the workspace"],
    [["*/../../x"], "goes up in a glob"],
    [["*/../x"], "goes up in a glob"],
    [["{a,../../x}"], "goes up in a glob"],
    [["src", "../x"], "../x lies outside the workspace"],
    [["/"], "lies outside the workspace"],
    [["/etc"], "lies outside the workspace"],
    [["/etc/*.conf"], "lies outside the workspace"],
    [[".git"], "opens .git, which stays closed"],
    [[".git/"], "opens .git, which stays closed"],
    [["./.git/hooks"], "opens .git, which stays closed"],
    [["src/../.git"], "opens .git, which stays closed"],
    [["lib/.git"], "opens .git, which stays closed"],
    [["lib/.git/hooks/*"], "opens .git, which stays closed"],
    [["**/.git/**"], "opens .git, which stays closed"],
    [[".ask-codex"], "opens .ask-codex, which stays closed"],
    [[".ask-codex/*.md"], "opens .ask-codex, which stays closed"],
  ])("of %j is refused", (entries, message) => {
    expect(() => parseScope(entries, place().workspace)).toThrow(usage(message));
  });
});

describe("an absolute scope", () => {
  it.each<[name: string, entry: string, patterns: string[] | undefined]>([
    ["a file", "README.md", ["README.md"]],
    ["a directory", "src/", ["src/"]],
    ["what is not there yet", "new/x.ts", ["new/x.ts"]],
    ["a glob", "src/**/*.ts", ["src/**/*.ts"]],
    ["dots", "src/../README.md", ["README.md"]],
    ["the workspace itself", "", undefined],
    ["the workspace with a slash", "/", undefined],
  ])("below the workspace: %s, also by another name", (_, entry, patterns) => {
    const { workspace, alias } = place();
    expect(parseScope([join(workspace, entry)], workspace)).toEqual(patterns);
    expect(parseScope([join(alias, entry)], workspace)).toEqual(patterns);
  });

  it.each(["", "/x", " 2", "2/src"])("beside the workspace (%j) is refused", (more) => {
    const { workspace, outside } = place();
    const beside = more.startsWith("/") || more === "" ? `${outside}${more}` : `${workspace}${more}`;
    expect(() => parseScope([beside], workspace)).toThrow(usage("lies outside the workspace"));
  });
});

describe("a scope that goes through a link", () => {
  const linked = (target: string) => {
    const { workspace } = place();
    symlinkSync(target, join(workspace, "link"));
    return workspace;
  };

  it.each([
    ["link", ["src/deep"]],
    ["link/", ["src/deep/"]],
    ["link/new/x.ts", ["src/deep/new/x.ts"]],
    ["link/*.ts", ["src/deep/*.ts"]],
  ])("inside is the place itself, by which git will know it: %s", (entry, patterns) => {
    expect(parseScope([entry], linked("src/deep"))).toEqual(patterns);
  });

  it.each(["/etc", "..", "/no/such/place", "link"])("to %s is left to the grants", (target) => {
    expect(parseScope(["link/x"], linked(target))).toEqual(["link/x"]);
  });

  it("into .git is refused as if .git were named", () => {
    const { workspace } = place();
    mkdirSync(join(workspace, ".git", "hooks"), { recursive: true });
    symlinkSync(".git/hooks", join(workspace, "hooks"));
    expect(() => parseScope(["hooks"], workspace)).toThrow(usage("opens .git, which stays closed"));
  });
});

describe("a relative scope begins where the caller stands", () => {
  it.each<[base: string, entry: string, patterns: string[] | undefined]>([
    ["src", "deep", ["src/deep"]],
    ["src", ".", ["src"]],
    ["src", "./", ["src/"]],
    ["src", "..", undefined],
    ["src", "../README.md", ["README.md"]],
    ["src/deep", "*.ts", ["src/deep/*.ts"]],
    ["src/deep", "../../", undefined],
  ])("in %s %s is %j", (base, entry, patterns) => {
    const { workspace } = place();
    expect(parseScope([entry], workspace, join(workspace, base))).toEqual(patterns);
  });

  it("and an absolute one does not", () => {
    const { workspace } = place();
    expect(parseScope([join(workspace, "src")], workspace, join(workspace, "src", "deep"))).toEqual(["src"]);
  });

  it.each(["../..", "../../x", "../../../etc"])("in src, and %s lies outside", (entry) => {
    const { workspace } = place();
    expect(() => parseScope([entry], workspace, join(workspace, "src"))).toThrow(usage(dirname(workspace)));
  });
});
