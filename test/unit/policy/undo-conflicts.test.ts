import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AuditChange } from "../../../src/core/policy.ts";
import type { Left } from "../../../src/policy/undo/plan-undo.ts";
import type { TempRepo } from "./temp-repo.ts";
import { picture, policyRecord, undoWorld } from "./undo-world.ts";

const said = (left: readonly Left[]) => left.map(({ change, reason }) => `${change.path}: ${reason}`);
const pathsOf = (changes: readonly AuditChange[]) => changes.map((change) => change.path);

/** What the run did, what somebody did since, and what undo says and leaves alone. */
const CASES: [what: string, run: (repo: TempRepo) => void, since: (repo: TempRepo) => void, conflicts: string[]][] = [
  [
    "edited a file that the run modified",
    (repo) => repo.write({ "a.txt": "run\n" }),
    (repo) => repo.write({ "a.txt": "mine\n" }),
    ["a.txt: somebody changed it since the run"],
  ],
  [
    "edited a file that the run created",
    (repo) => repo.write({ "new.txt": "run\n" }),
    (repo) => repo.write({ "new.txt": "mine\n" }),
    ["new.txt: somebody changed it since the run"],
  ],
  [
    "removed a file that the run modified",
    (repo) => repo.write({ "a.txt": "run\n" }),
    (repo) => rmSync(repo.path("a.txt")),
    ["a.txt: it is gone since the run"],
  ],
  [
    "made a file that the run had deleted",
    (repo) => rmSync(repo.path("a.txt")),
    (repo) => repo.write({ "a.txt": "mine\n" }),
    ["a.txt: there is a file again since the run"],
  ],
  [
    "changed only the executable bit",
    (repo) => repo.write({ "a.txt": "run\n" }),
    (repo) => chmodSync(repo.path("a.txt"), 0o755),
    ["a.txt: somebody changed it since the run"],
  ],
  [
    "put a directory where the run had modified a file",
    (repo) => repo.write({ "a.txt": "run\n" }),
    (repo) => {
      rmSync(repo.path("a.txt"));
      repo.write({ "a.txt/mine": "mine\n" });
    },
    ["a.txt: a directory is in its place now"],
  ],
  [
    "put a directory where the run had deleted a file",
    (repo) => rmSync(repo.path("a.txt")),
    (repo) => repo.write({ "a.txt/mine": "mine\n" }),
    ["a.txt: a.txt/mine is in the way now"],
  ],
  [
    "added to the directory that the run had made of a file",
    (repo) => {
      rmSync(repo.path("a.txt"));
      repo.write({ "a.txt/run": "run\n" });
    },
    (repo) => repo.write({ "a.txt/mine": "mine\n" }),
    ["a.txt: a.txt/mine is in the way now"],
  ],
  [
    "put a link where the run had modified a file",
    (repo) => repo.write({ "a.txt": "run\n" }),
    (repo) => {
      rmSync(repo.path("a.txt"));
      symlinkSync(join(repo.outside, "precious"), repo.path("a.txt"));
    },
    ["a.txt: somebody changed it since the run"],
  ],
  [
    "replaced a directory by a link out of the workspace",
    (repo) => repo.write({ "src/b.txt": "run\n", "src/new.txt": "run\n", "src/deep/new.txt": "run\n" }),
    (repo) => {
      renameSync(repo.path("src"), join(repo.outside, "moved"));
      symlinkSync(join(repo.outside, "moved"), repo.path("src"));
    },
    [
      "src/b.txt: src is a symbolic link now, and undo follows none",
      "src/deep/new.txt: src is a symbolic link now, and undo follows none",
      "src/new.txt: src is a symbolic link now, and undo follows none",
    ],
  ],
  [
    "replaced the directory of deleted files by a link out of the workspace",
    (repo) => rmSync(repo.path("src"), { recursive: true }),
    (repo) => {
      mkdirSync(join(repo.outside, "elsewhere"));
      symlinkSync(join(repo.outside, "elsewhere"), repo.path("src"));
    },
    ["src/b.txt: src is in the way now"],
  ],
  [
    "replaced the directory of deleted files by a file",
    (repo) => rmSync(repo.path("src"), { recursive: true }),
    (repo) => repo.write({ src: "mine\n" }),
    ["src/b.txt: src is in the way now"],
  ],
  [
    "edited a file that the run renamed: both sides stay",
    (repo) => renameSync(repo.path("src/b.txt"), repo.path("src/c.txt")),
    (repo) => repo.write({ "src/c.txt": "mine\n" }),
    ["src/c.txt: somebody changed it since the run"],
  ],
  [
    "put another file where a renamed one was: both sides stay",
    (repo) => renameSync(repo.path("src/b.txt"), repo.path("src/c.txt")),
    (repo) => repo.write({ "src/b.txt": "mine\n" }),
    ["src/c.txt: there is a file again since the run"],
  ],
];

