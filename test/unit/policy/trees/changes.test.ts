import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fingerprint, type TempRepo, tempRepo } from "../temp-repo.ts";
import { changesOf, look, open } from "./looks.ts";

const commit = (repo: TempRepo) => repo.git("commit", "-q", "-am", "by Codex");

/** What happens in the workspace during a run, and what is told of it. */
const ROWS: readonly (readonly [name: string, act: (repo: TempRepo) => unknown, changes: string[]])[] = [
  ["nothing", () => {}, []],
  ["a tracked file", ({ write }) => write({ "a.txt": "A\n" }), ["modified a.txt"]],
  ["a new file", ({ write }) => write({ "new.txt": "n\n" }), ["created new.txt"]],
  ["a new file deep down", ({ write }) => write({ "x/y/z.txt": "n\n" }), ["created x/y/z.txt"]],
  ["an empty directory", ({ path }) => mkdirSync(path("empty")), []],
  ["a deleted file", ({ path }) => rmSync(path("a.txt")), ["deleted a.txt"]],
  [
    "a deleted directory",
    ({ path }) => rmSync(path("src"), { recursive: true }),
    ["deleted src/b.txt", "deleted src/long.txt"],
  ],
  [
    "a renamed file",
    ({ path }) => renameSync(path("src/long.txt"), path("moved.txt")),
    ["renamed src/long.txt to moved.txt"],
  ],
  ["a file made executable", ({ path }) => chmodSync(path("a.txt"), 0o755), ["modified a.txt"]],
  [
    "a file that became a link",
    ({ path }) => {
      rmSync(path("a.txt"));
      symlinkSync("src/b.txt", path("a.txt"));
    },
    ["modified a.txt"],
  ],
  ["a link to nowhere", ({ path }) => symlinkSync("nowhere", path("link")), ["created link"]],
  ["a link to a directory, not what is in it", ({ path }) => symlinkSync("src", path("link")), ["created link"]],
  [
    "a file that became a directory",
    ({ path, write }) => {
      rmSync(path("a.txt"));
      write({ "a.txt/in.txt": "i\n" });
    },
    ["deleted a.txt", "created a.txt/in.txt"],
  ],
  ["an ignored file", ({ write }) => write({ "ignored/x.log": "x\n" }), []],
  [
    "a tracked file that is ignored from now on",
    ({ write }) => write({ ".gitignore": "*\n", "a.txt": "A\n" }),
    ["modified .gitignore", "modified a.txt"],
  ],
  [
    "a tracked directory that is made a repository of its own",
    ({ git, write }) => [git("init", "-q", "src"), write({ "src/b.txt": "B\n" })],
    ["created src", "modified src/b.txt"],
  ],
  ["a pipe, which git does not know", ({ path }) => execFileSync("mkfifo", [path("pipe")]), []],
  [
    "a change that was staged",
    ({ write, git }) => {
      write({ "a.txt": "A\n", "new.txt": "n\n" });
      git("add", "-A");
    },
    ["modified a.txt", "created new.txt"],
  ],
  [
    "a change that was committed",
    (repo) => {
      repo.write({ "a.txt": "A\n" });
      commit(repo);
    },
    ["modified a.txt"],
  ],
  [
    "a change that was committed and taken back",
    (repo) => {
      repo.write({ "a.txt": "A\n" });
      commit(repo);
      repo.git("revert", "--no-edit", "HEAD");
    },
    [],
  ],
  ["a change that was made and unmade", ({ write }) => [write({ "a.txt": "A\n" }), write({ "a.txt": "a\n" })], []],
  [
    "a change that was stashed",
    ({ write, git }) => {
      write({ "a.txt": "A\n" });
      git("stash", "-q");
    },
    [],
  ],
  ["another branch", ({ git }) => git("checkout", "-q", "-b", "other"), []],
  ["a file of nothing", ({ write }) => write({ "empty.txt": "" }), ["created empty.txt"]],
  ["a file emptied", ({ write }) => write({ "a.txt": "" }), ["modified a.txt"]],
  [
    "a name with everything in it",
    ({ write }) => write({ 'x/ a\n"b"\t\\c é😀': "x\n" }),
    ['created x/ a\n"b"\t\\c é😀'],
  ],
  ["a name like an option", ({ write }) => write({ "--all": "x\n", "-x": "y\n" }), ["created --all", "created -x"]],
  ["a name like a glob", ({ write }) => write({ "*": "x\n", "[a]": "y\n" }), ["created *", "created [a]"]],
];

