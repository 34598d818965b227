import { execFileSync } from "node:child_process";
import { chmodSync, lstatSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { diffStat, diffTrees, writePatch } from "../../../../src/policy/trees/diff.ts";
import { type TempRepo, tempRepo } from "../temp-repo.ts";
import { have, look, open, told } from "./looks.ts";

const LINES = Array.from({ length: 40 }, (_, at) => `line ${at}\n`).join("");
const BINARY = Buffer.from(Array.from({ length: 4_000 }, (_, at) => (at * 37) % 256));
const FILES = { "a.txt": "a\n", "long.txt": LINES, "gone.txt": "g\n", "crlf.txt": "one\r\ntwo\r\n" };

const ACTS: readonly (readonly [name: string, act: (repo: TempRepo) => unknown])[] = [
  ["text", ({ write }) => write({ "a.txt": "A\n", "long.txt": LINES.replace("line 7\n", "line seven\n") })],
  ["bytes", ({ write }) => write({ "new.bin": BINARY, "a.txt": Buffer.concat([BINARY, BINARY]) })],
  ["no line end", ({ write }) => write({ "a.txt": "a" })],
  ["line ends", ({ write }) => write({ "crlf.txt": "one\ntwo\r\n", "a.txt": "a\r\n" })],
  ["a rename", ({ path }) => renameSync(path("long.txt"), path("moved here.txt"))],
  ["a deletion", ({ path }) => rmSync(path("gone.txt"))],
  ["a mode", ({ path }) => chmodSync(path("a.txt"), 0o755)],
  [
    "a link",
    ({ path }) => [rmSync(path("a.txt")), symlinkSync("long.txt", path("a.txt")), symlinkSync("x", path("y"))],
  ],
  ["names", ({ write }) => write({ 'q"uo\nte': "x\n", 日本: "x\n", " -x ": "x\n" })],
  ["an empty file", ({ write }) => write({ empty: "", "a.txt": "" })],
];

describe("the patch of", () => {
  it.each(ACTS)("%s makes the same again where it is applied", async (_, act) => {
    const repo = tempRepo(FILES);
    const copy = join(repo.outside, "copy");
    repo.git("clone", "-q", repo.dir, copy);
    const store = await open(repo);
    const before = await look(store);
    await act(repo);
    const after = await look(store);
    const file = join(repo.outside, "changes.patch");
    expect(await have(writePatch(store, before, after, file))).toEqual({ bytes: lstatSync(file).size, complete: true });
    expect(lstatSync(file).mode & 0o777).toBe(0o600);
    execFileSync("git", ["apply", "--whitespace=nowarn", file], { cwd: copy, env: repo.env });
    expect((await look(await open(repo, copy))).tree).toBe(after.tree);
  });

  it("nothing is an empty file", async () => {
    const repo = tempRepo();
    const store = await open(repo);
    const taken = await look(store);
    const file = join(repo.outside, "changes.patch");
    expect(await writePatch(store, taken, taken, file)).toEqual({ bytes: 0, complete: true });
    expect(readFileSync(file, "utf8")).toBe("");
    expect(await diffStat(store, taken, taken)).toBe("");
  });

  it("too much ends where it is too large, and says so", async () => {
    const repo = tempRepo();
    const store = await open(repo);
    const before = await look(store);
    repo.write({ "new.txt": LINES.repeat(1_000) });
    const file = join(repo.outside, "changes.patch");
    const patch = await have(writePatch(store, before, await look(store), file, 10_000));
    expect(patch.complete).toBe(false);
    const text = readFileSync(file, "utf8");
    expect(text.length).toBe(patch.bytes);
    expect(text.slice(10_000)).toBe("\n# The patch ends here: it is larger than 10000 bytes.\n");
  });

  it("a file that is there already is not overwritten", async () => {
    const repo = tempRepo();
    const store = await open(repo);
    const taken = await look(store);
    const file = join(repo.outside, "changes.patch");
    writeFileSync(file, "mine");
    expect(await writePatch(store, taken, taken, file)).toEqual({ failure: `can't write ${file}: it already exists` });
  });
});

describe("renames", () => {
  it("are found, and beyond a limit only those of the same contents", async () => {
    const repo = tempRepo({ "old.txt": LINES });
    const store = await open(repo);
    const before = await look(store);
    renameSync(repo.path("old.txt"), repo.path("new.txt"));
    expect(told(await have(diffTrees(store, before, await look(store))))).toEqual(["renamed old.txt to new.txt"]);
  });

  it("of too many changed files are told as created and deleted", async () => {
    const many = (dir: string, more: string) =>
      Object.fromEntries(Array.from({ length: 401 }, (_, at) => [`${dir}/${dir}${at}.txt`, `${LINES}${at}\n${more}`]));
    const repo = tempRepo(many("old", ""));
    const store = await open(repo);
    const before = await look(store);
    rmSync(repo.path("old"), { recursive: true });
    repo.write(many("new", "changed\n"));
    const changes = await have(diffTrees(store, before, await look(store)));
    expect(new Set(changes.map(({ change }) => change))).toEqual(new Set(["created", "deleted"]));
    expect(changes.length).toBe(802);
  });
});

it("the stat of a change is git's", async () => {
  const repo = tempRepo(FILES);
  const store = await open(repo);
  const before = await look(store);
  repo.write({ "a.txt": "A\n" });
  expect(await diffStat(store, before, await look(store))).toMatch(/^ a\.txt \| 2 \+-\n 1 file changed/);
  expect(await diffStat(store, before, { tree: "0".repeat(40) })).toMatch(/^git diff-tree: fatal: /);
});
