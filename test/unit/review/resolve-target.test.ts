import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listChanges } from "../../../src/review/list-changes.ts";
import { type AskedTarget, resolveTarget } from "../../../src/review/resolve-target.ts";

let workspace = "";
const env = { PATH: process.env.PATH, HOME: tmpdir(), GIT_CONFIG_NOSYSTEM: "1" };
const NAMED = ["-c", "user.name=lab", "-c", "user.email=lab@example.invalid"];

const git = (...args: string[]): string =>
  execFileSync("git", ["-C", workspace, ...NAMED, ...args], {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
function put(path: string, text: string | Buffer): void {
  mkdirSync(dirname(join(workspace, path)), { recursive: true });
  writeFileSync(join(workspace, path), text);
}
function commit(message: string): string {
  git("add", "-A");
  git("commit", "-q", "--allow-empty", "-m", message);
  return git("rev-parse", "HEAD").trim();
}
const resolve = (asked: AskedTarget) => resolveTarget({ workspace, env }, asked);
const changesOf = async (asked: AskedTarget) => listChanges({ workspace, env }, await resolve(asked));

beforeEach(() => {
  workspace = mkdtempSync(join(realpathSync(tmpdir()), "ask-codex unit-"));
  git("init", "-q", "-b", "main");
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

describe("a target", () => {
  test("is resolved to commits", async () => {
    put("a", "1\n");
    const first = commit("one");
    git("checkout", "-q", "-b", "topic");
    put("a", "2\n");
    const second = commit("two: the second");
    const about = { branch: "topic", head: second, warnings: [] };
    expect(await resolve("uncommitted")).toEqual({
      target: { type: "uncommitted", head: second },
      from: second,
      to: null,
      ...about,
    });
    expect(await resolve({ base: "main" })).toEqual({
      target: { type: "base", ref: "main", base: first },
      from: first,
      to: null,
      ...about,
    });
    expect(await resolve({ commit: second.slice(0, 10) })).toEqual({
      target: { type: "commit", sha: second, title: "two: the second" },
      from: first,
      to: second,
      ...about,
    });
  });

  test("of a branch that went on is what was common", async () => {
    const common = commit("common");
    git("checkout", "-q", "-b", "topic");
    commit("on topic");
    git("checkout", "-q", "main");
    commit("on main");
    git("checkout", "-q", "topic");
    expect(await resolve({ base: "main" })).toMatchObject({ from: common });
  });

  test("without a commit is everything; a detached HEAD has no branch", async () => {
    expect(await resolve("uncommitted")).toMatchObject({ target: { head: null }, branch: "main", head: null });
    const head = commit("one");
    expect(await resolve({ commit: head })).toMatchObject({ from: "4b825dc642cb6eb9a060e54bf8d69288fbee4904" });
    git("checkout", "-q", "--detach");
    expect(await resolve("uncommitted")).toMatchObject({ branch: null, head });
  });

  test("that is a merge says with what it is compared", async () => {
    commit("one");
    git("checkout", "-q", "-b", "side");
    commit("side");
    git("checkout", "-q", "main");
    const parent = commit("main");
    git("merge", "-q", "--no-ff", "-m", "merge", "side");
    const merged = await resolve({ commit: "HEAD" });
    expect(merged.from).toBe(parent);
    expect(merged.warnings).toEqual(["HEAD is a merge commit: it is compared with its first parent"]);
  });

  test.each<[AskedTarget, RegExp]>([
    [{ base: "no-such" }, /--base no-such: there is no such commit/],
    [{ commit: "0123456" }, /--commit 0123456: there is no such commit/],
    [{ commit: "HEAD:a" }, /no such commit/],
    [{ commit: "main..main" }, /no such commit/],
    [{ base: "--output=x" }, /a ref does not begin with a dash/],
    [{ base: " " }, /needs the name of a commit/],
    [{ base: "both" }, /is ambiguous/],
    [{ base: "apart" }, /no commit in common/],
  ])("that can't be had is refused: %j", async (asked, text) => {
    put("a", "1\n");
    commit("one");
    git("branch", "both");
    git("tag", "both");
    git("checkout", "-q", "--orphan", "apart");
    commit("apart");
    git("checkout", "-q", "main");
    await expect(resolve(asked)).rejects.toThrow(text);
  });

  test("needs a commit to compare with, and a repository that git takes", async () => {
    await expect(resolve({ base: "main" })).rejects.toThrow(/has no commit yet/);
    rmSync(join(workspace, ".git"), { recursive: true });
    await expect(resolve("uncommitted")).rejects.toThrow(/git rev-parse failed/);
  });
});

describe("the changed files", () => {
  test("of the working tree: staged, unstaged, untracked, and nothing that is ignored", async () => {
    for (const name of ["kept", "edited", "staged", "gone", "moved from"]) put(name, `${name}\n1\n2\n3\n4\n5\n`);
    put(".gitignore", "ignored\n");
    put("pic", Buffer.from([0, 1, 2]));
    commit("one");
    put("edited", "edited\n1\n2\nX\n4\n5\n");
    put("staged", "Y\nstaged\n1\n2\n3\n4\n5\n");
    git("add", "staged");
    git("rm", "-q", "gone");
    git("mv", "moved from", "moved to");
    put("pic", Buffer.from([0, 1, 3]));
    put("new/é file", "1\n2");
    put("empty", "");
    put("ignored", "x");
    symlinkSync("kept", join(workspace, "link"));
    const changes = await changesOf("uncommitted");
    expect(changes.map(({ file, kind, binary, ranges }) => [file, kind, binary, ranges])).toEqual([
      ["edited", "modified", false, [[4, 4]]],
      ["empty", "untracked", false, []],
      ["gone", "deleted", false, []],
      ["link", "untracked", false, []],
      ["moved to", "renamed", false, []],
      ["new/é file", "untracked", false, [[1, 2]]],
      ["pic", "modified", true, []],
      ["staged", "modified", false, [[1, 1]]],
    ]);
    expect(changes.find(({ kind }) => kind === "renamed")?.from).toBe("moved from");
  });

  test("whatever the user has set for diffs", async () => {
    put("a", "1\n2\n3\n");
    commit("one");
    put("a", "1\nX\n3\n");
    for (const [key, value] of [
      ["color.ui", "always"],
      ["diff.noprefix", "true"],
      ["diff.external", "false"],
      ["diff.context", "0"],
      ["diff.relative", "true"],
    ] as const)
      git("config", key, value);
    expect(await changesOf("uncommitted")).toMatchObject([{ file: "a", ranges: [[2, 2]] }]);
  });

  test("a file that became a link, a submodule, and a repository inside", async () => {
    put("a", "1\n");
    put("z", "1\n");
    commit("one");
    rmSync(join(workspace, "a"));
    symlinkSync("z", join(workspace, "a"));
    put("z", "2\n");
    mkdirSync(join(workspace, "inside"));
    execFileSync("git", ["init", "-q", join(workspace, "inside")], { env });
    put("inside/x", "1\n");
    execFileSync("git", ["-C", join(workspace, "inside"), ...NAMED, "add", "-A"], { env });
    execFileSync("git", ["-C", join(workspace, "inside"), ...NAMED, "commit", "-qm", "x"], { env });
    const changes = await changesOf("uncommitted");
    expect(changes.map(({ file, submodule, ranges }) => [file, submodule, ranges])).toEqual([
      ["a", false, [[1, 1]]],
      ["inside", true, []],
      ["z", false, [[1, 1]]],
    ]);
  });

  test("of a merge that was left open are told once", async () => {
    put("a", "1\n");
    commit("one");
    git("checkout", "-q", "-b", "side");
    put("a", "2\n");
    commit("side");
    git("checkout", "-q", "main");
    put("a", "3\n");
    commit("main");
    expect(() => git("merge", "-q", "side")).toThrow();
    put("b", "1\n");
    git("add", "b");
    expect((await changesOf("uncommitted")).map(({ file }) => file)).toEqual(["a", "b"]);
  });
});
