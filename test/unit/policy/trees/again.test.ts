import { readdirSync, renameSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { diffTrees } from "../../../../src/policy/trees/diff.ts";
import { notCovered } from "../../../../src/policy/trees/store.ts";
import { type TempRepo, tempRepo } from "../temp-repo.ts";
import { changesIn, have, look, open, told } from "./looks.ts";

/** Writes other contents of the same size, and sets the time of the last change back. */
function forge(repo: TempRepo, name: string, text: string): void {
  const { atime, mtime } = statSync(repo.path(name));
  writeFileSync(repo.path(name), text);
  utimesSync(repo.path(name), atime, mtime);
}

describe("a second look misses no change", () => {
  it.each<[string, (repo: TempRepo) => unknown, string[]]>([
    ["of the same size at once", ({ write }) => write({ "a.txt": "b\n" }), ["modified a.txt"]],
    ["of the same size to a new file", ({ write }) => write({ "new.txt": "N\n" }), ["modified new.txt"]],
    ["of the same size to a dirty file", ({ write }) => write({ "src/b.txt": "D\n" }), ["modified src/b.txt"]],
    ["with the time set back", (repo) => forge(repo, "a.txt", "b\n"), ["modified a.txt"]],
    ["with the time of a new file set back", (repo) => forge(repo, "new.txt", "N\n"), ["modified new.txt"]],
    [
      "by another file in its place",
      ({ path, write }) => [write({ "../x": "N\n" }), renameSync(path("../x"), path("new.txt"))],
      ["modified new.txt"],
    ],
    ["that is taken back", ({ write }) => [write({ "new.txt": "N\n" }), write({ "new.txt": "n\n" })], []],
    [
      "to a file that is ignored from now on",
      ({ write }) => write({ ".gitignore": "*.txt\n" }),
      ["created .gitignore"],
    ],
    [
      "to a file that is ignored and changed",
      ({ write }) => write({ ".gitignore": "*.txt\n", "new.txt": "N\n" }),
      ["created .gitignore", "modified new.txt"],
    ],
    ["to one that is tracked from now on", ({ git }) => git("add", "-A"), []],
    ["to one that is not tracked any more", ({ git }) => git("rm", "-q", "--cached", "a.txt"), []],
    ["to the index, which is removed", ({ path }) => rmSync(path(".git/index")), []],
  ])("%s", async (_, act, changes) => {
    const repo = tempRepo();
    repo.write({ "new.txt": "n\n", "src/b.txt": "d\n" });
    expect(told(await changesIn(await open(repo), () => act(repo)))).toEqual(changes);
  });

  it("nor does a third or a fourth", async () => {
    const repo = tempRepo();
    const store = await open(repo);
    const texts = ["1\n", "2\n", "1\n", "a\n"];
    const looks = [await look(store)];
    for (const text of texts) {
      repo.write({ "a.txt": text });
      looks.push(await look(store));
    }
    const trees = looks.map(({ tree }) => tree);
    expect(new Set(trees).size).toBe(3);
    expect(trees[1]).toBe(trees[3]);
    expect(trees[0]).toBe(trees[4]);
  });

  it("reads and writes nothing when nothing changed", async () => {
    const repo = tempRepo();
    repo.write({ "new.txt": "n\n", "a.txt": "A\n" });
    const store = await open(repo);
    await look(store);
    const packs = () => readdirSync(join(store.dir, "objects/pack")).sort();
    const before = packs();
    await look(store);
    expect(packs()).toEqual(before);
  });
});

describe("a large file", () => {
  it("of some megabytes is kept whole", async () => {
    const repo = tempRepo();
    const bytes = Buffer.alloc(20 * 1024 * 1024, "0123456789abcdef\n");
    const store = await open(repo);
    const changes = await changesIn(store, () => repo.write({ "large.bin": bytes }));
    const id = repo.git("hash-object", "--no-filters", "large.bin").trim();
    expect(changes).toMatchObject([{ path: "large.bin", change: "created", blob_after: id }]);
    bytes.write("X", 15 * 1024 * 1024);
    expect(told(await changesIn(store, () => repo.write({ "large.bin": bytes })))).toEqual(["modified large.bin"]);
  });

  it("beyond that is compared by its times, and says so", async () => {
    const repo = tempRepo();
    const grow = (name: string) => {
      writeFileSync(repo.path(name), "x");
      // A hole: it takes no room.
      truncateSync(repo.path(name), 300 * 1024 * 1024);
    };
    grow("huge.bin");
    const store = await open(repo);
    const before = await look(store);
    expect(Object.keys(before.large)).toEqual(["huge.bin"]);
    expect(told(await changesIn(store, () => {}))).toEqual([]);
    const touch = () => utimesSync(repo.path("huge.bin"), 1, 1);
    expect(await changesIn(store, touch)).toMatchObject([
      {
        path: "huge.bin",
        change: "modified",
        mode_before: "100644",
        mode_after: "100644",
        blob_before: null,
        blob_after: null,
      },
    ]);
    expect(await changesIn(store, () => repo.write({ "huge.bin": "small\n" }))).toMatchObject([
      { path: "huge.bin", change: "modified", blob_before: null, blob_after: expect.any(String) },
    ]);
    expect(told(await changesIn(store, () => grow("other.bin")))).toEqual(["created other.bin"]);
    expect(told(await changesIn(store, () => rmSync(repo.path("other.bin"))))).toEqual(["deleted other.bin"]);
    expect(notCovered(store)).toEqual([
      "huge.bin is too large to be kept: it is compared by its size and times only",
      "other.bin is too large to be kept: it is compared by its size and times only",
    ]);
  });
});

it("a tree that was kept is as good as a look", async () => {
  const repo = tempRepo();
  const store = await open(repo);
  const before = await look(store);
  repo.write({ "a.txt": "A\n" });
  const { tree } = await look(store);
  expect(told(await have(diffTrees(store, { tree: before.tree }, { tree })))).toEqual(["modified a.txt"]);
});
