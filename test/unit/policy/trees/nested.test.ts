import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readRepositoryState } from "../../../../src/policy/trees/repository-state.ts";
import { dirtyPaths, readStatus, statusText } from "../../../../src/policy/trees/status.ts";
import { notCovered } from "../../../../src/policy/trees/store.ts";
import { type TempRepo, tempRepo } from "../temp-repo.ts";
import { changesIn, changesOf, exactPrint, have, look, open, told } from "./looks.ts";

/** A repository inside, with or without a commit. */
function nest(repo: TempRepo, at = "nested", commit = true): void {
  repo.git("init", "-q", at);
  repo.write({ [`${at}/n.txt`]: "n\n", [`${at}/.gitignore`]: "*.log\n", [`${at}/x.log`]: "ignored\n" });
  if (commit) commitIn(repo, at);
}

function commitIn(repo: TempRepo, at: string): void {
  repo.git("-C", at, "add", "-A");
  repo.git("-C", at, "commit", "-q", "-m", "inside");
}

function addSubmodule(repo: TempRepo): void {
  repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", tempRepo().dir, "lib");
  repo.git("commit", "-q", "-m", "lib");
}

const FRESH = ["created nested", "created nested/.gitignore", "created nested/n.txt"];

describe("a repository inside that is made during the run", () => {
  it.each<[string, (repo: TempRepo) => unknown, string[]]>([
    ["with a commit", (repo) => nest(repo), FRESH],
    ["without a commit", (repo) => nest(repo, "nested", false), FRESH],
    ["without anything", ({ git }) => git("init", "-q", "nested"), ["created nested"]],
    ["in a directory that is tracked", ({ git }) => git("init", "-q", "src"), ["created src"]],
    [
      "in another one",
      (repo) => [nest(repo, "one", false), nest(repo, "one/two", false)],
      ["one", "one/.gitignore", "one/n.txt", "one/two", "one/two/.gitignore", "one/two/n.txt"].map(
        (at) => `created ${at}`,
      ),
    ],
  ])("%s is seen with its files", async (_, act, changes) => {
    const repo = tempRepo();
    expect(await changesOf(repo, () => act(repo))).toEqual(changes);
  });

  it("has the mode of one, and its commit", async () => {
    const repo = tempRepo();
    const [change] = await changesIn(await open(repo), () => nest(repo));
    const id = repo.git("-C", "nested", "rev-parse", "HEAD").trim();
    expect(change).toMatchObject({ path: "nested", mode_before: null, mode_after: "160000", blob_after: id });
  });
});

const INSIDE: readonly (readonly [
  name: string,
  act: (repo: TempRepo, at: string) => unknown,
  changes: (at: string) => string[],
])[] = [
  ["nothing", () => {}, () => []],
  ["a new file", ({ write }, at) => write({ [`${at}/new.txt`]: "n\n" }), (at) => [`created ${at}/new.txt`]],
  ["a change", ({ write }, at) => write({ [`${at}/a.txt`]: "changed\n" }), (at) => [`modified ${at}/a.txt`]],
  ["a deletion", ({ path }, at) => rmSync(path(`${at}/a.txt`)), (at) => [`deleted ${at}/a.txt`]],
  [
    "a commit of nothing new",
    ({ git }, at) => git("-C", at, "commit", "-q", "--allow-empty", "-m", "empty"),
    (at) => [`modified ${at}`],
  ],
  [
    "a commit of something new",
    (repo, at) => [repo.write({ [`${at}/new.txt`]: "n\n" }), commitIn(repo, at)],
    (at) => [`modified ${at}`, `created ${at}/new.txt`],
  ],
  ["its packing", ({ git }, at) => [git("-C", at, "pack-refs", "--all"), git("-C", at, "gc", "-q")], () => []],
  [
    "the end of it",
    ({ path }, at) => rmSync(path(at), { recursive: true }),
    (at) => [`deleted ${at}`, `deleted ${at}/a.txt`, `deleted ${at}/src/b.txt`],
  ],
];

