import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fingerprint, type TempRepo, tempRepo } from "../temp-repo.ts";
import { changesOf, exactPrint, look, open } from "./looks.ts";

const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
const newFile = (repo: TempRepo) => repo.write({ "new.txt": "n\n" });

/** Repositories that are not as most are: what is made of one, and that a change in it is seen as ever. */
const REPOS: readonly (readonly [name: string, make: (repo: TempRepo) => unknown])[] = [
  ["core.autocrlf", ({ git, write }) => [git("config", "core.autocrlf", "true"), write({ "crlf.txt": "x\r\ny\r\n" })]],
  ["core.autocrlf = input", ({ git, write }) => [git("config", "core.autocrlf", "input"), write({ c: "x\r\n" })]],
  ["an entry that is only intended", ({ git, write }) => [write({ later: "l\n" }), git("add", "-N", "later")]],
  ["a split index", ({ git }) => git("update-index", "--split-index")],
  ["an untracked cache", ({ git }) => git("update-index", "--untracked-cache")],
  ["an index of version 4", ({ git }) => git("update-index", "--index-version", "4")],
  ["a packed object store", ({ git }) => git("gc", "-q")],
  ["a detached HEAD", ({ git }) => git("checkout", "-q", "--detach")],
  ["a sparse checkout", ({ git }) => git("sparse-checkout", "set", "--no-cone", "/*", "!/src/")],
  ["a .gitattributes", ({ write }) => write({ ".gitattributes": "* text=auto eol=lf\n*.bin binary\n" })],
  ["a sparse index", (repo) => makeSparse(repo)],
  ["a nested repository", ({ git, write }) => [git("init", "-q", "nested"), write({ "nested/n.txt": "n\n" })]],
  ["a directory that is only .git", ({ path }) => mkdirSync(path("hollow/.git"), { recursive: true })],
  ["a .git file that leads nowhere", ({ write }) => write({ "broken/.git": "gitdir: /nowhere\n" })],
  ["a lock of somebody who is at work", ({ write }) => write({ ".git/index.lock": "" })],
  ["links in a circle", ({ path }) => symlinkSync(".", path("circle"))],
  ["a conflict that is not resolved", makeConflict],
];

function makeSparse({ git, write }: TempRepo): void {
  write({ "out/side/x.txt": "x\n", "out/y.txt": "y\n" });
  git("add", "-A");
  git("commit", "-q", "-m", "more");
  git("sparse-checkout", "set", "--cone", "--sparse-index", "src");
  expect(git("ls-files", "--sparse")).toContain("out/\n");
}

function makeConflict(repo: TempRepo): void {
  repo.git("checkout", "-q", "-b", "other");
  repo.write({ "a.txt": "theirs\n" });
  repo.git("commit", "-q", "-am", "theirs");
  repo.git("checkout", "-q", "main");
  repo.write({ "a.txt": "ours\n" });
  repo.git("commit", "-q", "-am", "ours");
  expect(() => repo.git("merge", "other")).toThrow();
}

