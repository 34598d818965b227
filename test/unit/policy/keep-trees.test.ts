import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { dropKept, keepTrees, listKept } from "../../../src/policy/keep-trees.ts";
import { fingerprint, type TempRepo, tempRepo } from "./temp-repo.ts";
import { picture, policyRecord, RUN, type UndoWorld, undoWorld } from "./undo-world.ts";

const REF = `refs/ask-codex/${RUN}`;

/** The private store is gone, git has collected everything that nothing holds, and it is content with what is left. */
function collect(world: UndoWorld, workspace = world.repo.dir): void {
  rmSync(world.place.dir, { recursive: true, force: true });
  const git = (...args: string[]) =>
    execFileSync("git", args, {
      cwd: workspace,
      env: world.repo.env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  git("reflog", "expire", "--expire=now", "--all");
  git("gc", "--quiet", "--prune=now");
  expect(git("fsck", "--full", "--strict", "--no-dangling")).toBe("");
}

async function keepAndUndo(world: UndoWorld, act: () => void, workspace = world.repo.dir): Promise<void> {
  const before = picture(workspace);
  const record = world.recordOf(act);
  expect(await world.keep(record)).toBe(REF);
  expect(await listKept(workspace, world.repo.env)).toEqual([RUN]);
  collect(world, workspace);
  const undone = await world.undo(record);
  expect(undone).toMatchObject({ conflicts: [], unkept: [], failed: [] });
  // Without the tree from before nobody can say that a directory is new: one that is empty may stay.
  const files = (found: Record<string, string>) =>
    Object.fromEntries(Object.entries(found).filter(([, what]) => !what.startsWith("directory")));
  expect(files(picture(workspace))).toEqual(files(before));
  expect(await dropKept(workspace, world.repo.env, [RUN, "r-20261121-051103-none"])).toBeUndefined();
  expect(await listKept(workspace, world.repo.env)).toEqual([]);
}

const DEEDS: [what: string, act: (repo: TempRepo) => void][] = [
  ["a file", (repo) => repo.write({ "a.txt": "run\n" })],
  ["what was never committed", (repo) => repo.write({ "dirty.txt": "run\n", "new/x.txt": "run\n" })],
  [
    "all kinds",
    (repo) => {
      repo.write({ "sub/dir/x": "1\n", "two\nlines": "2\n", empty: "", big: Buffer.alloc(3_000_000, 5) });
      symlinkSync("a.txt", repo.path("link"));
      rmSync(repo.path("src"), { recursive: true });
      writeFileSync(Buffer.concat([Buffer.from(`${repo.dir}/`), Buffer.from([0xff, 0xe9])]), "bytes\n");
    },
  ],
  [
    "more than git unpacks",
    (repo) => repo.write(Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`many/${at}.txt`, `${at}\n`]))),
  ],
  [
    "names and contents that git's check would complain of",
    (repo) => {
      repo.write({
        ".gitmodules": '[submodule "x"]\n\tpath = -x\n\turl = -evil\n',
        "deep/.gitattributes": `${"x".repeat(5_000)} text\n`,
        ".github/ci.yml": "on: push\n",
        "gifts.ts": "1\n",
      });
    },
  ],
];

