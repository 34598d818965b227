import { existsSync, rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readRepositoryState } from "../../../../src/policy/trees/repository-state.ts";
import { dirtyPaths, readStatus, statusText } from "../../../../src/policy/trees/status.ts";
import { notCovered } from "../../../../src/policy/trees/store.ts";
import { type TempRepo, tempRepo } from "../temp-repo.ts";
import { changesOf, exactPrint, have, look, open } from "./looks.ts";

/** Files that git was told not to look at: what is done about them is seen nevertheless. */
describe("a file that is assumed to be unchanged", () => {
  it.each<[string, (repo: TempRepo) => unknown, string[]]>([
    ["is changed", ({ write }) => write({ "a.txt": "A\n" }), ["modified a.txt"]],
    ["is deleted", ({ path }) => rmSync(path("a.txt")), ["deleted a.txt"]],
    ["stays", () => {}, []],
  ])("%s", async (_, act, changes) => {
    const repo = tempRepo();
    repo.git("update-index", "--assume-unchanged", "a.txt");
    expect(await changesOf(repo, () => act(repo))).toEqual(changes);
  });

  it("was changed before: that is dirty, and no change of the run", async () => {
    const repo = tempRepo();
    repo.git("update-index", "--assume-unchanged", "a.txt");
    repo.write({ "a.txt": "A\n" });
    expect(repo.git("status", "--porcelain")).toBe("");
    const store = await open(repo);
    const [first, state] = [await look(store), await have(readRepositoryState(store))];
    expect(dirtyPaths(await have(readStatus(store, state, first)))).toEqual(["a.txt"]);
    expect((await look(store)).tree).toBe(first.tree);
  });
});

describe("a file that the work tree is told to skip, but that is there", () => {
  it.each<[string, (repo: TempRepo) => unknown, string[]]>([
    ["is changed", ({ write }) => write({ "a.txt": "A\n" }), ["modified a.txt"]],
    ["is deleted", ({ path }) => rmSync(path("a.txt")), ["deleted a.txt"]],
    ["stays", () => {}, []],
  ])("%s", async (_, act, changes) => {
    const repo = tempRepo();
    repo.git("update-index", "--skip-worktree", "a.txt");
    expect(await changesOf(repo, () => act(repo))).toEqual(changes);
  });
});

const FILES = {
  "in/a.txt": "a\n",
  "out/b.txt": "b\n",
  "out/deep/c.txt": "c\n",
  "top.txt": "t\n",
  ".gitignore": "*.log\n",
};

describe.each([
  ["a sparse checkout", []],
  ["a sparse index", ["--sparse-index"]],
])("%s", (_, more) => {
  const sparse = () => {
    const repo = tempRepo(FILES);
    repo.git("sparse-checkout", "set", "--cone", ...more, "in");
    expect(existsSync(repo.path("out"))).toBe(false);
    return repo;
  };

  it.each<[string, (repo: TempRepo) => unknown, string[]]>([
    ["nothing happens", () => {}, []],
    ["a file inside is changed", ({ write }) => write({ "in/a.txt": "A\n" }), ["modified in/a.txt"]],
    ["one outside appears, as it is in HEAD", ({ write }) => write({ "out/b.txt": "b\n" }), ["created out/b.txt"]],
    [
      "one outside appears with other contents",
      ({ write }) => write({ "out/deep/c.txt": "C\n" }),
      ["created out/deep/c.txt"],
    ],
    ["a new file appears outside", ({ write }) => write({ "out/new.txt": "n\n" }), ["created out/new.txt"]],
    ["a file stands where the directory was", ({ write }) => write({ out: "file\n" }), ["created out"]],
    ["it is ended", ({ git }) => git("sparse-checkout", "disable"), ["created out/b.txt", "created out/deep/c.txt"]],
  ])("while %s", async (__, act, changes) => {
    const repo = sparse();
    expect(await changesOf(repo, () => act(repo))).toEqual(changes);
  });

  it("is clean, and nothing of the repository is written", async () => {
    const repo = sparse();
    const before = exactPrint(repo.path(".git"));
    const store = await open(repo);
    const first = await look(store);
    const state = await have(readRepositoryState(store));
    expect(statusText(await have(readStatus(store, state, first)))).toBe("## main\n");
    repo.write({ "in/a.txt": "A\n", "new.txt": "n\n" });
    const status = await have(readStatus(store, state, await look(store)));
    expect(statusText(status)).toBe("## main\n M in/a.txt\n?? new.txt\n");
    expect(dirtyPaths(status)).toEqual(["in/a.txt", "new.txt"]);
    expect(notCovered(store)).toEqual([]);
    expect(exactPrint(repo.path(".git"))).toEqual(before);
  });

  it("with something staged is what the index says", async () => {
    const repo = sparse();
    repo.write({ "in/a.txt": "staged\n" });
    repo.git("add", "in/a.txt");
    const store = await open(repo);
    const state = await have(readRepositoryState(store));
    expect(statusText(await have(readStatus(store, state, await look(store))))).toBe("## main\nM  in/a.txt\n");
  });
});
