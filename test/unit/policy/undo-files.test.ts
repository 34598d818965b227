import { chmodSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { tempRepo } from "./temp-repo.ts";
import { picture, type UndoWorld, undoWorld } from "./undo-world.ts";

const bytes = (workspace: string, name: string) =>
  Buffer.concat([Buffer.from(`${workspace}/`), Buffer.from(name, "latin1")]);

/** What a run may do, each taken back to the byte. */
const DEEDS: [what: string, act: (world: UndoWorld) => void][] = [
  ["creates a file", ({ repo }) => repo.write({ "new.txt": "new\n" })],
  ["creates a file in new directories", ({ repo }) => repo.write({ "x/y/z/new.txt": "new\n" })],
  ["modifies a file", ({ repo }) => repo.write({ "a.txt": "other\n" })],
  ["deletes a file", ({ repo }) => rmSync(repo.path("a.txt"))],
  [
    "deletes the last file of a directory, and the directory",
    ({ repo }) => rmSync(repo.path("src"), { recursive: true }),
  ],
  ["renames a file", ({ repo }) => renameSync(repo.path("long.txt"), repo.path("moved.txt"))],
  [
    "renames a file into a new directory and changes it",
    ({ repo }) => {
      repo.write({ "deep/er/moved.txt": `${readFileSync(repo.path("long.txt"), "utf8")}more\n` });
      rmSync(repo.path("long.txt"));
    },
  ],
  ["empties a file", ({ repo }) => repo.write({ "a.txt": "" })],
  ["fills an empty file", ({ repo }) => repo.write({ "empty.txt": "full\n" })],
  ["makes a file executable", ({ repo }) => chmodSync(repo.path("a.txt"), 0o755)],
  ["takes the executable bit away", ({ repo }) => chmodSync(repo.path("run.sh"), 0o644)],
  ["writes 5 MB of bytes", ({ repo }) => repo.write({ "a.bin": Buffer.alloc(5_000_000, 7) })],
  ["overwrites 5 MB of bytes", ({ repo }) => repo.write({ "big.bin": "small\n" })],
  ["changes line ends", ({ repo }) => repo.write({ "crlf.txt": "one\ntwo\n" })],
  [
    "turns a link elsewhere",
    ({ repo }) => {
      rmSync(repo.path("link"));
      symlinkSync("src/b.txt", repo.path("link"));
    },
  ],
  [
    "replaces a link by a file",
    ({ repo }) => {
      rmSync(repo.path("link"));
      repo.write({ link: "a file now\n" });
    },
  ],
  [
    "replaces a file by a link",
    ({ repo }) => {
      rmSync(repo.path("a.txt"));
      symlinkSync("src", repo.path("a.txt"));
    },
  ],
  [
    "replaces a file by a directory",
    ({ repo }) => {
      rmSync(repo.path("a.txt"));
      repo.write({ "a.txt/in/it.txt": "1\n", "a.txt/two.txt": "2\n" });
    },
  ],
  [
    "replaces a directory by a file",
    ({ repo }) => {
      rmSync(repo.path("src"), { recursive: true });
      repo.write({ src: "a file now\n" });
    },
  ],
  [
    "replaces a directory by a link out of the workspace",
    ({ repo }) => {
      rmSync(repo.path("src"), { recursive: true });
      symlinkSync(repo.outside, repo.path("src"));
    },
  ],
  [
    "uses a name with a line end",
    ({ repo }) => repo.write({ "two\nlines/new\n.txt": "1\n", "old\nname.txt": "changed\n" }),
  ],
  [
    "uses names that are no UTF-8",
    ({ repo }) => {
      writeFileSync(bytes(repo.dir, "caf\xe9.txt"), "changed\n");
      mkdirSync(bytes(repo.dir, "d\xff"));
      writeFileSync(bytes(repo.dir, "d\xff/n\xfe"), "new\n");
    },
  ],
  [
    "uses names with spaces and quotes",
    ({ repo }) => repo.write({ 'a "b" \\c/d e.txt': "1\n", "-x": "1\n", ":(top)y": "1\n" }),
  ],
  [
    "does all at once",
    ({ repo }) => {
      repo.write({ "a.txt": "1\n", "new/a.txt": "2\n", "src/c.txt": "3\n" });
      rmSync(repo.path("src/b.txt"));
      rmSync(repo.path("big.bin"));
      chmodSync(repo.path("run.sh"), 0o644);
    },
  ],
];

function richWorld(): UndoWorld {
  const repo = tempRepo({ "a.txt": "a\n", "src/b.txt": "b\n", "empty.txt": "", "run.sh": "#!/bin/sh\n" });
  repo.write({
    ".gitattributes": "* text=auto eol=crlf\n*.big filter=lfs diff=lfs\n",
    "long.txt": Array.from({ length: 60 }, (_, at) => `line ${at}\n`).join(""),
    "crlf.txt": "one\r\ntwo\r\n",
    "old\nname.txt": "old\n",
    "big.bin": Buffer.from("0123456789abcdef\0\r\n\xff".repeat(250_000), "latin1"),
    "x.big": "as large as it gets\n",
  });
  chmodSync(repo.path("run.sh"), 0o755);
  symlinkSync("a.txt", repo.path("link"));
  writeFileSync(bytes(repo.dir, "caf\xe9.txt"), "old\n");
  // A filter of the user's, in force everywhere but in what we do.
  for (const verb of ["clean", "smudge", "process"])
    repo.git("config", `filter.lfs.${verb}`, `touch "${join(repo.outside, "filter-ran")}"; cat`);
  return undoWorld(undefined, repo);
}

describe("a run", () => {
  test.each(DEEDS)("%s: undo brings it back to the byte", async (_, act) => {
    const world = richWorld();
    const before = picture(world.repo.dir);
    const record = world.recordOf(() => act(world));
    expect(record.changed.length).toBeGreaterThan(0);
    const dry = await world.plan(record);
    const undone = await world.undo(record);
    expect(undone).toMatchObject({ conflicts: [], unkept: [], already: [], failed: [] });
    expect(dry.restore).toEqual(undone.restored);
    expect(undone.restored).toHaveLength(record.changed.length);
    expect(picture(world.repo.dir)).toEqual(before);
    expect(world.take()).toBe(record.trees.before);
    expect(lstatSync(join(world.repo.outside, "filter-ran"), { throwIfNoEntry: false })).toBeUndefined();
    const again = await world.undo(record);
    expect(again).toMatchObject({ restored: [], conflicts: [], failed: [] });
    expect(again.already).toHaveLength(record.changed.length);
  });
});