describe("a repository with", () => {
  it.each(REPOS)("%s", async (_, make) => {
    const repo = tempRepo();
    await make(repo);
    const before = exactPrint(repo.path(".git"));
    expect(await changesOf(repo, () => newFile(repo))).toEqual(["created new.txt"]);
    expect(exactPrint(repo.path(".git"))).toEqual(before);
  });

  it.each([
    ["directory", (repo: TempRepo) => mkdirSync(repo.path("src/.git"))],
    ["file", (repo: TempRepo) => repo.write({ "src/.git": "" })],
  ])(
    "an empty .git %s beside its files, as Codex's sandbox puts one for a moment: it is no repository",
    async (_, put) => {
      const repo = tempRepo();
      const change = () => [put(repo), repo.write({ "src/new.txt": "n\n" })];
      expect(await changesOf(repo, change)).toEqual(["created src/new.txt"]);
    },
  );

  it("no commit yet", async () => {
    const repo = tempRepo({});
    expect((await look(await open(repo))).tree).toBe(EMPTY_TREE);
    expect(await changesOf(repo, () => newFile(repo))).toEqual(["created new.txt"]);
  });

  it("no index", async () => {
    const repo = tempRepo();
    rmSync(repo.path(".git/index"));
    expect(await changesOf(repo, () => newFile(repo))).toEqual(["created new.txt"]);
  });

  it("objects that are read-only", async () => {
    const repo = tempRepo();
    chmodSync(repo.path(".git/objects"), 0o500);
    const before = fingerprint(repo.path(".git"));
    expect(await changesOf(repo, () => newFile(repo))).toEqual(["created new.txt"]);
    expect(fingerprint(repo.path(".git"))).toEqual(before);
    chmodSync(repo.path(".git/objects"), 0o700);
  });

  it("objects named by SHA-256", async () => {
    const repo = tempRepo();
    const dir = join(repo.outside, "sha256");
    repo.git("init", "-q", "--object-format=sha256", dir);
    const act = () => writeFileSync(join(dir, "new.txt"), "n\n");
    expect(await changesOf(repo, act, dir)).toEqual(["created new.txt"]);
  });

  it.each(["a:b", "a\nb", '"quoted"', "back\\slash", "日本"])(
    "objects below a directory that is called %j",
    async (name) => {
      const repo = tempRepo();
      // Old enough for git to believe its index, so that the objects are looked for and not made anew.
      const longAgo = new Date(1_600_000_000_000);
      for (const file of ["a.txt", "src/b.txt"]) utimesSync(repo.path(file), longAgo, longAgo);
      repo.git("config", "core.trustctime", "false");
      repo.git("add", "--refresh", ".");
      const dir = join(repo.outside, name);
      renameSync(repo.dir, dir);
      const act = () => writeFileSync(join(dir, "new.txt"), "n\n");
      expect(await changesOf(repo, act, dir)).toEqual(["created new.txt"]);
    },
  );

  it("objects borrowed from another", async () => {
    const repo = tempRepo();
    repo.git("clone", "-q", "--shared", repo.dir, join(repo.outside, "borrower"));
    const borrower = join(repo.outside, "borrower");
    const act = () => writeFileSync(join(borrower, "new.txt"), "n\n");
    expect(await changesOf(repo, act, borrower)).toEqual(["created new.txt"]);
  });

  it("objects borrowed from another, which is told as seen from there", async () => {
    const repo = tempRepo();
    const borrower = join(repo.outside, "borrower");
    repo.git("clone", "-q", "--shared", repo.dir, borrower);
    writeFileSync(join(borrower, ".git/objects/info/alternates"), "../../../a repo/.git/objects\n");
    repo.git("-C", borrower, "commit", "-q", "--allow-empty", "-m", "its own");
    const act = () => writeFileSync(join(borrower, "a.txt"), "A\n");
    expect(await changesOf(repo, act, borrower)).toEqual(["modified a.txt"]);
  });

  it("only the last commit of a history, or only the blobs that were needed", async () => {
    const repo = tempRepo();
    repo.git("config", "uploadpack.allowFilter", "true");
    repo.write({ "old.txt": "not any more\n" });
    repo.git("add", "-A");
    repo.git("commit", "-q", "-m", "second");
    repo.git("rm", "-q", "old.txt");
    repo.git("commit", "-q", "-m", "third");
    for (const [name, option] of [
      ["shallow", "--depth=1"],
      ["partial", "--filter=blob:none"],
    ] as const) {
      const clone = join(repo.outside, name);
      repo.git("clone", "-q", option, `file://${repo.dir}`, clone);
      const act = () => writeFileSync(join(clone, "a.txt"), "A\n");
      expect(await changesOf(repo, act, clone)).toEqual(["modified a.txt"]);
    }
  });

  it("a linked work tree, which is the workspace", async () => {
    const repo = tempRepo();
    const linked = join(repo.outside, "linked");
    repo.git("worktree", "add", "-q", linked, "-b", "side");
    repo.write({ "main.txt": "not of this tree\n" });
    const before = fingerprint(repo.path(".git"));
    const act = () => writeFileSync(join(linked, "new.txt"), "n\n");
    expect(await changesOf(repo, act, linked)).toEqual(["created new.txt"]);
    expect(fingerprint(repo.path(".git"))).toEqual(before);
  });

  it("hundreds of changes", async () => {
    const repo = tempRepo();
    const names = Array.from({ length: 300 }, (_, at) => `many/${String(at).padStart(3, "0")}.txt`);
    const act = () => repo.write(Object.fromEntries(names.map((name) => [name, `${name}\n`])));
    expect(await changesOf(repo, act)).toEqual(names.map((name) => `created ${name}`));
  });
});
