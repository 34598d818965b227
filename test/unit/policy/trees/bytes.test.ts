import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, utimesSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readRepositoryState } from "../../../../src/policy/trees/repository-state.ts";
import { dirtyPaths, readStatus, statusText } from "../../../../src/policy/trees/status.ts";
import { notCovered, type TreeStore } from "../../../../src/policy/trees/store.ts";
import { type TempRepo, tempRepo } from "../temp-repo.ts";
import { exactPrint, have, look, open } from "./looks.ts";

/** The bytes that a tree of a store has at a path. */
function kept(store: TreeStore, tree: string, path: string): string {
  const env = { ...store.env, GIT_DIR: store.dir };
  return execFileSync("git", ["cat-file", "blob", `${tree}:${path}`], { env, encoding: "latin1" });
}

/** Checked in as the user's git does it, filters and all, and so long ago that git believes its index. */
function checkIn(repo: TempRepo): void {
  const longAgo = new Date(1_600_000_000_000);
  for (const name of ["a.txt", "src/b.txt", "x.txt", ".gitattributes"])
    if (existsSync(repo.path(name))) utimesSync(repo.path(name), longAgo, longAgo);
  repo.git("add", "-A");
  repo.git("commit", "-q", "-m", "converted");
  repo.git("status");
  expect(repo.git("status", "--porcelain")).toBe("");
}

const CRLF = "one\r\ntwo\r\n";
const UTF16 = Buffer.from("\uFEFFtext ä\n", "utf16le");
const rot = "tr a-zA-Z n-za-mN-ZA-M";

const CONVERTED: readonly (readonly [name: string, text: string | Buffer, make: (repo: TempRepo) => unknown])[] = [
  ["core.autocrlf = true", CRLF, ({ git }) => git("config", "core.autocrlf", "true")],
  ["core.autocrlf = input", CRLF, ({ git }) => git("config", "core.autocrlf", "input")],
  ["text=auto", CRLF, ({ write }) => write({ ".gitattributes": "* text=auto\n" })],
  ["eol=crlf", CRLF, ({ write }) => write({ ".gitattributes": "*.txt text eol=crlf\n" })],
  ["the old name crlf", CRLF, ({ write }) => write({ ".gitattributes": "*.txt crlf\n" })],
  ["a macro", CRLF, ({ write }) => write({ ".gitattributes": "[attr]prose text eol=crlf\nx.txt prose\n" })],
  ["ident", "$Id: something $\n", ({ write }) => write({ ".gitattributes": "x.txt ident\n" })],
  ["an encoding", UTF16, ({ write }) => write({ ".gitattributes": "x.txt working-tree-encoding=UTF-16LE-BOM\n" })],
  [
    "a filter that keeps the size",
    "plain text\n",
    ({ git, write }) => [git("config", "filter.rot.clean", rot), write({ ".gitattributes": "x.txt filter=rot\n" })],
  ],
  [
    "attributes in .git/info",
    "plain text\n",
    ({ git, write }) => [
      git("config", "filter.rot.clean", rot),
      write({ ".git/info/attributes": "x.txt filter=rot\n" }),
    ],
  ],
  [
    "attributes in the user's home",
    CRLF,
    ({ git, write }) => [
      write({ "../home/attributes": "*.txt text eol=crlf\n" }),
      git("config", "--global", "core.attributesFile", "~/attributes"),
    ],
  ],
  [
    "a filter like that of Git LFS",
    "large contents\n",
    ({ git, write }) => [
      git("config", "filter.lfs.clean", "sha256sum"),
      git("config", "filter.lfs.required", "true"),
      write({ ".gitattributes": "x.txt filter=lfs diff=lfs merge=lfs -text\n" }),
    ],
  ],
];

describe("a clean file with", () => {
  it.each(CONVERTED)("%s is kept as it is on disk, and is not dirty", async (_, text, make) => {
    const repo = tempRepo();
    await make(repo);
    repo.write({ "x.txt": text });
    checkIn(repo);
    const onDisk = readFileSync(repo.path("x.txt"), "latin1");
    expect(repo.git("cat-file", "blob", "HEAD:x.txt")).not.toBe(onDisk);
    const before = exactPrint(repo.path(".git"));
    const store = await open(repo);
    const first = await look(store);
    expect(kept(store, first.tree, "x.txt")).toBe(onDisk);
    const state = await have(readRepositoryState(store));
    const status = await have(readStatus(store, state, first));
    expect(statusText(status)).toBe("## main\n");
    expect(dirtyPaths(status)).toEqual([]);
    expect((await look(store)).tree).toBe(first.tree);
    repo.write({ "x.txt": "edited\n" });
    expect(dirtyPaths(await have(readStatus(store, state, await look(store))))).toEqual(["x.txt"]);
    expect(exactPrint(repo.path(".git"))).toEqual(before);
    expect(notCovered(store)).toEqual([]);
  });

  it("a switch from one line end to the other is a change, whatever git calls it", async () => {
    const repo = tempRepo({ "x.txt": "one\ntwo\n", ".gitattributes": "* text=auto\n" });
    const store = await open(repo);
    const before = await look(store);
    repo.write({ "x.txt": CRLF });
    const after = await look(store);
    expect(kept(store, before.tree, "x.txt")).toBe("one\ntwo\n");
    expect(kept(store, after.tree, "x.txt")).toBe(CRLF);
  });

  it("mixed line ends is no reason to know nothing", async () => {
    const repo = tempRepo();
    repo.git("config", "core.safecrlf", "true");
    repo.git("config", "core.autocrlf", "true");
    repo.write({ "x.txt": "one\r\ntwo\n" });
    const store = await open(repo);
    expect(kept(store, (await look(store)).tree, "x.txt")).toBe("one\r\ntwo\n");
  });
});

it("a pointer of Git LFS whose contents are not there is named", async () => {
  const repo = tempRepo();
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 1\n`;
  repo.write({ ".gitattributes": "*.bin filter=lfs -text\n", "x.bin": pointer });
  const store = await open(repo);
  await look(store);
  expect(notCovered(store)).toEqual([expect.stringMatching(/^Git LFS has not fetched/)]);
});
