import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkOutput, checkPlan, locate, readSchema } from "../../../src/commands/ask/locate.ts";
import { tempDir } from "../sys/temp-dir.ts";
import { usage } from "./power-world.ts";

/** A repository with a folder, a link to it from beside, and a directory outside of every repository. */
function world() {
  const dir = tempDir();
  const repo = join(dir, "repo");
  mkdirSync(join(repo, ".git"), { recursive: true });
  writeFileSync(join(repo, ".git", "HEAD"), "ref: refs/heads/main\n");
  mkdirSync(join(repo, "src", "deep"), { recursive: true });
  mkdirSync(join(dir, "plain"));
  writeFileSync(join(dir, "file"), "x");
  symlinkSync("repo/src", join(dir, "link"));
  symlinkSync("nowhere", join(dir, "dangling"));
  symlinkSync("loop", join(dir, "loop"));
  return dir;
}

describe("where the work is done", () => {
  it.each<[named: string | undefined, cwd: string, callerDir: string, workspace: string, git: boolean]>([
    [undefined, "repo", "repo", "repo", true],
    [undefined, "repo/src/deep", "repo/src/deep", "repo", true],
    ["repo", "", "repo", "repo", true],
    ["src", "repo", "repo/src", "repo", true],
    ["..", "repo/src", "repo", "repo", true],
    ["deep/", "repo/src", "repo/src/deep", "repo", true],
    ["link", "", "repo/src", "repo", true],
    [undefined, "link", "repo/src", "repo", true],
    [undefined, "plain", "plain", "plain", false],
    ["../plain", "repo", "plain", "plain", false],
  ])("%s from %s", (named, cwd, callerDir, workspace, git) => {
    const dir = world();
    const expected = { callerDir: join(dir, callerDir), workspace: join(dir, workspace), git };
    expect(locate(named, join(dir, cwd))).toEqual(expected);
    if (named !== undefined) expect(locate(join(dir, cwd, named), "/")).toEqual(expected);
  });

  it.each([
    ["none", /^can't work in .*none: it does not exist$/],
    ["file", /^can't work in .*file: it is a file$/],
    ["file/x", /^can't work in .*: a part of the path is not a directory$/],
    ["dangling", /^can't work in .*: it does not exist$/],
    ["loop", /^can't work in .*: it is a symbolic link$/],
  ])("is not %s", (named, message) => {
    expect(() => locate(named, world())).toThrow(usage(message));
  });
});

describe("a schema", () => {
  it("is read, and is one", async () => {
    const path = join(tempDir(), "s.json");
    writeFileSync(path, '{"type":"object","required":["a"]}');
    expect(await readSchema(path)).toEqual({ type: "object", required: ["a"] });
  });

  it.each([
    ["no JSON", "{"],
    ["empty", ""],
    ["JSON, but no schema", '{"type":"thing"}'],
    ["a number", "5"],
  ])("that is %s is refused by its name", async (_, text) => {
    const path = join(tempDir(), "s.json");
    writeFileSync(path, text);
    await expect(readSchema(path)).rejects.toEqual(
      expect.objectContaining({ kind: "usage", message: expect.stringContaining(path) }),
    );
  });

  it("that is missing or a directory is refused", async () => {
    const dir = world();
    await expect(readSchema(join(dir, "none.json"))).rejects.toEqual(usage(/can't be used: it does not exist$/));
    await expect(readSchema(dir)).rejects.toEqual(usage(/can't be used: it is a directory$/));
  });
});

describe("where the answer goes", () => {
  it.each<[name: string, path: string, real: string]>([
    ["a new file", "plain/new.md", "plain/new.md"],
    ["a file that is there", "file", "file"],
    ["a link in a directory's place", "link/new.md", "repo/src/new.md"],
  ])("%s", (_, path, real) => {
    const dir = world();
    expect(checkOutput(join(dir, path))).toBe(join(dir, real));
  });

  it("is the file that a link leads to now, and nothing is written yet", () => {
    const dir = world();
    symlinkSync("file", join(dir, "to-file"));
    expect(checkOutput(join(dir, "to-file"))).toBe(join(dir, "file"));
    expect(readFileSync(join(dir, "file"), "utf8")).toBe("x");
  });

  it.each([
    ["none/x.md", /^--output .* can't be written: it does not exist$/],
    ["file/x.md", /^--output .* can't be written: .*(is a file|not a directory)$/],
    ["plain", /^--output .* can't be written: it is not a file$/],
    ["loop/x.md", /^--output .* can't be written: it is a symbolic link$/],
    ["../../../../../../dev/null", /^--output .* can't be written: it is not a file$/],
  ])("is not %s", (path, message) => {
    expect(() => checkOutput(join(world(), path))).toThrow(usage(message));
  });
});

describe("a plan", () => {
  it("is told by its real path", () => {
    const dir = world();
    symlinkSync("file", join(dir, "plan.md"));
    expect([join(dir, "file"), join(dir, "plan.md")].map(checkPlan)).toEqual([join(dir, "file"), join(dir, "file")]);
  });

  it.each([
    ["none.md", /^the plan .* can't be read: it does not exist$/],
    ["plain", /^the plan .* is not a file$/],
    ["file/x", /^the plan .* can't be read: a part of the path is not a directory$/],
    ["dangling", /^the plan .* can't be read: it does not exist$/],
  ])("is not %s", (path, message) => {
    expect(() => checkPlan(join(world(), path))).toThrow(usage(message));
  });
});
