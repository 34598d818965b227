import { chmodSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readRepositoryState } from "../../../../src/policy/trees/repository-state.ts";
import { dirtyPaths, readStatus, statusText } from "../../../../src/policy/trees/status.ts";
import { type TempRepo, tempRepo } from "../temp-repo.ts";
import { have, look, open } from "./looks.ts";

async function statusOf(repo: TempRepo) {
  const store = await open(repo);
  const [taken, state] = await Promise.all([look(store), have(readRepositoryState(store))]);
  return have(readStatus(store, state, taken));
}

const ROWS: readonly (readonly [name: string, make: (repo: TempRepo) => unknown])[] = [
  ["nothing", () => {}],
  ["a change", ({ write }) => write({ "a.txt": "A\n" })],
  ["a new file", ({ write }) => write({ "x/y.txt": "y\n" })],
  ["an ignored file", ({ write }) => write({ ".gitignore": "*.log\n", "x.log": "x\n" })],
  ["a deletion", ({ path }) => rmSync(path("a.txt"))],
  ["another mode", ({ path }) => chmodSync(path("a.txt"), 0o755)],
  ["another kind", ({ path }) => [rmSync(path("a.txt")), symlinkSync("src", path("a.txt"))]],
  ["something staged", ({ write, git }) => [write({ "a.txt": "A\n", "new.txt": "n\n" }), git("add", "-A")]],
  [
    "something staged and changed again",
    ({ write, git }) => [
      write({ "a.txt": "A\n", "new.txt": "n\n" }),
      git("add", "-A"),
      write({ "a.txt": "AA\n", "new.txt": "nn\n" }),
    ],
  ],
  [
    "something staged and deleted",
    ({ write, git, path }) => [write({ "new.txt": "n\n" }), git("add", "-A"), rmSync(path("new.txt"))],
  ],
  ["a deletion that is staged", ({ git }) => git("rm", "-q", "a.txt")],
  ["a file that is only not tracked any more", ({ git }) => git("rm", "-q", "--cached", "a.txt")],
  [
    "something staged and taken back",
    ({ write, git }) => [write({ "a.txt": "A\n" }), git("add", "-A"), write({ "a.txt": "a\n" })],
  ],
  ["a detached HEAD", ({ git }) => git("switch", "-q", "--detach")],
  ["a name in quotes", ({ write }) => write({ 'q"uo\nte': "x\n" })],
  ["a name with a space", ({ write }) => write({ "sp ace": "x\n" })],
];

describe("like git's own is the status with", () => {
  it.each(ROWS)("%s", async (_, make) => {
    const repo = tempRepo();
    await make(repo);
    const text = statusText(await statusOf(repo));
    const args = ["status", "--short", "--branch", "--untracked-files=all", "--no-renames"];
    const git = repo.git("-c", "core.quotePath=false", ...args);
    // Git puts names with a space into quotes, and what is not tracked at the end.
    expect(text.split("\n").sort()).toEqual(git.replace('"sp ace"', "sp ace").split("\n").sort());
  });
});

describe("the status", () => {
  it("without a commit says so, and everything is dirty", async () => {
    const repo = tempRepo({});
    repo.write({ "a.txt": "a\n", "b.txt": "b\n" });
    repo.git("add", "a.txt");
    const status = await statusOf(repo);
    expect(statusText(status)).toBe("## No commits yet on main\nA  a.txt\n?? b.txt\n");
    expect(dirtyPaths(status)).toEqual(["a.txt", "b.txt"]);
  });

  it("of a conflict names it", async () => {
    const repo = tempRepo();
    repo.git("switch", "-q", "-c", "other");
    repo.write({ "a.txt": "theirs\n" });
    repo.git("commit", "-q", "-am", "theirs");
    repo.git("switch", "-q", "main");
    repo.write({ "a.txt": "ours\n" });
    repo.git("commit", "-q", "-am", "ours");
    expect(() => repo.git("merge", "other")).toThrow();
    const status = await statusOf(repo);
    expect(statusText(status)).toBe("## main\nUU a.txt\n");
    expect(dirtyPaths(status)).toEqual(["a.txt"]);
  });

  it("with an index that can't be read compares with HEAD", async () => {
    const repo = tempRepo();
    repo.write({ "a.txt": "A\n", "new.txt": "n\n", ".git/index": "rubbish" });
    expect(statusText(await statusOf(repo))).toBe("## main\n M a.txt\n?? new.txt\n");
  });

  it("of a file that is too large to be kept tells of it all the same", async () => {
    const repo = tempRepo();
    repo.write({ "huge.bin": "", "a.txt": "" });
    for (const name of ["huge.bin", "a.txt"]) truncateSync(repo.path(name), 300 * 1024 * 1024);
    const status = await statusOf(repo);
    expect(statusText(status)).toBe("## main\n M a.txt\n?? huge.bin\n");
    expect(dirtyPaths(status)).toEqual(["a.txt", "huge.bin"]);
  });

  it("after the index was written anew is worked out from that", async () => {
    const repo = tempRepo();
    repo.write({ "a.txt": "A\n", "new.txt": "n\n" });
    const store = await open(repo);
    const first = await look(store);
    repo.git("add", "new.txt");
    const state = await have(readRepositoryState(store));
    expect(statusText(await have(readStatus(store, state, first)))).toBe("## main\n M a.txt\nA  new.txt\n");
    repo.git("commit", "-q", "-m", "new");
    const later = await have(readRepositoryState(store));
    expect(statusText(await have(readStatus(store, later, await look(store))))).toBe("## main\n M a.txt\n");
  });

  it("of a repository inside is one line", async () => {
    const repo = tempRepo();
    repo.git("init", "-q", "nested");
    repo.write({ "nested/n.txt": "n\n" });
    const status = await statusOf(repo);
    expect(statusText(status)).toBe("## main\n?? nested\n");
    expect(dirtyPaths(status)).toEqual(["nested"]);
  });
});

describe("dirty is what differs from HEAD", () => {
  it.each<[string, (repo: TempRepo) => unknown, string[]]>([
    ["in the work tree", ({ write }) => write({ "a.txt": "A\n", "new.txt": "n\n" }), ["a.txt", "new.txt"]],
    ["by staging", ({ write, git }) => [write({ "a.txt": "A\n" }), git("add", "-A")], ["a.txt"]],
    ["no more", ({ write, git }) => [write({ "a.txt": "A\n" }), git("add", "-A"), write({ "a.txt": "a\n" })], []],
    ["in mode", ({ path }) => chmodSync(path("a.txt"), 0o755), ["a.txt"]],
    ["by being moved", ({ path }) => renameSync(path("a.txt"), path("z.txt")), ["a.txt", "z.txt"]],
    ["only not in the index", ({ git }) => git("rm", "-q", "--cached", "a.txt"), []],
    [
      "in a name of bytes",
      ({ path }) => writeFileSync(Buffer.concat([Buffer.from(path("x")), Buffer.of(0xff)]), "x"),
      ["x\uFFFD"],
    ],
  ])("%s", async (_, make, dirty) => {
    const repo = tempRepo();
    await make(repo);
    expect(dirtyPaths(await statusOf(repo))).toEqual(dirty);
  });
});
