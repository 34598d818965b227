import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { notCovered } from "../../../../src/policy/trees/store.ts";
import { type TempRepo, tempRepo } from "../temp-repo.ts";
import { changesIn, changesOf, look, open, told } from "./looks.ts";

const bytes = (repo: TempRepo, ...name: number[]) => Buffer.concat([Buffer.from(repo.path("x")), Buffer.from(name)]);

describe("a name that is not UTF-8", () => {
  it("is told in bytes, too, and hides nothing else", async () => {
    const repo = tempRepo();
    const act = () => {
      writeFileSync(bytes(repo, 0xff, 0xfe), "x\n");
      repo.write({ "new.txt": "n\n", "\uFFFD.txt": "the sign itself\n" });
    };
    expect(await changesIn(await open(repo), act)).toMatchObject([
      { path: "new.txt" },
      { path: "x\uFFFD\uFFFD", path_base64: Buffer.of(0x78, 0xff, 0xfe).toString("base64"), change: "created" },
      expect.not.objectContaining({ path_base64: expect.anything() }),
    ]);
  });

  it("of a file that is renamed is told on both sides", async () => {
    const repo = tempRepo();
    writeFileSync(bytes(repo, 0xe9), "the same contents, long enough\n");
    const act = () => {
      writeFileSync(bytes(repo, 0xe8), readFileSync(bytes(repo, 0xe9)));
      rmSync(bytes(repo, 0xe9));
    };
    expect(await changesIn(await open(repo), act)).toMatchObject([
      { change: "renamed", path_base64: "eOg=", from_base64: "eOk=" },
    ]);
  });

  it("of a directory is no hindrance, and two that look the same are two", async () => {
    const repo = tempRepo();
    const act = () => {
      for (const byte of [0xf0, 0xf1]) {
        mkdirSync(bytes(repo, byte));
        writeFileSync(Buffer.concat([bytes(repo, byte), Buffer.from("/f")]), "f\n");
      }
    };
    const changes = await changesIn(await open(repo), act);
    expect(told(changes)).toEqual(["created x\uFFFD/f", "created x\uFFFD/f"]);
    expect(new Set(changes.map(({ path_base64 }) => path_base64)).size).toBe(2);
  });
});

describe("a name", () => {
  it.each([
    "line\nend",
    '"quoted"',
    "back\\slash",
    "tab\there",
    " space ",
    "\x01\x7f",
    "日本/😀",
    "-x",
    "a\r",
    "\u2028",
  ])("%j comes through whole", async (name) => {
    const repo = tempRepo();
    const store = await open(repo);
    expect(told(await changesIn(store, () => repo.write({ [name]: "x\n" })))).toEqual([`created ${name}`]);
    expect(told(await changesIn(store, () => repo.write({ [name]: "y\n" })))).toEqual([`modified ${name}`]);
    expect(told(await changesIn(store, () => rmSync(repo.path(name))))).toEqual([`deleted ${name}`]);
  });

  it.each([".gitx", "git~1", ".git ", "aux", "x/..git"])("%j is one like others", async (name) => {
    const repo = tempRepo();
    expect(await changesOf(repo, () => repo.write({ [`${name}/f`]: "x\n" }))).toEqual([`created ${name}/f`]);
  });

  it("like a git directory's in capitals can be in no tree, and is named", async () => {
    const repo = tempRepo();
    const store = await open(repo);
    const changes = await changesIn(store, () => repo.write({ "x/.GIT/f": "x\n", "new.txt": "n\n" }));
    expect(told(changes)).toEqual(["created new.txt"]);
    expect(notCovered(store)).toEqual(["x/.GIT/f is called like a git directory: it is not compared"]);
  });
});

describe("a link", () => {
  it("is its target, which nobody follows, in whatever bytes", async () => {
    const repo = tempRepo();
    const target = join(repo.outside, "secret");
    writeFileSync(target, "secret\n");
    symlinkSync(Buffer.concat([Buffer.from(repo.outside), Buffer.of(0x2f, 0xff)]), repo.path("odd"));
    symlinkSync(target, repo.path("link"));
    const store = await open(repo);
    expect(await changesIn(store, () => writeFileSync(target, "changed\n"))).toEqual([]);
    const act = () => [rmSync(repo.path("link")), symlinkSync("a.txt", repo.path("link"))];
    expect(await changesIn(store, act)).toMatchObject([{ path: "link", mode_before: "120000", mode_after: "120000" }]);
  });

  it("in place of a directory hides what was in it, and shows nothing of where it leads", async () => {
    const repo = tempRepo();
    const elsewhere = join(repo.outside, "elsewhere");
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, "b.txt"), "not ours\n");
    const act = () => {
      rmSync(repo.path("src"), { recursive: true });
      symlinkSync(elsewhere, repo.path("src"));
    };
    expect(await changesOf(repo, act)).toEqual(["created src", "deleted src/b.txt"]);
  });
});

describe("a mode", () => {
  it("is told before and after", async () => {
    const repo = tempRepo();
    const [change] = await changesIn(await open(repo), () => chmodSync(repo.path("a.txt"), 0o755));
    expect(change).toMatchObject({ change: "modified", mode_before: "100644", mode_after: "100755" });
    expect(change?.blob_before).toBe(change?.blob_after);
  });

  it("is nothing where the repository says that its file system has none", async () => {
    const repo = tempRepo();
    repo.git("config", "core.fileMode", "false");
    const act = () => [
      chmodSync(repo.path("a.txt"), 0o755),
      repo.write({ "src/b.txt": "B\n", "new.sh": "#!/bin/sh\n" }),
    ];
    expect(await changesOf(repo, act)).toEqual(["created new.sh", "modified src/b.txt"]);
  });

  it("file, link and directory take turns at one path", async () => {
    const repo = tempRepo();
    const store = await open(repo);
    const start = await look(store);
    const at = repo.path("a.txt");
    const turns: (readonly [act: () => unknown, changes: string[]])[] = [
      [() => [rmSync(at), symlinkSync("src", at)], ["modified a.txt"]],
      [() => [rmSync(at), repo.write({ "a.txt/in/it": "i\n" })], ["deleted a.txt", "created a.txt/in/it"]],
      [
        () => [rmSync(at, { recursive: true }), repo.write({ "a.txt": "a\n" })],
        ["created a.txt", "deleted a.txt/in/it"],
      ],
    ];
    for (const [act, changes] of turns) expect(told(await changesIn(store, act))).toEqual(changes);
    expect((await look(store)).tree).toBe(start.tree);
  });
});