describe("somebody", () => {
  test.each(CASES)("%s", async (_, run, since, conflicts) => {
    const world = undoWorld({ "a.txt": "a\n", "src/b.txt": "b\n", "other.txt": "o\n" });
    writeFileSync(join(world.repo.outside, "precious"), "precious\n");
    const record = world.recordOf(() => {
      run(world.repo);
      world.repo.write({ "other.txt": "run\n" });
    });
    since(world.repo);
    const before = { inside: picture(world.repo.dir), outside: outsideOf(world.repo) };
    const undone = await world.undo(record);
    expect(said(undone.conflicts).sort()).toEqual(conflicts);
    expect(undone).toMatchObject({ unkept: [], failed: [] });
    expect(readFileSync(world.repo.path("other.txt"), "utf8")).toBe("o\n");
    // What was the run's alone is gone; all else is as it was, and outside everything.
    const after = picture(world.repo.dir);
    const touched = Object.keys(before.inside).filter((name) => before.inside[name] !== after[name]);
    expect(touched.filter((name) => name !== "/other.txt" && name !== "/a.txt/run")).toEqual([]);
    expect(outsideOf(world.repo)).toEqual(before.outside);
  });
});

const outsideOf = (repo: TempRepo) =>
  Object.fromEntries(Object.entries(picture(repo.outside)).filter(([name]) => !/^\/(a repo|record)/.test(name)));

test("a file that somebody deleted since, and one that somebody brought back, are as they were", async () => {
  const world = undoWorld();
  const record = world.recordOf(() => world.repo.write({ "new/one.txt": "run\n", "a.txt": "run\n" }));
  rmSync(world.repo.path("new/one.txt"));
  world.repo.write({ "a.txt": "a\n" });
  const undone = await world.undo(record);
  expect(pathsOf(undone.already).sort()).toEqual(["a.txt", "new/one.txt"]);
  expect(undone).toMatchObject({ restored: [], conflicts: [], failed: [] });
  // The directory was the run's, and nothing else is in it.
  expect(readdirSync(world.repo.dir).sort()).toEqual([".git", "a.txt", "src"]);
});

test("a directory with something of somebody's in it stays, and so does one from before the run", async () => {
  const world = undoWorld({ "a.txt": "a\n", "old/b.txt": "b\n" });
  const record = world.recordOf(() => world.repo.write({ "new/one.txt": "run\n", "old/new.txt": "run\n" }));
  world.repo.write({ "new/mine.txt": "mine\n" });
  rmSync(world.repo.path("old/b.txt"));
  const undone = await world.undo(record);
  expect(pathsOf(undone.restored).sort()).toEqual(["new/one.txt", "old/new.txt"]);
  expect(readdirSync(world.repo.dir).sort()).toEqual([".git", "a.txt", "new", "old"]);
});

test("with outOfScope only that is taken back; what is concurrent never is", async () => {
  const world = undoWorld();
  const record = world.recordOf(() => world.repo.write({ "in.txt": "1\n", "out.txt": "2\n", "theirs.txt": "3\n" }));
  const named = (name: string) => record.changed.filter((change) => change.path === name);
  const split = policyRecord({
    ...record,
    status: "violation",
    changed: named("in.txt"),
    out_of_scope: named("out.txt"),
    concurrent: named("theirs.txt"),
  });
  expect(pathsOf((await world.undo(split, { outOfScope: true })).restored)).toEqual(["out.txt"]);
  expect(pathsOf((await world.undo(split)).restored)).toEqual(["in.txt"]);
  expect(readdirSync(world.repo.dir).sort()).toEqual([".git", "a.txt", "src", "theirs.txt"]);
});

