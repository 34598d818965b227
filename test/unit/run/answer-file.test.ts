import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeAnswerFile } from "../../../src/run/answer-file.ts";
import { tempRepo } from "../policy/temp-repo.ts";
import { tempDir } from "../sys/temp-dir.ts";

const RUN = "r-20261121-051103-k7qz";

describe("the answer in the workspace", () => {
  it("is a file in a folder that ignores itself", () => {
    const dir = tempDir();
    const path = writeAnswerFile(dir, RUN, "the answer\n");
    expect(path).toBe(join(dir, ".ask-codex", `${RUN}.md`));
    expect(readFileSync(path ?? "", "utf8")).toBe("the answer\n");
    expect(readFileSync(join(dir, ".ask-codex", ".gitignore"), "utf8")).toBe("*\n");
    expect(lstatSync(path ?? "").mode & 0o777).toBe(0o600);
  });

  it("is nothing to git", () => {
    const repo = tempRepo();
    writeAnswerFile(repo.dir, RUN, "x");
    expect(repo.git("status", "--porcelain", "--untracked-files=all")).toBe("");
  });

  it("may be one of many", () => {
    const dir = tempDir();
    writeAnswerFile(dir, "r-1", "one");
    writeAnswerFile(dir, "r-2", "two");
    expect(readdirSync(join(dir, ".ask-codex")).sort()).toEqual([".gitignore", "r-1.md", "r-2.md"]);
  });

  it("replaces what the same run wrote before", () => {
    const dir = tempDir();
    writeAnswerFile(dir, RUN, "a question");
    expect(readFileSync(writeAnswerFile(dir, RUN, "the end") ?? "", "utf8")).toBe("the end");
  });

  it("leaves a .gitignore of the user's as it is", () => {
    const dir = tempDir();
    mkdirSync(join(dir, ".ask-codex"));
    writeFileSync(join(dir, ".ask-codex", ".gitignore"), "mine\n");
    writeAnswerFile(dir, RUN, "x");
    expect(readFileSync(join(dir, ".ask-codex", ".gitignore"), "utf8")).toBe("mine\n");
  });

  it("takes a link's place and leaves alone where it led", () => {
    const dir = tempDir();
    mkdirSync(join(dir, ".ask-codex"));
    writeFileSync(join(dir, "precious"), "precious");
    symlinkSync("../precious", join(dir, ".ask-codex", `${RUN}.md`));
    const path = writeAnswerFile(dir, RUN, "x") ?? "";
    expect(lstatSync(path).isFile()).toBe(true);
    expect(readFileSync(path, "utf8")).toBe("x");
    expect(readFileSync(join(dir, "precious"), "utf8")).toBe("precious");
  });

  it("takes a hard link's place, too", () => {
    const dir = tempDir();
    const path = writeAnswerFile(dir, RUN, "one") ?? "";
    chmodSync(path, 0o444);
    expect(readFileSync(writeAnswerFile(dir, RUN, "two") ?? "", "utf8")).toBe("two");
  });
});

describe("is not written", () => {
  it.each<[string, (dir: string) => unknown]>([
    [
      "where the folder is a link to a directory",
      (dir) => [mkdirSync(join(dir, "in")), symlinkSync("in", join(dir, ".ask-codex"))],
    ],
    ["where the folder is a link to nowhere", (dir) => symlinkSync("nowhere", join(dir, ".ask-codex"))],
    ["where the folder is a file", (dir) => writeFileSync(join(dir, ".ask-codex"), "mine")],
    [
      "where a directory has its name",
      (dir) => [
        mkdirSync(join(dir, ".ask-codex", `${RUN}.md`), { recursive: true }),
        writeFileSync(join(dir, ".ask-codex", ".gitignore"), "*\n"),
      ],
    ],
    [
      "where the .gitignore leads elsewhere",
      (dir) => [mkdirSync(join(dir, ".ask-codex")), symlinkSync("../x", join(dir, ".ask-codex", ".gitignore"))],
    ],
  ])("%s", (_, make) => {
    const dir = tempDir();
    make(dir);
    const tree = () => readdirSync(dir, { recursive: true, encoding: "utf8" }).sort();
    const before = tree();
    expect(writeAnswerFile(dir, RUN, "x")).toBeUndefined();
    expect(tree()).toEqual(before);
  });

  it("through a link, whose end stays as it is", () => {
    const dir = tempDir();
    symlinkSync("nowhere", join(dir, ".ask-codex"));
    writeAnswerFile(dir, RUN, "x");
    expect(readlinkSync(join(dir, ".ask-codex"))).toBe("nowhere");
  });

  it("where there is no workspace", () => {
    expect(writeAnswerFile(join(tempDir(), "none"), RUN, "x")).toBeUndefined();
  });
});