describe("a repository inside, of which nobody told git", () => {
  it.each(INSIDE)("and in it %s", async (_, act, changes) => {
    const repo = tempRepo();
    repo.git("clone", "-q", tempRepo().dir, "nested");
    expect(await changesOf(repo, () => act(repo, "nested"))).toEqual(changes("nested"));
  });
});

describe("a submodule", () => {
  it.each(INSIDE)("and in it %s", async (_, act, changes) => {
    const repo = tempRepo();
    addSubmodule(repo);
    const before = exactPrint(repo.path(".git/refs"));
    expect(await changesOf(repo, () => act(repo, "lib"))).toEqual(changes("lib"));
    expect(exactPrint(repo.path(".git/refs"))).toEqual(before);
  });

  it("that is not there yet is no change, and when it comes its files are", async () => {
    const origin = tempRepo();
    addSubmodule(origin);
    const repo = tempRepo();
    const clone = join(repo.outside, "clone");
    repo.git("clone", "-q", origin.dir, clone);
    const store = await open(repo, clone);
    expect(told(await changesIn(store, () => writeFileSync(join(clone, "new.txt"), "n\n")))).toEqual([
      "created new.txt",
    ]);
    const init = () =>
      repo.git("-c", "protocol.file.allow=always", "-C", clone, "submodule", "--quiet", "update", "--init");
    expect(told(await changesIn(store, init))).toEqual(["created lib/a.txt", "created lib/src/b.txt"]);
  });

  it("is clean, dirty when its commit is another, and named as what it is", async () => {
    const repo = tempRepo();
    addSubmodule(repo);
    const store = await open(repo);
    const first = await look(store);
    const state = await have(readRepositoryState(store));
    expect(statusText(await have(readStatus(store, state, first)))).toBe("## main\n");
    repo.git("-C", "lib", "commit", "-q", "--allow-empty", "-m", "empty");
    const status = await have(readStatus(store, state, await look(store)));
    expect(statusText(status)).toBe("## main\n M lib\n");
    expect(dirtyPaths(status)).toEqual(["lib"]);
    expect(notCovered(store)).toEqual([
      "lib is a repository of its own: its own git directory (commits, configuration, hooks) is not compared",
    ]);
  });

  it("is the workspace itself", async () => {
    const repo = tempRepo();
    addSubmodule(repo);
    const before = exactPrint(repo.path(".git"));
    const act = () => repo.write({ "lib/new.txt": "n\n", "a.txt": "not of this workspace\n" });
    expect(await changesOf(repo, act, repo.path("lib"))).toEqual(["created new.txt"]);
    expect(exactPrint(repo.path(".git"))).toEqual(before);
  });
});

describe("a repository inside that is too large", () => {
  it("is compared by its commit, and says so", async () => {
    const repo = tempRepo();
    nest(repo, "huge");
    mkdirSync(repo.path("huge/many"));
    for (let at = 0; at <= 5_000; at++) writeFileSync(repo.path(`huge/many/${at}`), "");
    const store = await open(repo);
    const act = () => repo.write({ "huge/n.txt": "changed\n" });
    expect(await changesIn(store, act)).toEqual([]);
    expect(notCovered(store)).toEqual([
      "huge is a repository of its own: only its commit is compared, not its files (there are 5003)",
    ]);
    const commit = () => repo.git("-C", "huge", "commit", "-q", "--allow-empty", "-m", "empty");
    expect(told(await changesIn(store, commit))).toEqual(["modified huge"]);
  });
});

it("a repository that is moved away leaves its files behind, and they are the same", async () => {
  const repo = tempRepo();
  nest(repo, "nested", false);
  const act = () => renameSync(repo.path("nested/.git"), join(repo.outside, "moved.git"));
  expect(await changesOf(repo, act)).toEqual(["deleted nested"]);
});