const LONG = Array.from({ length: 30 }, (_, at) => `line ${at}\n`).join("");
const FILES = { "a.txt": "a\n", "src/b.txt": "b\n", "src/long.txt": LONG, ".gitignore": "ignored/\n" };

describe("what changed", () => {
  it.each(ROWS)("%s", async (_, act, changes) => {
    const repo = tempRepo(FILES);
    expect(await changesOf(repo, () => act(repo))).toEqual(changes);
  });

  it("is only what changed during the run, not what was dirty before", async () => {
    const repo = tempRepo(FILES);
    repo.write({ "a.txt": "dirty\n", "untracked.txt": "u\n", "staged.txt": "s\n" });
    repo.git("add", "staged.txt");
    rmSync(repo.path("src/b.txt"));
    const changes = await changesOf(repo, () => repo.write({ "untracked.txt": "changed\n" }));
    expect(changes).toEqual(["modified untracked.txt"]);
  });

  it("is the whole repository, not only a directory of it", async () => {
    const repo = tempRepo(FILES);
    expect(await changesOf(repo, () => repo.write({ "src/b.txt": "B\n", "a.txt": "A\n" }))).toEqual([
      "modified a.txt",
      "modified src/b.txt",
    ]);
  });
});

describe("what is left alone", () => {
  it("is everything in .git, byte for byte, with a staged state of the user's in it", async () => {
    const repo = tempRepo(FILES);
    repo.write({ "a.txt": "staged\n", "new.txt": "staged\n" });
    repo.git("add", "-A");
    repo.write({ "a.txt": "and changed again\n", "untracked.txt": "u\n" });
    const before = fingerprint(repo.path(".git"));
    const status = repo.git("diff", "--cached", "--raw");
    const changes = await changesOf(repo, () => repo.write({ "more.txt": "m\n" }));
    expect(changes).toEqual(["created more.txt"]);
    expect(fingerprint(repo.path(".git"))).toEqual(before);
    expect(repo.git("diff", "--cached", "--raw")).toBe(status);
  });

  it("is the object store: what a snapshot needs goes into its own", async () => {
    const repo = tempRepo(FILES);
    const store = await open(repo);
    const objects = readdirSync(repo.path(".git/objects")).sort();
    repo.write({ "new.txt": "never seen before\n" });
    const { tree } = await look(store);
    expect(readdirSync(repo.path(".git/objects")).sort()).toEqual(objects);
    expect(readdirSync(join(store.dir, "objects", "pack")).length).toBeGreaterThan(0);
    expect(() => repo.git("cat-file", "-t", tree)).toThrow();
  });

  it("is the work tree", async () => {
    const repo = tempRepo(FILES);
    const { ".git": _, ...before } = fingerprint(repo.dir);
    await look(await open(repo));
    expect(fingerprint(repo.dir)).toEqual(before);
  });
});

describe("a snapshot", () => {
  it("is the tree that a commit of everything would have", async () => {
    const repo = tempRepo(FILES);
    repo.write({ "a.txt": "A\n", "new/n.txt": "n\n" });
    const { tree } = await look(await open(repo));
    repo.git("add", "-A");
    repo.git("commit", "-q", "-m", "all");
    expect(tree).toBe(repo.git("rev-parse", "HEAD^{tree}").trim());
  });

  it("is the same in another store, and the second time", async () => {
    const repo = tempRepo(FILES);
    const store = await open(repo);
    const looks = [await look(store), await look(store), await look(await open(repo))];
    expect(new Set(looks.map(({ tree }) => tree)).size).toBe(1);
  });
});
