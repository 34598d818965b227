import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AskCodexError } from "../../../src/core/errors.ts";
import {
  fileError,
  fileReason,
  makeNewDir,
  makePrivateDir,
  readIfThere,
  writeNew,
  writeWhole,
} from "../../../src/sys/files.ts";
import { runQuick } from "../../../src/sys/run-quick.ts";
import { race } from "./race.ts";
import { tempDir } from "./temp-dir.ts";

const modeOf = (path: string) => statSync(path).mode & 0o7777;
const coded = (code: string) => Object.assign(new Error("raw words"), { code });

describe("what went wrong, in words", () => {
  it.each([
    ["EACCES", "permission denied"],
    ["EROFS", "the file system is read-only"],
    ["ENOSPC", "no space left on the device"],
    ["EDQUOT", "the disk quota is used up"],
    ["EFBIG", "it would be larger than a file may be here"],
    ["ENOTDIR", "a part of the path is not a directory"],
    ["EISDIR", "it is a directory"],
    ["ELOOP", "it is a symbolic link"],
    ["ENOENT", "it does not exist"],
    ["EEXIST", "it already exists"],
    ["EIO", "raw words"],
  ])("%s is %s", (code, words) => {
    expect(fileReason(coded(code))).toBe(words);
    expect(fileError("write", "/a/b", coded(code))).toMatchObject({
      kind: "fatal",
      message: `can't write /a/b: ${words}`,
      hint: expect.stringContaining("ASK_CODEX_HOME"),
    });
  });

  it("keeps the cause", () => {
    const cause = coded("EIO");
    expect(fileError("read", "/a", cause).cause).toBe(cause);
  });
});

