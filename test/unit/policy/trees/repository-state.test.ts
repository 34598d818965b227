import { chmodSync, rmSync, unlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compareStates, readRepositoryState } from "../../../../src/policy/trees/repository-state.ts";
import { openTreeStore } from "../../../../src/policy/trees/store.ts";
import { type TempRepo, tempRepo } from "../temp-repo.ts";
import { exactPrint, have, open, placeIn } from "./looks.ts";

async function movedBy(repo: TempRepo, act: () => unknown, workspace?: string) {
  const store = await open(repo, workspace);
  const before = await have(readRepositoryState(store));
  await act();
  return compareStates(before, await have(readRepositoryState(store)));
}

/** In short: what moved, by name, with + for new, - for gone and ~ for changed. */
async function shortly(repo: TempRepo, act: () => unknown, workspace?: string): Promise<string[]> {
  const { head_moved, refs_changed, index_changed } = await movedBy(repo, act, workspace);
  const signs = refs_changed.map(({ ref, from, to }) => `${from === null ? "+" : to === null ? "-" : "~"}${ref}`);
  return [...(head_moved ? ["HEAD"] : []), ...signs, ...(index_changed ? ["index"] : [])];
}

const LOG = "file:.git/logs/HEAD";

const ROWS: readonly (readonly [name: string, act: (repo: TempRepo) => unknown, moved: string[]])[] = [
  ["nothing", () => {}, []],
  ["a change of a file", ({ write }) => write({ "a.txt": "A\n" }), []],
  [
    "a git status, which writes the index anew",
    ({ path, git }) => [utimesSync(path("a.txt"), 1, 1), git("status")],
    [],
  ],
  ["a commit", ({ git }) => git("commit", "-q", "--allow-empty", "-m", "x"), ["HEAD", "~refs/heads/main", `~${LOG}`]],
  [
    "a commit that is taken back",
    ({ git }) => [git("commit", "-q", "--allow-empty", "-m", "x"), git("reset", "-q", "--hard", "HEAD~")],
    [`~${LOG}`],
  ],
  ["a branch", ({ git }) => git("branch", "side"), ["+refs/heads/side"]],
  [
    "a branch that is switched to",
    ({ git }) => git("switch", "-q", "-c", "side"),
    ["HEAD", "+refs/heads/side", `~${LOG}`],
  ],
  ["a detached HEAD", ({ git }) => git("switch", "-q", "--detach"), ["HEAD", `~${LOG}`]],
  ["a tag", ({ git }) => git("tag", "v1"), ["+refs/tags/v1"]],
  ["a note", ({ git }) => git("notes", "add", "-m", "n"), ["+refs/notes/commits"]],
  ["the packing of refs", ({ git }) => git("pack-refs", "--all"), []],
  [
    "a stash",
    ({ git, write }) => [write({ "a.txt": "A\n" }), git("stash", "-q")],
    ["+refs/stash", `~${LOG}`, "+file:.git/logs/refs/stash"],
  ],
  ["something staged", ({ git, write }) => [write({ "a.txt": "A\n" }), git("add", "-A")], ["index"]],
  ["an intention to add", ({ git, write }) => [write({ new: "n\n" }), git("add", "-N", "new")], ["index"]],
  ["a file assumed to be unchanged", ({ git }) => git("update-index", "--assume-unchanged", "a.txt"), ["index"]],
  ["another version of the index", ({ git }) => git("update-index", "--index-version", "4"), []],
  ["a split index", ({ git }) => git("update-index", "--split-index"), []],
  [
    "a split index with something staged",
    ({ git, write }) => [git("update-index", "--split-index"), write({ new: "n\n" }), git("add", "-A")],
    ["index"],
  ],
  ["the end of the index", ({ path }) => unlinkSync(path(".git/index")), ["index"]],
  ["a broken index", ({ write }) => write({ ".git/index": "rubbish" }), ["index"]],
  ["the configuration", ({ git }) => git("config", "core.hooksPath", "evil"), ["~file:.git/config"]],
  ["a new hook", ({ write }) => write({ ".git/hooks/pre-commit": "#!/bin/sh\n" }), ["+file:.git/hooks/pre-commit"]],
  [
    "a hook that is switched on",
    ({ path }) => chmodSync(path(".git/hooks/pre-commit.sample"), 0o600),
    ["~file:.git/hooks/pre-commit.sample"],
  ],
  ["no hooks any more", ({ path }) => rmSync(path(".git/hooks/update.sample")), ["-file:.git/hooks/update.sample"]],
  [
    "attributes and excludes",
    ({ write }) => write({ ".git/info/attributes": "* filter=x\n", ".git/info/exclude": "*\n" }),
    ["+file:.git/info/attributes", "~file:.git/info/exclude"],
  ],
  [
    "a borrowed store",
    ({ write }) => write({ ".git/objects/info/alternates": "/nowhere\n" }),
    ["+file:.git/objects/info/alternates"],
  ],
  ["a ref of ours", ({ git }) => git("update-ref", "refs/ask-codex/r-1", "HEAD"), []],
];

