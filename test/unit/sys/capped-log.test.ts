import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openCappedLog } from "../../../src/sys/capped-log.ts";
import { tempDir } from "./temp-dir.ts";

const linesOf = (path: string) => readFileSync(path, "utf8").split("\n");

describe("a capped log", () => {
  it("has every line as soon as it is written", () => {
    const path = join(tempDir(), "log");
    const log = openCappedLog(path, 1_000);
    log.write("one");
    expect(linesOf(path)).toEqual(["one", ""]);
    log.write("two é");
    expect(linesOf(path)).toEqual(["one", "two é", ""]);
    log.close();
    expect(linesOf(path)).toEqual(["one", "two é", ""]);
  });

  it("is for its user alone", () => {
    const path = join(tempDir(), "log");
    openCappedLog(path, 10).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("adds to what is there", () => {
    const path = join(tempDir(), "log");
    writeFileSync(path, "before\n");
    const log = openCappedLog(path, 1_000);
    log.write("after");
    log.close();
    expect(linesOf(path)).toEqual(["before", "after", ""]);
  });

  it("counts what goes over the cap, and says so at the end", () => {
    const path = join(tempDir(), "log");
    const log = openCappedLog(path, 20);
    for (const line of ["0123456789", "abcdefghij", "short", "xxxxxxxxxxxx"]) log.write(line);
    expect(linesOf(path)).toEqual(["0123456789", "short", ""]);
    log.close();
    expect(linesOf(path)).toEqual(["0123456789", "short", '{"dropped_lines":2,"reason":"over 20 bytes"}', ""]);
  });

  it("says nothing where nothing was left out", () => {
    const path = join(tempDir(), "log");
    const log = openCappedLog(path, 10);
    log.write("0123456789");
    log.close();
    expect(linesOf(path)).toEqual(["0123456789", ""]);
  });

  it("takes nothing after its end, and ends twice without harm", () => {
    const path = join(tempDir(), "log");
    const log = openCappedLog(path, 100);
    log.close();
    log.write("late");
    log.close();
    expect(readFileSync(path, "utf8")).toBe("");
  });

  it.each<[string, (dir: string) => string, RegExp]>([
    ["a missing directory", (dir) => join(dir, "no", "log"), /^can't open .*log: it does not exist$/],
    ["a directory in its place", (dir) => dir, /^can't open .*: it is a directory$/],
    ["a full disk", () => "/dev/full", /^can't write \/dev\/full: no space left on the device$/],
  ])("%s is said in words", (_, pathOf, message) => {
    const dir = tempDir();
    mkdirSync(join(dir, "d"));
    expect(() => openCappedLog(pathOf(dir), 100).write("line")).toThrow(message);
  });

  it("can still be closed after the disk was full", () => {
    const log = openCappedLog("/dev/full", 100);
    expect(() => log.write("line")).toThrow(/no space left/);
    log.close();
    log.close();
  });
});
