import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { buildTree, type TreeEntry } from "../../../src/policy/keep/build-tree.ts";
import { tempRepo } from "./temp-repo.ts";

/** The tree as git reads it back, after git's own strict check of every object. */
function readBack(entries: readonly { path: string; mode?: string; text?: string }[]): string[] {
  const repo = tempRepo();
  const blobOf = (text: string) =>
    execFileSync("git", ["hash-object", "-w", "--stdin"], {
      cwd: repo.dir,
      env: repo.env,
      input: text,
      encoding: "utf8",
    });
  const all: TreeEntry[] = entries.map(({ path, mode = "100644", text = "x\n" }) => ({
    path,
    mode,
    blob: blobOf(text).trim(),
  }));
  const objects = buildTree(all, "sha1");
  for (const { id, bytes } of objects) {
    const place = repo.path(join(".git/objects", id.slice(0, 2), id.slice(2)));
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, deflateSync(bytes));
  }
  const root = objects.at(-1)?.id ?? "";
  repo.git("update-ref", "refs/other/tree", root);
  repo.git("fsck", "--full", "--strict");
  const listed = execFileSync("git", ["ls-tree", "-r", "-z", root], {
    cwd: repo.dir,
    env: repo.env,
    encoding: "latin1",
  });
  return listed
    .split("\0")
    .slice(0, -1)
    .map((line) => line.replace(/ blob (\w{4})\w+\t/, " $1 "));
}

describe("buildTree", () => {
  test("sorts as git does, files and directories by bytes", () => {
    const paths = ["a.b", "a/z", "a-", "a0", "before/x", "\xff", "A", "a b", "two\nlines", "z/y/x/w"];
    expect(readBack(paths.map((path) => ({ path })))).toEqual(
      ["A", "a b", "a-", "a.b", "a/z", "a0", "before/x", "two\nlines", "z/y/x/w", "\xff"].map(
        (path) => `100644 587b ${path}`,
      ),
    );
  });

  test("keeps modes and links", () => {
    const entries = [
      { path: "x", mode: "100755" },
      { path: "l", mode: "120000", text: "x" },
    ];
    expect(readBack(entries)).toEqual(["120000 c1b0 l", "100755 587b x"]);
  });

  test.each([
    ".git/config",
    "a/.GIT/x",
    "a/.gitmodules",
    ".gitattributes",
    "b/git~1",
    "GITMOD~1",
    "c/.g\xe2\x80\x8cit",
    "x\\.git\\y",
    "../x",
    "a/./b",
    "/etc/passwd",
    "a//b",
    "",
    `${"d/".repeat(600)}x`,
  ])("keeps %j by the id of its contents alone", (path) => {
    expect(readBack([{ path }, { path: "kept" }]).map((line) => line.replace(/\w{36}$/, ""))).toEqual([
      "100644 587b by-id/587b",
      "100644 587b kept",
    ]);
  });

  test.each([".github/ci.yml", ".gitkeep", "gifts.ts", "legit/x", "~/x"])("leaves %j where it is", (path) => {
    expect(readBack([{ path }])).toEqual([`100644 587b ${path}`]);
  });

  test("a file and a directory of one name: the second is kept by its id", () => {
    expect(readBack([{ path: "x" }, { path: "x/y", text: "y" }])).toEqual([
      expect.stringMatching(/^100644 (\w{4}) by-id\/\1/),
      "100644 587b x",
    ]);
  });
});
