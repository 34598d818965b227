import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EntryFile } from "../../../src/core/packet.ts";
import { type FileFact, readWorkspaceFacts } from "../../../src/packet/workspace-facts.ts";

let root = "";
let workspace = "";
let elsewhere = "";

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "facts-")));
  workspace = join(root, "repo");
  elsewhere = join(root, "elsewhere");
  await mkdir(join(workspace, "src", "deep"), { recursive: true });
  await mkdir(elsewhere);
  await writeFile(join(workspace, "CLAUDE.md"), "rules\n");
  await writeFile(join(workspace, "src", "three.ts"), "a\nb\nc\n");
  await writeFile(join(workspace, "src", "open-end.ts"), "a\nb");
  await writeFile(join(workspace, "src", "empty.ts"), "");
  await writeFile(join(workspace, "src", "binary.bin"), Buffer.from([1, 0, 10, 10]));
  await writeFile(join(workspace, "src", "big.txt"), "x\n".repeat(1_100_000));
  await writeFile(join(workspace, "both.ts"), "root\n");
  await writeFile(join(workspace, "src", "both.ts"), "near\nnear\n");
  await writeFile(join(elsewhere, "note.md"), "n\n");
  await symlink("loop", join(workspace, "loop"));
  await symlink(workspace, join(root, "link"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function factOf(file: EntryFile, callerDir = workspace): Promise<FileFact | undefined> {
  const facts = await readWorkspaceFacts({ workspace, callerDir, git: true, files: [file] });
  return facts.files[0];
}

describe("entry files", () => {
  it.each([
    ["src/three.ts", { path: "src/three.ts", kind: "file", lines: 3, outside: false, beyondEnd: false }],
    ["src/open-end.ts", { lines: 2 }],
    ["src/empty.ts", { kind: "file", lines: 0 }],
    ["./src/../src/three.ts", { path: "src/three.ts" }],
    ["src", { path: "src", kind: "directory", outside: false }],
    [".", { path: ".", kind: "directory", outside: false }],
    ["src/gone.ts", { path: "src/gone.ts", kind: "missing", outside: false }],
    ["src/three.ts/x", { kind: "missing" }],
    ["loop", { path: "loop", kind: "unreadable" }],
    ["x".repeat(5_000), { kind: "unreadable" }],
  ])("%.40s", async (path, expected) => {
    expect(await factOf({ path })).toMatchObject(expected);
  });

  it.each(["src/binary.bin", "src/big.txt", "src"])(
    "%s has no line count, and no lines beyond its end",
    async (path) => {
      const fact = await factOf({ path, from: 5_000_000 });
      expect(fact).toMatchObject({ beyondEnd: false });
      expect(fact).not.toHaveProperty("lines");
    },
  );

  it.each([
    [{ from: 3 }, false],
    [{ from: 4 }, true],
    [{ from: 2, to: 3 }, false],
    [{ from: 2, to: 4 }, true],
  ])("lines %j of three: beyond the end is %s", async (lines, beyondEnd) => {
    expect(await factOf({ path: "src/three.ts", ...lines })).toMatchObject({ ...lines, beyondEnd });
  });
});

describe("where a path is looked for", () => {
  it("the caller's directory first, then the workspace", async () => {
    const callerDir = join(workspace, "src");
    expect(await factOf({ path: "both.ts" }, callerDir)).toMatchObject({ path: "src/both.ts", lines: 2 });
    expect(await factOf({ path: "src/both.ts" }, callerDir)).toMatchObject({ path: "src/both.ts", kind: "file" });
    expect(await factOf({ path: "both.ts" }, join(workspace, "src", "deep"))).toMatchObject({ path: "both.ts" });
  });

  it("a missing one keeps a place inside the workspace", async () => {
    expect(await factOf({ path: "new.ts" }, join(workspace, "src"))).toMatchObject({ path: "src/new.ts" });
    expect(await factOf({ path: "src/new.ts" }, elsewhere)).toMatchObject({ path: "src/new.ts", outside: false });
  });

  it("outside of the workspace it is allowed, absolute and marked", async () => {
    const path = join(elsewhere, "note.md");
    for (const named of [path, "note.md", "../elsewhere/note.md"]) {
      const fact = await factOf({ path: named }, elsewhere);
      expect(fact).toMatchObject({ path, kind: "file", outside: true, lines: 1 });
    }
  });

  it("a link to the workspace is not outside of it", async () => {
    const viaLink = join(root, "link", "src", "three.ts");
    expect(await factOf({ path: viaLink })).toMatchObject({ path: "src/three.ts", outside: false });
    expect(await factOf({ path: "gone.ts" }, join(root, "link", "src"))).toMatchObject({ path: "src/gone.ts" });
  });

  it("a sibling whose name begins alike is outside", async () => {
    expect(await factOf({ path: `${workspace}-other` })).toMatchObject({ outside: true, kind: "missing" });
    expect(await factOf({ path: "..named" })).toMatchObject({ path: "..named", outside: false });
  });
});

describe("the workspace", () => {
  it("passes on its path and git, and finds guides", async () => {
    const facts = await readWorkspaceFacts({ workspace, callerDir: workspace, git: false, files: [] });
    expect(facts).toEqual({ path: workspace, git: false, guides: ["CLAUDE.md"], files: [] });
  });

  it("names a guide once that is a link to the other, and no directory", async () => {
    const linked = join(root, "linked");
    await mkdir(linked);
    await writeFile(join(linked, "AGENTS.md"), "rules\n");
    await symlink("AGENTS.md", join(linked, "CLAUDE.md"));
    const folder = join(root, "folder");
    await mkdir(join(folder, "CLAUDE.md"), { recursive: true });
    const guidesOf = async (path: string) =>
      (await readWorkspaceFacts({ workspace: path, callerDir: path, git: true, files: [] })).guides;
    expect(await guidesOf(linked)).toEqual(["AGENTS.md"]);
    expect(await guidesOf(folder)).toEqual([]);
    expect(await guidesOf(join(root, "not-there"))).toEqual([]);
  });
});