describe("what is kept outlives git's gc and the record's own store", () => {
  test.each(DEEDS)("%s", async (_, act) => {
    const world = undoWorld();
    world.repo.write({ "dirty.txt": "mine, not committed\n" });
    await keepAndUndo(world, () => act(world.repo));
  });

  test("a file that was clean at a HEAD which is amended away", async () => {
    const world = undoWorld();
    const record = world.recordOf(() => world.repo.write({ "a.txt": "run\n" }));
    await world.keep(record);
    world.repo.git("commit", "-q", "--amend", "--allow-empty", "-a", "-m", "amended");
    collect(world);
    expect((await world.undo(record)).restored).toHaveLength(1);
    expect(world.repo.git("diff", "--stat")).toContain("a.txt");
  });

  test("a repository without a commit", async () => {
    const world = undoWorld({});
    world.repo.write({ "a.txt": "first\n" });
    await keepAndUndo(world, () => world.repo.write({ "a.txt": "run\n", b: "run\n" }));
  });

  test("a repository with sha256", async () => {
    const repo = tempRepo({});
    rmSync(repo.path(".git"), { recursive: true });
    repo.git("init", "-q", "--object-format=sha256");
    repo.write({ "a.txt": "first\n" });
    repo.git("add", "-A");
    repo.git("commit", "-q", "-m", "start");
    await keepAndUndo(undoWorld(undefined, repo), () => repo.write({ "a.txt": "run\n", "b/c.txt": "run\n" }));
  });

  test("a linked work tree: the ref is everybody's", async () => {
    const repo = tempRepo();
    const tree = join(repo.outside, "linked");
    repo.git("worktree", "add", "-q", tree);
    const world = undoWorld(undefined, repo, tree);
    const record = world.recordOf(() => writeFileSync(join(tree, "a.txt"), "run\n"));
    await world.keep(record);
    expect(await listKept(repo.dir, repo.env)).toEqual([RUN]);
    expect(existsSync(repo.path(`.git/${REF}`))).toBe(true);
    collect(world, repo.dir);
    expect((await world.undo(record)).restored).toHaveLength(1);
  });

  test("a submodule is a repository of its own", async () => {
    const repo = tempRepo();
    const source = join(repo.outside, "source");
    mkdirSync(source);
    const git = (...args: string[]) => execFileSync("git", args, { cwd: source, env: repo.env });
    git("init", "-q");
    writeFileSync(join(source, "a.txt"), "a\n");
    git("add", "-A");
    git("commit", "-q", "-m", "start");
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", source, "mod");
    const mod = repo.path("mod");
    await keepAndUndo(undoWorld(undefined, repo, mod), () => writeFileSync(join(mod, "a.txt"), "run\n"), mod);
  });

  test("a clone that borrows its objects", async () => {
    const repo = tempRepo();
    const clone = join(repo.outside, "clone");
    repo.git("clone", "-q", "--shared", repo.dir, clone);
    await keepAndUndo(undoWorld(undefined, repo, clone), () => writeFileSync(join(clone, "a.txt"), "run\n"), clone);
  });
});

test("nothing else of the repository changes, and no hook is run", async () => {
  const world = undoWorld();
  const { repo } = world;
  repo.git("config", "core.logAllRefUpdates", "always");
  repo.git("config", "core.hooksPath", "hooks here");
  // `git status` itself would call one of the index.
  repo.write({ "hooks here/reference-transaction": `#!/bin/sh\ntouch "${join(repo.outside, "hook-ran")}"\n` });
  execFileSync("chmod", ["-R", "+x", repo.path("hooks here")]);
  const look = () => ({
    status: repo.git("status", "--porcelain=v2", "--branch"),
    log: repo.git("log", "--all", "--format=%H %d"),
    branches: repo.git("branch", "--all", "--verbose"),
    refs: repo.git("for-each-ref", "refs/heads", "refs/tags", "refs/stash", "refs/remotes"),
    reflogs: fingerprint(repo.path(".git/logs")),
    stash: repo.git("stash", "list"),
    index: fingerprint(repo.path(".git/index")),
    config: fingerprint(repo.path(".git/config")),
  });
  const record = world.recordOf(() => repo.write({ "a.txt": "run\n", "n.txt": "new\n" }));
  rmSync(join(repo.outside, "hook-ran"), { force: true });
  const before = look();
  await world.keep(record);
  expect(look()).toEqual(before);
  expect(repo.git("show", `${REF}:before/a.txt`)).toBe("a\n");
  expect(repo.git("show", `${REF}:after/a.txt`)).toBe("run\n");
  expect(repo.git("ls-tree", "-r", "--name-only", REF)).toBe("after/a.txt\nafter/n.txt\nbefore/a.txt\n");
  await dropKept(repo.dir, repo.env, [RUN]);
  expect(look()).toEqual(before);
  expect(existsSync(join(repo.outside, "hook-ran"))).toBe(false);
});