describe("writeWhole", () => {
  it("makes a file for its user alone, and replaces it", () => {
    const path = join(tempDir(), "f");
    writeWhole(path, "one");
    expect(modeOf(path)).toBe(0o600);
    writeWhole(path, "two é\n");
    expect(readFileSync(path, "utf8")).toBe("two é\n");
    expect(modeOf(path)).toBe(0o600);
  });

  it("closes a file that was open to others", () => {
    const path = join(tempDir(), "f");
    writeFileSync(path, "old");
    chmodSync(path, 0o666);
    writeWhole(path, "new");
    expect(modeOf(path)).toBe(0o600);
  });

  it("replaces a link and leaves alone where it led", () => {
    const dir = tempDir();
    writeFileSync(join(dir, "target"), "precious");
    symlinkSync("target", join(dir, "f"));
    writeWhole(join(dir, "f"), "new");
    expect(lstatSync(join(dir, "f")).isFile()).toBe(true);
    expect(readFileSync(join(dir, "target"), "utf8")).toBe("precious");
  });

  it("leaves nothing behind, on success and on failure", () => {
    const dir = tempDir();
    mkdirSync(join(dir, "taken"));
    writeWhole(join(dir, "f"), "x");
    expect(() => writeWhole(join(dir, "taken"), "x")).toThrow(/can't write .*taken: it is a directory/);
    expect(readdirSync(dir).sort()).toEqual(["f", "taken"]);
  });

  it("says where a directory is missing", () => {
    expect(() => writeWhole(join(tempDir(), "no", "f"), "x")).toThrow(/no\/f: it does not exist$/);
  });

  it("keeps the old text whole when the disk takes only a part of the new one", async () => {
    const dir = tempDir();
    const path = join(dir, "f");
    writeFileSync(path, "old");
    const done = await shortWrite(path);
    expect(done.stdout.toString("utf8")).toMatch(/^can't write .*: it would be larger than a file may be here$/);
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(dir)).toEqual(["f"]);
  });
});

/** Writes 1 MiB in a process that may write files of 64 KiB: the system takes the first part and refuses the rest. */
function shortWrite(path: string) {
  const source = join(import.meta.dirname, "..", "..", "..", "src", "sys", "files.ts");
  const code = `import { writeWhole } from ${JSON.stringify(source)};
    try { writeWhole(${JSON.stringify(path)}, "x".repeat(1 << 20)); } catch (error) { process.stdout.write(error.message); }`;
  return runQuick({
    command: "bash",
    args: [
      "-c",
      'ulimit -f 64; exec "$0" "$@"',
      process.execPath,
      "--import",
      "tsx",
      "--input-type=module",
      "-e",
      code,
    ],
    cwd: join(import.meta.dirname, "..", "..", ".."),
    env: { PATH: process.env.PATH, TSX_DISABLE_CACHE: "1" },
  });
}

describe("writeNew", () => {
  it("makes a file for its user alone", () => {
    const path = join(tempDir(), "f");
    writeNew(path, "é");
    expect(readFileSync(path, "utf8")).toBe("é");
    expect(modeOf(path)).toBe(0o600);
  });

  it.each<[string, (dir: string) => unknown]>([
    ["a file", (dir) => writeFileSync(join(dir, "f"), "old")],
    ["a directory", (dir) => mkdirSync(join(dir, "f"))],
    ["a link to a file", (dir) => [writeFileSync(join(dir, "t"), "old"), symlinkSync("t", join(dir, "f"))]],
    ["a link to nowhere", (dir) => symlinkSync("nowhere", join(dir, "f"))],
  ])("refuses the place of %s", (_, make) => {
    const dir = tempDir();
    make(dir);
    const before = readdirSync(dir);
    expect(() => writeNew(join(dir, "f"), "new")).toThrow(/can't write .*f: it already exists/);
    expect(readdirSync(dir)).toEqual(before);
    if (existsSync(join(dir, "t"))) expect(readFileSync(join(dir, "t"), "utf8")).toBe("old");
  });
});

describe("makePrivateDir", () => {
  it("makes what five processes want at once for each of them", async () => {
    const dir = tempDir();
    const argvs = Array.from({ length: 5 }, () => [dir, "400"]);
    const ends = await race(join(import.meta.dirname, "dir-racer.ts"), argvs);
    expect(ends.map(({ code }) => code)).toEqual(argvs.map(() => 0));
  });

  it("makes the directory and what is missing above it, all for its user alone", () => {
    const dir = tempDir();
    makePrivateDir(join(dir, "a", "b"));
    expect([join(dir, "a"), join(dir, "a", "b")].map(modeOf)).toEqual([0o700, 0o700]);
  });

  it.each([0o755, 0o770, 0o777, 0o701])("closes one with mode %o", (mode) => {
    const dir = join(tempDir(), "d");
    mkdirSync(dir);
    chmodSync(dir, mode);
    makePrivateDir(dir);
    expect(modeOf(dir)).toBe(0o700);
  });

  it("leaves one alone that is closed already", () => {
    const dir = join(tempDir(), "d");
    mkdirSync(dir, { mode: 0o500 });
    makePrivateDir(dir);
    expect(modeOf(dir)).toBe(0o500);
  });

  it.each<[string, (dir: string) => unknown, RegExp]>([
    ["a link to a directory", (dir) => symlinkSync(".", join(dir, "d")), /it is a symbolic link$/],
    ["a file", (dir) => writeFileSync(join(dir, "d"), ""), /a part of the path is not a directory$/],
    [
      "a directory that all users share",
      (dir) => [mkdirSync(join(dir, "d")), chmodSync(join(dir, "d"), 0o1777)],
      /shared by all users; name a directory of your own$/,
    ],
  ])("refuses %s", (_, make, message) => {
    const dir = tempDir();
    make(dir);
    const before = lstatSync(join(dir, "d")).mode;
    expect(() => makePrivateDir(join(dir, "d"))).toThrow(message);
    expect(lstatSync(join(dir, "d")).mode).toBe(before);
  });

  it("refuses a link to nowhere", () => {
    const dir = tempDir();
    symlinkSync("nowhere", join(dir, "d"));
    expect(() => makePrivateDir(join(dir, "d"))).toThrow(AskCodexError);
    expect(existsSync(join(dir, "nowhere"))).toBe(false);
  });

  it("refuses a path through a file", () => {
    const dir = tempDir();
    writeFileSync(join(dir, "f"), "");
    expect(() => makePrivateDir(join(dir, "f", "d"))).toThrow(/a part of the path is not a directory$/);
  });
});

describe("makeNewDir", () => {
  it("makes one level, for its user alone", () => {
    const dir = join(tempDir(), "d");
    makeNewDir(dir);
    expect(modeOf(dir)).toBe(0o700);
  });

  it.each<[string, string, RegExp]>([
    ["what is there", ".", /can't create .*: it already exists$/],
    ["a missing parent", "no/d", /no\/d: it does not exist$/],
  ])("refuses %s", (_, name, message) => {
    const dir = tempDir();
    expect(() => makeNewDir(join(dir, name))).toThrow(message);
  });
});

describe("readIfThere", () => {
  it("reads a file, and is undefined where there is none", () => {
    const dir = tempDir();
    writeFileSync(join(dir, "f"), "text");
    expect(["f", "none", "f/below"].map((name) => readIfThere(join(dir, name)))).toEqual([
      "text",
      undefined,
      undefined,
    ]);
  });

  it("does not take a file that can't be read for one that is missing", () => {
    const dir = tempDir();
    expect(() => readIfThere(dir)).toThrow(/can't read .*: it is a directory/);
    symlinkSync("loop", join(dir, "loop"));
    expect(() => readIfThere(join(dir, "loop"))).toThrow(/can't read .*: it is a symbolic link/);
  });
});
