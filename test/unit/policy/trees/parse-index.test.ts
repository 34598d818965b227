import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseIndex } from "../../../../src/policy/trees/parse-index.ts";
import { stripSparse } from "../../../../src/policy/trees/strip-sparse.ts";
import { readUserIndex } from "../../../../src/policy/trees/user-index.ts";
import { type TempRepo, tempRepo } from "../temp-repo.ts";

const FILES = { "a.txt": "a\n", "a-b/c": "c\n", "a/b": "b\n", "src/deep/x.ts": "x\n", "src/deep.ts": "d\n" };
/** Longer than an entry can say: no file system takes it, but an index does. */
const LONG = `${"long/".repeat(1_000)}z`;

/** What `git ls-files -s` says, from our own reading. */
function stagesOf(repo: TempRepo, format: "sha1" | "sha256" = "sha1"): string {
  let text = "";
  const shape = parseIndex(readFileSync(repo.path(".git/index")), format, (entry) => {
    text += `${entry.mode().toString(8)} ${entry.id()} ${entry.stage}\t${entry.path()}\0`;
  });
  if ("failure" in shape) throw new Error(shape.failure);
  return text;
}

describe("an index", () => {
  it.each(["2", "3", "4"])("of version %s is read as git reads it", (version) => {
    const repo = tempRepo(FILES);
    repo.write({ "new.txt": "n\n" });
    if (version === "3") repo.git("add", "-N", "new.txt");
    else repo.git("update-index", "--index-version", version);
    repo.git("update-index", "--add", "--cacheinfo", `100755,${repo.git("rev-parse", "HEAD:a.txt").trim()},${LONG}`);
    expect(readFileSync(repo.path(".git/index")).readUInt32BE(4)).toBe(Number(version));
    expect(stagesOf(repo)).toBe(repo.git("ls-files", "-s", "-z"));
  });

  it("knows its tree where git has written it down", () => {
    const repo = tempRepo(FILES);
    const treeOf = () => {
      const shape = parseIndex(readFileSync(repo.path(".git/index")), "sha1", () => {});
      return "failure" in shape ? shape : shape.tree;
    };
    expect(treeOf()).toBe(repo.git("rev-parse", "HEAD^{tree}").trim());
    repo.write({ "src/deep.ts": "D\n" });
    repo.git("add", "-A");
    expect(treeOf()).toBe(null);
  });

  it("is sorted: what git would not look at, directories, attributes", () => {
    const repo = tempRepo({
      ...FILES,
      "src/.gitattributes": "",
      "x.gitattributes": "",
      "y.txt": "y\n",
      "z.txt": "z\n",
    });
    repo.git("update-index", "--assume-unchanged", "a.txt");
    repo.git("update-index", "--skip-worktree", "y.txt");
    repo.write({ "new.txt": "n\n" });
    repo.git("add", "-N", "new.txt");
    const index = readUserIndex(readFileSync(repo.path(".git/index")), "sha1");
    if ("failure" in index) throw new Error(index.failure);
    const id = (name: string) => ({ mode: "100644", id: repo.git("rev-parse", `HEAD:${name}`).trim() });
    expect(Object.fromEntries(index.look)).toEqual({ "a.txt": id("a.txt"), "new.txt": null });
    expect(Object.fromEntries(index.skipped)).toEqual({ "y.txt": id("y.txt") });
    expect([...index.directories].filter((name) => !name.startsWith("d")).sort()).toEqual([
      "a",
      "a-b",
      "src",
      "src/deep",
    ]);
    expect(index.attributeFiles).toEqual(["src/.gitattributes", "x.gitattributes"]);
  });

  it("without its sparse directories is one that git reads", () => {
    const repo = tempRepo({ ...FILES, "out/x": "x\n" });
    repo.git("sparse-checkout", "set", "--cone", "--sparse-index", "src");
    const bytes = readFileSync(repo.path(".git/index"));
    expect(repo.git("ls-files", "--sparse")).toContain("out/\n");
    repo.write({ ".git/index": stripSparse(bytes, "sha1"), ".git/config": "" });
    expect(repo.git("ls-files")).toBe("a.txt\nsrc/deep.ts\nsrc/deep/x.ts\n");
    expect(repo.git("diff-files")).toBe("");
  });
});

describe("no index is", () => {
  const patched = (bytes: Buffer, at: number, byte: number) =>
    Buffer.from(bytes.map((was, i) => (i === at ? byte : was)));
  it.each<[string, (bytes: Buffer) => Buffer]>([
    ["nothing", () => Buffer.alloc(0)],
    ["something else", () => Buffer.alloc(100, "x")],
    ["one of another version", (bytes) => patched(bytes, 7, 9)],
    ["one that was cut", (bytes) => bytes.subarray(0, bytes.length / 2)],
    ["one with another byte", (bytes) => patched(bytes, 50, 255)],
    ["one that counts too many", (bytes) => Buffer.concat([patched(bytes, 9, 9).subarray(0, -20), Buffer.alloc(20)])],
  ])("%s", (_, spoil) => {
    const whole = readFileSync(tempRepo(FILES).path(".git/index"));
    expect(parseIndex(spoil(whole), "sha1", () => {})).toEqual({ failure: expect.any(String) });
  });
});