test("keeping the same again is fine, and what git has packed already, too", async () => {
  const world = undoWorld();
  const record = world.recordOf(() => world.repo.write({ "a.txt": "run\n" }));
  await world.keep(record);
  world.repo.git("gc", "--quiet", "--prune=now");
  expect(await world.keep(record)).toBe(REF);
  expect(await keepTrees(world.place, "r-20261121-051104-aaaa", record.changed)).toEqual({
    ref: "refs/ask-codex/r-20261121-051104-aaaa",
  });
  expect(await listKept(world.repo.dir, world.repo.env)).toEqual([RUN, "r-20261121-051104-aaaa"]);
  await dropKept(world.repo.dir, world.repo.env, [RUN]);
  expect(await listKept(world.repo.dir, world.repo.env)).toEqual(["r-20261121-051104-aaaa"]);
});

test("there may be nothing to keep", async () => {
  const world = undoWorld();
  const blob = world.repo.git("rev-parse", "HEAD").trim();
  const inside = { path: "mod", change: "modified" as const, mode_before: "160000", mode_after: "160000" };
  const changes = [{ ...inside, blob_before: blob, blob_after: blob }];
  expect(await keepTrees(world.place, RUN, [])).toEqual({ ref: null });
  expect(await keepTrees(world.place, RUN, changes)).toEqual({ ref: null });
  expect(await listKept(world.repo.dir, world.repo.env)).toEqual([]);
});

describe("a failure is a sentence, and undo works from the record's store", () => {
  const BROKEN: [what: string, spoil: (world: UndoWorld) => void, failure: RegExp][] = [
    [
      "a ref that can't be made",
      ({ repo }) => repo.write({ ".git/refs/ask-codex": "in the way\n" }),
      /^git update-ref: /,
    ],
    [
      "an object store that can't be written",
      ({ repo }) => {
        const objects = repo.path(".git/objects");
        // Root may write everywhere: a file in the place of each folder that is still to come is in its way, too.
        for (let at = 0; at < 256; at++) {
          const name = at.toString(16).padStart(2, "0");
          if (!existsSync(join(objects, name))) writeFileSync(join(objects, name), "");
        }
      },
      /^git unpack-objects: /,
    ],
    [
      "no repository any more",
      ({ repo }) => rmSync(repo.path(".git"), { recursive: true }),
      /^git (pack|unpack)-objects: /,
    ],
  ];
  test.each(BROKEN)("%s", async (what, spoil, failure) => {
    const world = undoWorld();
    const record = world.recordOf(() => world.repo.write({ "a.txt": "run\n", "new.txt": "run\n" }));
    // A blob that only the private store has: the rest is gone with the repository.
    const own = world.recordOf(() => world.repo.write({ "new.txt": "changed\n" }));
    spoil(world);
    const kept = await keepTrees(world.place, RUN, record.changed);
    expect(kept).toEqual({ failure: expect.stringMatching(failure) });
    expect((await world.undo(what.startsWith("no repository") ? own : record)).restored.length).toBeGreaterThan(0);
  });

  test("a blob that nobody has", async () => {
    const world = undoWorld();
    const record = world.recordOf(() => world.repo.write({ "a.txt": "run\n" }));
    const changed = record.changed.map((change) => ({ ...change, blob_after: "1".repeat(40) }));
    const kept = await keepTrees(world.place, RUN, policyRecord({ changed }).changed);
    expect(kept).toEqual({ failure: expect.stringMatching(/^git pack-objects: /) });
    expect(await listKept(world.repo.dir, world.repo.env)).toEqual([]);
    expect(world.repo.git("fsck", "--full", "--no-dangling")).toBe("");
  });

  test("a workspace that is no repository", async () => {
    const world = undoWorld();
    expect(await listKept(world.repo.outside, world.repo.env)).toEqual({
      failure: expect.stringMatching(/for-each-ref/),
    });
  });
});