describe("what moved with", () => {
  it.each(ROWS)("%s", async (_, act, moved) => {
    const repo = tempRepo();
    expect(await shortly(repo, () => act(repo))).toEqual(moved);
  });

  it("a commit says from where to where", async () => {
    const repo = tempRepo();
    const id = () => repo.git("rev-parse", "HEAD").trim();
    const from = id();
    const { head_moved, refs_changed } = await movedBy(repo, () =>
      repo.git("commit", "-q", "--allow-empty", "-m", "x"),
    );
    expect(head_moved).toEqual({ from, to: id() });
    expect(refs_changed[0]).toEqual({ ref: "refs/heads/main", from, to: id() });
  });

  it("another branch of the same commit names the branches", async () => {
    const repo = tempRepo();
    const { head_moved } = await movedBy(repo, () => repo.git("switch", "-q", "-c", "side"));
    expect(head_moved).toEqual({ from: "refs/heads/main", to: "refs/heads/side" });
  });

  it("the first commit comes from nothing", async () => {
    const repo = tempRepo({});
    const { head_moved } = await movedBy(repo, () => repo.git("commit", "-q", "--allow-empty", "-m", "x"));
    expect(head_moved).toEqual({ from: null, to: repo.git("rev-parse", "HEAD").trim() });
  });

  it("a commit in a linked work tree is told there, and one of another tree's branch, too", async () => {
    const repo = tempRepo();
    const linked = join(repo.outside, "linked");
    repo.git("worktree", "add", "-q", linked, "-b", "side");
    const there = () => repo.git("-C", linked, "commit", "-q", "--allow-empty", "-m", "x");
    expect(await shortly(repo, there, linked)).toEqual(["HEAD", "~refs/heads/side", `~${LOG}`]);
    expect(await shortly(repo, there)).toEqual(["~refs/heads/side"]);
    const redirect = () => repo.write({ "../linked/.git": "gitdir: /nowhere\n" });
    const store = await open(repo, linked);
    const before = await have(readRepositoryState(store));
    redirect();
    expect(await readRepositoryState(store)).toEqual({ failure: expect.stringContaining("not a git repository") });
    expect(before.files).toHaveProperty("file:.git");
  });
});

it("nothing is written by looking", async () => {
  const repo = tempRepo();
  utimesSync(repo.path("a.txt"), 1, 1);
  const before = exactPrint(repo.path(".git"));
  await have(readRepositoryState(await open(repo)));
  expect(exactPrint(repo.path(".git"))).toEqual(before);
});

it("a HEAD that says nothing is a failure", async () => {
  const repo = tempRepo();
  const store = await openTreeStore(placeIn(repo));
  repo.write({ ".git/HEAD": "rubbish\n" });
  expect("failure" in store ? store : await readRepositoryState(store)).toEqual({ failure: expect.any(String) });
});
