import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { snapshot } from "../../../../src/policy/trees/snapshot.ts";
import { notCovered, openTreeStore } from "../../../../src/policy/trees/store.ts";
import { tempDir } from "../../sys/temp-dir.ts";
import { type TempRepo, tempRepo } from "../temp-repo.ts";
import { changesIn, changesOf, exactPrint, open, placeIn, told } from "./looks.ts";

describe("a store that can't be had", () => {
  it("of a directory outside git says so", async () => {
    const [workspace, dir] = [tempDir(), tempDir()];
    const store = await openTreeStore({ workspace, dir, env: { PATH: process.env.PATH } });
    expect(store).toEqual({ failure: expect.stringMatching(/^git rev-parse: fatal: .*not a git repository/) });
  });

  it("of a directory in a repository says so", async () => {
    const repo = tempRepo();
    expect(await openTreeStore(placeIn(repo, repo.path("src")))).toEqual({
      failure: expect.stringContaining("is not the top of its git repository"),
    });
  });

  it.each([".git", "bare"])("of %s, which has no work tree, says so", async (name) => {
    const repo = tempRepo();
    repo.git("init", "-q", "--bare", "bare");
    expect(await openTreeStore(placeIn(repo, repo.path(name)))).toEqual({
      failure: expect.stringMatching(/is not a git work tree|must be run in a work tree/),
    });
  });

  it("of a workspace that is gone says so", async () => {
    const repo = tempRepo();
    rmSync(repo.dir, { recursive: true });
    expect(await openTreeStore(placeIn(repo))).toEqual({
      failure: expect.stringMatching(/^git rev-parse: .* is not there$/),
    });
  });

  it("without git on the machine says so", async () => {
    const place = { ...placeIn(tempRepo()), env: { PATH: tempDir() } };
    expect(await openTreeStore(place)).toEqual({ failure: expect.stringMatching(/^git rev-parse: .*ENOENT/) });
  });

  it("with a git that is too old says so", async () => {
    const bin = tempDir();
    writeFileSync(join(bin, "git"), '#!/bin/sh\necho "--path-format=absolute"\necho .git\n', { mode: 0o755 });
    const place = { ...placeIn(tempRepo()), env: { PATH: `${bin}:${process.env.PATH}` } };
    expect(await openTreeStore(place)).toEqual({ failure: "git is older than 2.31: the audit needs a newer one" });
  });

  it("where the place for it can't be written says so", async () => {
    const place = placeIn(tempRepo());
    writeFileSync(join(place.dir, "objects"), "in the way");
    expect(await openTreeStore(place)).toEqual({ failure: expect.stringMatching(/^the audit can't be prepared: /) });
  });

  it.runIf(process.getuid?.() === 0)(
    "of a repository that belongs to somebody else is git's whole sentence",
    async () => {
      const repo = tempRepo();
      chownSync(repo.dir, 65534, 65534);
      expect(await openTreeStore(placeIn(repo))).toEqual({
        failure: expect.stringMatching(
          /^git rev-parse: fatal: detected dubious ownership in .* git config --global --add safe\.directory .*$/,
        ),
      });
      repo.git("config", "--global", "safe.directory", "*");
      expect(await changesOf(repo, () => repo.write({ "new.txt": "n\n" }))).toEqual(["created new.txt"]);
    },
  );
});

describe("an index", () => {
  const BROKEN: readonly (readonly [name: string, index: (whole: Buffer) => Buffer])[] = [
    ["of rubbish", () => Buffer.from("rubbish rubbish rubbish rubbish rubbish")],
    ["of nothing", () => Buffer.alloc(0)],
    ["that was cut", (whole) => whole.subarray(0, 90)],
    ["with a flipped bit", (whole) => Buffer.from(whole.map((byte, at) => (at === 60 ? byte ^ 1 : byte)))],
  ];
  it.each(BROKEN)("%s is said to be no good, left as it is, and everything is read", async (_, index) => {
    const repo = tempRepo({ "a.txt": "a\n", "tracked.log": "t\n" });
    repo.write({ ".gitignore": "*.log\n", ".git/index": index(execFileSync("cat", [repo.path(".git/index")])) });
    const before = exactPrint(repo.path(".git"));
    const store = await open(repo);
    const act = () => repo.write({ "new.txt": "n\n", "tracked.log": "T\n" });
    expect(told(await changesIn(store, act))).toEqual(["created new.txt", "modified tracked.log"]);
    expect(notCovered(store)).toEqual([
      expect.stringMatching(/^the index of the repository can't be read \(.+\): every/),
    ]);
    expect(exactPrint(repo.path(".git"))).toEqual(before);
  });
});

describe("a snapshot that can't be had", () => {
  it("because it was called off says so", async () => {
    const store = await open(tempRepo());
    expect(await snapshot(store, AbortSignal.abort(new Error("called off")))).toEqual({ failure: "called off" });
  });

  it("because the workspace is gone says so", async () => {
    const repo = tempRepo();
    const store = await open(repo);
    rmSync(repo.dir, { recursive: true });
    expect(await snapshot(store)).toEqual({ failure: expect.stringMatching(/^git status: .* is not there$/) });
  });

  it("because the store is gone says so", async () => {
    const repo = tempRepo();
    const store = await open(repo);
    rmSync(store.dir, { recursive: true });
    expect(await snapshot(store)).toEqual({ failure: expect.stringContaining(store.dir) });
  });
});

describe.runIf(process.getuid?.() === 0)("to a user who may not read everything", () => {
  /** Root may read whatever it likes: somebody else looks. */
  function lookAs(repo: TempRepo, act: string): unknown {
    const place = placeIn(repo);
    const src = join(import.meta.dirname, "../../../../src/policy/trees");
    const script = `
      import { chmodSync, writeFileSync } from "node:fs";
      const { openTreeStore, notCovered } = await import(${JSON.stringify(join(src, "store.ts"))});
      const { snapshot } = await import(${JSON.stringify(join(src, "snapshot.ts"))});
      const { diffTrees } = await import(${JSON.stringify(join(src, "diff.ts"))});
      // Not before: Node and the checkout may lie where only root may go.
      process.setgroups([]);
      process.setgid(65534);
      process.setuid(65534);
      const store = await openTreeStore(${JSON.stringify(place)});
      const before = await snapshot(store);
      ${act}
      const after = await snapshot(store);
      const changes = await diffTrees(store, before, after);
      console.log(JSON.stringify({ unreadable: after.unreadable, notes: notCovered(store), changes: changes.map((c) => c.change + " " + c.path) }));
    `;
    execFileSync("chown", ["-R", "65534:65534", repo.outside]);
    const root = join(import.meta.dirname, "../../../..");
    const args = ["--import", "tsx", "--input-type=module", "-e", script];
    const env = { PATH: process.env.PATH, TSX_DISABLE_CACHE: "1", HOME: join(repo.outside, "home") };
    return JSON.parse(execFileSync(process.execPath, args, { cwd: root, env, encoding: "utf8" }));
  }

  it("what is closed is named, and the rest is told", () => {
    const repo = tempRepo();
    repo.write({ "closed.txt": "c\n" });
    mkdirSync(repo.path("closed"));
    writeFileSync(repo.path("closed/in.txt"), "i\n");
    chmodSync(repo.path("closed.txt"), 0);
    chmodSync(repo.path("closed"), 0);
    const found = lookAs(repo, `writeFileSync(${JSON.stringify(repo.path("new.txt"))}, "n\\n");`);
    chmodSync(repo.path("closed"), 0o700);
    expect(found).toEqual({
      unreadable: ["closed", "closed.txt"],
      notes: [
        "closed can't be read: its contents are not compared",
        "closed.txt can't be read: its contents are not compared",
      ],
      changes: ["created new.txt"],
    });
  });

  it("what is closed during the run keeps the contents that were read", () => {
    const repo = tempRepo();
    repo.write({ "a.txt": "dirty\n", "u.txt": "u\n" });
    const close = ["a.txt", "u.txt", "src/b.txt"]
      .map((name) => `chmodSync(${JSON.stringify(repo.path(name))}, 0);`)
      .join("");
    const found = lookAs(repo, close);
    expect(found).toMatchObject({ unreadable: ["a.txt", "src/b.txt", "u.txt"], changes: [] });
  });
});

it("a store is private", async () => {
  const repo = tempRepo();
  const store = await open(repo);
  await changesIn(store, () => repo.write({ "new.txt": "n\n" }));
  const modes = execFileSync("find", [store.dir, "-printf", "%m %P\n"], { encoding: "utf8" });
  expect(modes.split("\n").filter((line) => !/^$|^[4567]00 /.test(line))).toEqual([]);
});
