import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { makeLastingDir, makeOnce, writeLasting } from "../../../src/sys/lasting-files.ts";
import { tempDir } from "./temp-dir.ts";

const synced: string[] = [];
vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  /** The real call, and what it was made for. */
  const fsync = (fd: number) => {
    if (process.platform === "linux") synced.push(real.readlinkSync(`/proc/self/fd/${fd}`));
    real.fsyncSync(fd);
  };
  return { ...real, fsyncSync: fsync };
});
beforeEach(() => void synced.splice(0));

const linux = process.platform === "linux";
const modeOf = (path: string) => statSync(path).mode & 0o777;
const STAGED = /\.ask-codex-[0-9a-f]{12}\.tmp$/;

describe("a file that is made once", () => {
  it("is there with all that is in it, for its user alone", () => {
    const dir = tempDir();
    expect(makeOnce(join(dir, "a"), "text")).toBe(true);
    expect(readFileSync(join(dir, "a"), "utf8")).toBe("text");
    expect(modeOf(join(dir, "a"))).toBe(0o600);
    expect(readdirSync(dir)).toEqual(["a"]);
  });

  it.each<[what: string, make: (path: string) => void]>([
    ["a file", (path) => writeFileSync(path, "old")],
    ["a directory", (path) => mkdirSync(path)],
    ["a link to nowhere", (path) => symlinkSync("nowhere", path)],
  ])("is not made where %s is, which stays as it was", (_, make) => {
    const dir = tempDir();
    make(join(dir, "a"));
    expect(makeOnce(join(dir, "a"), "new")).toBe(false);
    expect(readdirSync(dir)).toEqual(["a"]);
    expect(existsSync(join(dir, "nowhere"))).toBe(false);
    if (statSync(join(dir, "a"), { throwIfNoEntry: false })?.isFile())
      expect(readFileSync(join(dir, "a"), "utf8")).toBe("old");
  });

  it("is named where it can't be made", () => {
    const dir = tempDir();
    expect(() => makeOnce(join(dir, "none", "a"), "text")).toThrow(`can't write ${join(dir, "none", "a")}: `);
  });

  it.runIf(linux)("is on the disk before anybody sees it, and then its name", () => {
    const dir = tempDir();
    makeOnce(join(dir, "a"), "text");
    expect(synced).toEqual([expect.stringMatching(STAGED), dir]);
  });
});

describe("a file that is replaced for good", () => {
  it.runIf(linux)("is on the disk before it takes the place of the old one", () => {
    const dir = tempDir();
    writeFileSync(join(dir, "a"), "old");
    writeLasting(join(dir, "a"), "new");
    expect(readFileSync(join(dir, "a"), "utf8")).toBe("new");
    expect(synced).toEqual([expect.stringMatching(STAGED)]);
    expect(readdirSync(dir)).toEqual(["a"]);
  });
});

describe("a directory that lasts", () => {
  it.runIf(linux)("is made with those above it, and written into each of them", () => {
    const dir = tempDir();
    makeLastingDir(join(dir, "a", "b", "c"));
    expect(synced).toEqual([dir, join(dir, "a"), join(dir, "a", "b")]);
    expect(["a", "a/b", "a/b/c"].map((path) => modeOf(join(dir, path)))).toEqual([0o700, 0o700, 0o700]);
  });

  it("costs nothing when it is there", () => {
    const dir = tempDir();
    mkdirSync(join(dir, "a"), { mode: 0o755 });
    makeLastingDir(join(dir, "a"));
    expect(synced).toEqual([]);
    expect(modeOf(join(dir, "a"))).toBe(0o700);
  });

  it("is not made behind a link", () => {
    const dir = tempDir();
    symlinkSync(tempDir(), join(dir, "a"));
    expect(() => makeLastingDir(join(dir, "a"))).toThrow("it is a symbolic link");
  });
});
