import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compareIgnored, type IgnoredLook, listIgnored } from "../../../../src/policy/trees/ignored-files.ts";
import { type TempRepo, tempRepo } from "../temp-repo.ts";
import { open, told } from "./looks.ts";

const FILES = { ".gitignore": "*.log\nbuild/\n", "src/a.ts": "a\n", "lib/b.ts": "b\n" };
const IGNORED = { "x.log": "x\n", "src/y.log": "y\n", "build/deep/z.js": "z\n", "lib/build/w.js": "w\n" };
const PLENTY_MS = 60_000;

function withIgnored(): TempRepo {
  const repo = tempRepo(FILES);
  repo.write(IGNORED);
  return repo;
}

describe("the ignored files", () => {
  it.each<[string, string[], string[]]>([
    ["everywhere", [""], ["build/deep/z.js", "lib/build/w.js", "src/y.log", "x.log"]],
    ["below a directory", ["src"], ["src/y.log"]],
    ["below some", ["src", "lib/"], ["lib/build/w.js", "src/y.log"]],
    ["below an ignored one", ["build"], ["build/deep/z.js"]],
    ["below one that is not there", ["nowhere"], []],
    ["below what is no pattern", ["*"], []],
    ["below nothing", [], []],
  ])("%s", async (_, dirs, files) => {
    const repo = withIgnored();
    repo.write({
      "not-ignored.txt": "n\n",
      "build/.git/HEAD": "x\n",
      ".ask-codex/.gitignore": "*\n",
      ".ask-codex/r.md": "r\n",
    });
    const look = await listIgnored(await open(repo), dirs, PLENTY_MS);
    expect([...look.files.keys()].sort()).toEqual(files);
    expect(look).toMatchObject({ complete: true });
  });

  it("are those of .git/info/exclude and of the user, too", async () => {
    const repo = tempRepo({ "a.txt": "a\n" });
    repo.write({
      ".git/info/exclude": "*.one\n",
      "../home/.config/git/ignore": "*.two\n",
      "x.one": "1",
      "x.two": "2",
      "x.three": "3",
    });
    const found = async () => [...(await listIgnored(await open(repo), [""], PLENTY_MS)).files.keys()];
    expect(await found()).toEqual(["x.one", "x.two"]);
    repo.write({ "../home/ignore": "*.three\n" });
    repo.git("config", "--global", "core.excludesFile", "~/ignore");
    expect(await found()).toEqual(["x.one", "x.three"]);
  });
});

const ROWS: readonly (readonly [name: string, act: (repo: TempRepo) => unknown, changes: string[]])[] = [
  ["nothing", () => {}, []],
  ["a new one", ({ write }) => write({ "build/new.js": "n\n" }), ["created build/new.js"]],
  ["a changed one", ({ write }) => write({ "x.log": "changed\n" }), ["modified x.log"]],
  ["one of the same size", ({ write }) => write({ "x.log": "X\n" }), ["modified x.log"]],
  ["a deleted directory", ({ path }) => rmSync(path("build"), { recursive: true }), ["deleted build/deep/z.js"]],
  ["a mode", ({ path }) => chmodSync(path("x.log"), 0o755), ["modified x.log"]],
  ["a link", ({ path }) => symlinkSync("/etc", path("etc.log")), ["created etc.log"]],
  [
    "a name of bytes",
    ({ path }) => writeFileSync(Buffer.concat([Buffer.from(path("build/")), Buffer.of(0xff)]), ""),
    ["created build/\uFFFD"],
  ],
];

describe("two looks tell of", () => {
  it.each(ROWS)("%s", async (_, act, changes) => {
    const repo = withIgnored();
    const store = await open(repo);
    const before = await listIgnored(store, [""], PLENTY_MS);
    await act(repo);
    const found = compareIgnored(before, await listIgnored(store, [""], PLENTY_MS));
    expect(told(found)).toEqual(changes);
    for (const change of found) expect(change).toMatchObject({ blob_before: null, blob_after: null });
  });
});

describe("when the time is up", () => {
  it("it says so, and nothing that was not looked at is called new or gone", async () => {
    const repo = withIgnored();
    const store = await open(repo);
    const whole = await listIgnored(store, [""], PLENTY_MS);
    const none = await listIgnored(store, [""], 0);
    expect(none).toMatchObject({ complete: false, unseen: new Set([""]) });
    expect(compareIgnored(whole, none)).toEqual([]);
    expect(compareIgnored(none, whole)).toEqual([]);
  });

  it.each<[string, string[], string[], string[]]>([
    ["what only the second saw is new where the first was", [], ["b"], ["created a/new", "created c/new"]],
    ["what only the first saw is gone where the second was", ["a"], ["b", "c"], ["deleted b/old"]],
  ])("%s", (_, missing, unseen, changes) => {
    const file = { size: 1n, mtimeNs: 1n, ctimeNs: 1n, ino: 1n, mode: 0o100644n };
    const lookOf = (names: string[], rest: string[]): IgnoredLook => ({
      files: new Map(names.map((name) => [name, file])),
      elapsedMs: 0,
      complete: rest.length === 0,
      unseen: new Set(rest),
    });
    const old = lookOf(["a/old", "b/old", "c/old"], missing.length === 0 ? unseen : []);
    const fresh =
      missing.length === 0
        ? lookOf(["a/old", "b/old", "c/old", "a/new", "b/new", "c/new"], [])
        : lookOf(["a/old"], ["c"]);
    expect(told(compareIgnored(old, fresh))).toEqual(changes);
  });

  it("a repository of thousands of files is left half way", async () => {
    const repo = tempRepo(FILES);
    mkdirSync(repo.path("build"));
    for (let at = 0; at < 3_000; at++) writeFileSync(repo.path(`build/${at}.js`), "");
    const look = await listIgnored(await open(repo), [""], 1);
    expect(look.complete).toBe(false);
  });
});