test("ignored files, repositories inside and paths of git's own are named and left alone", async () => {
  const world = undoWorld();
  const change = (path: string, over: Partial<AuditChange> = {}): AuditChange => ({
    path,
    change: "modified",
    mode_before: "100644",
    mode_after: "100644",
    blob_before: null,
    blob_after: null,
    ...over,
  });
  const blob = world.repo.git("rev-parse", "HEAD:a.txt").trim();
  const record = policyRecord({
    changed: [
      change("inside", { mode_before: "160000", mode_after: "160000", blob_before: blob, blob_after: blob }),
      ...["../out.txt", "/etc/passwd", ".git/hooks/x", "src/.GIT/config", "a//b", "./a.txt", ""].map((path) =>
        change(path, { change: "deleted", blob_before: blob, mode_after: null }),
      ),
    ],
    out_of_scope: [change("x/[redacted:github-token]", { change: "created", mode_before: null, blob_after: blob })],
    ignored: { compared: 2, changed: [change("dist/x.js")], elapsed_ms: 1, complete: true },
  });
  const before = picture(world.repo.outside);
  const undone = await world.undo(record);
  expect(said(undone.unkept)).toEqual([
    "inside: it is a repository inside, of which git keeps no contents",
    ...["../out.txt", "/etc/passwd", ".git/hooks/x", "src/.GIT/config", "a//b", "./a.txt", ""].map(
      (path) => `${path}: its path does not lie in the work tree`,
    ),
    "x/[redacted:github-token]: the record hides a part of its name: it looks like a secret",
    "dist/x.js: its contents were not kept: git ignores it, or it is too large",
  ]);
  expect(undone).toMatchObject({ restored: [], already: [], conflicts: [] });
  expect(picture(world.repo.outside)).toEqual(before);
});

test("contents that no store has any more are named before anything is written, and a rename stays whole", async () => {
  const world = undoWorld({ "a.txt": "a\n", "src/b.txt": "long enough\nto be\na rename\n" });
  const record = world.recordOf(() => {
    renameSync(world.repo.path("src/b.txt"), world.repo.path("c.txt"));
    world.repo.write({ "a.txt": "run\n" });
  });
  const gone = record.changed.map((change) => ({ ...change, blob_before: "1".repeat(40) }));
  const before = picture(world.repo.dir);
  const undone = await world.undo({ ...record, changed: gone });
  expect(said(undone.unkept)).toHaveLength(2);
  expect(said(undone.unkept)[0]).toMatch(/: its contents from before the run are in no store any more$/);
  expect(picture(world.repo.dir)).toEqual(before);
});

test("hard links: the other name keeps what it has", async () => {
  const world = undoWorld();
  const record = world.recordOf(() => {
    world.repo.write({ "a.txt": "run\n", "one.txt": "run too\n" });
    linkSync(world.repo.path("one.txt"), world.repo.path("two.txt"));
  });
  linkSync(world.repo.path("a.txt"), join(world.repo.outside, "other name"));
  const undone = await world.undo(record);
  expect(undone).toMatchObject({ conflicts: [], failed: [] });
  expect(readFileSync(world.repo.path("a.txt"), "utf8")).toBe("a\n");
  expect(readFileSync(join(world.repo.outside, "other name"), "utf8")).toBe("run\n");
  expect(readdirSync(world.repo.dir).sort()).toEqual([".git", "a.txt", "src"]);
});

test("a file that is replaced keeps its other permission bits", async () => {
  const world = undoWorld({ "a.txt": "a\n", "b.sh": "b\n" });
  const record = world.recordOf(() => {
    world.repo.write({ "a.txt": "run\n" });
    chmodSync(world.repo.path("b.sh"), 0o755);
  });
  chmodSync(world.repo.path("a.txt"), 0o640);
  chmodSync(world.repo.path("b.sh"), 0o750);
  await world.undo(record);
  expect(statSync(world.repo.path("a.txt")).mode & 0o777).toBe(0o640);
  expect(statSync(world.repo.path("b.sh")).mode & 0o777).toBe(0o640);
});
