import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dirtyInScope } from "../../../src/policy/dirty-overlap.ts";
import { until } from "../sys/children.ts";
import { tempDir } from "../sys/temp-dir.ts";
import { fingerprint, type TempRepo, tempRepo } from "./temp-repo.ts";

const FILES = { "src/a.ts": "a\n", "src/b.ts": "b\n", "docs/a.md": "a\n" };
const blobOf = (repo: TempRepo, text: string) =>
  execFileSync("git", ["hash-object", "--stdin", "--no-filters"], {
    env: repo.env,
    input: text,
    encoding: "utf8",
  }).trim();

/** The dirty files of a scope: path → text that its blob stands for, `gone`, or what else was said. */
async function dirty(repo: TempRepo, scope: string[], texts: string[] = ["new\n"]) {
  const found = await dirtyInScope(repo.dir, scope, repo.env);
  const names = new Map<string | null, string>([
    [null, "gone"],
    ...texts.map((text) => [blobOf(repo, text), text] as const),
  ]);
  return found?.map(({ path, blob }) => [path, names.get(blob) ?? blob]);
}

describe("what is dirty in a scope", () => {
  it.each<[name: string, act: (repo: TempRepo) => unknown, found: string[][]]>([
    ["nothing", () => {}, []],
    ["a file that was changed", (repo) => repo.write({ "src/a.ts": "new\n" }), [["src/a.ts", "new\n"]]],
    [
      "a change that is staged",
      (repo) => [repo.write({ "src/a.ts": "new\n" }), repo.git("add", "-A")],
      [["src/a.ts", "new\n"]],
    ],
    [
      "a change that is staged, and another behind it",
      (repo) => [repo.write({ "src/a.ts": "x\n" }), repo.git("add", "-A"), repo.write({ "src/a.ts": "new\n" })],
      [["src/a.ts", "new\n"]],
    ],
    ["a new file", (repo) => repo.write({ "src/deep/c.ts": "new\n" }), [["src/deep/c.ts", "new\n"]]],
    [
      "a new file that is staged",
      (repo) => [repo.write({ "src/c.ts": "new\n" }), repo.git("add", "-A")],
      [["src/c.ts", "new\n"]],
    ],
    ["a file that is gone", (repo) => rmSync(repo.path("src/a.ts")), [["src/a.ts", "gone"]]],
    ["a deletion that is staged", (repo) => repo.git("rm", "-q", "src/a.ts"), [["src/a.ts", "gone"]]],
    [
      "a new file that is staged and gone again",
      (repo) => [repo.write({ "src/c.ts": "x\n" }), repo.git("add", "-A"), rmSync(repo.path("src/c.ts"))],
      [["src/c.ts", "gone"]],
    ],
    [
      "a rename, as the two that it is",
      (repo) => [repo.git("mv", "src/a.ts", "src/z.ts"), repo.write({ "src/z.ts": "new\n" })],
      [
        ["src/a.ts", "gone"],
        ["src/z.ts", "new\n"],
      ],
    ],
    ["a rename out of the scope", (repo) => repo.git("mv", "src/a.ts", "docs/a.ts"), [["src/a.ts", "gone"]]],
    [
      "a mode",
      (repo) => [repo.write({ "src/a.ts": "a\n" }), chmodSync(repo.path("src/a.ts"), 0o755)],
      [["src/a.ts", "a\n"]],
    ],
    ["an empty file", (repo) => repo.write({ "src/a.ts": "" }), [["src/a.ts", ""]]],
    ["what git ignores is not", (repo) => repo.write({ ".gitignore": "*.log\n", "src/x.log": "new\n" }), []],
    [
      "what lies outside is not",
      (repo) => repo.write({ "docs/a.md": "new\n", "srcx/y": "new\n", "c.ts": "new\n" }),
      [],
    ],
  ])("%s", async (_, act, found) => {
    const repo = tempRepo(FILES);
    act(repo);
    expect(await dirty(repo, ["src"], ["new\n", "a\n", ""])).toEqual(found);
  });

  it.each<[scope: string[], paths: string[]]>([
    [["src/a.ts"], ["src/a.ts"]],
    [["**/*.md"], ["docs/a.md"]],
    [
      ["src/*.ts", "docs/"],
      ["docs/a.md", "src/a.ts"],
    ],
    [[], []],
    [["none.ts"], []],
  ])("is what the scope %j covers", async (scope, paths) => {
    const repo = tempRepo(FILES);
    repo.write({ "src/a.ts": "new\n", "docs/a.md": "new\n" });
    expect((await dirty(repo, scope))?.map(([path]) => path)).toEqual(paths);
  });

  it.each(["with blank.ts", " x ", "é日本😀.ts", "[id].tsx", "'q'", 'a"b', "back\\slash", "-rf", "tab\tx"])(
    "by any name: %j",
    async (name) => {
      const repo = tempRepo({});
      repo.write({ [`src/${name}`]: "new\n" });
      expect(await dirty(repo, ["src"])).toEqual([[`src/${name}`, "new\n"]]);
    },
  );

  it("with a line end in its name is known", async () => {
    const repo = tempRepo(FILES);
    repo.write({ "src/a\nb.ts": "x\n", "src/c.ts": "new\n" });
    expect(await dirty(repo, ["src"], ["new\n", "x\n"])).toEqual([
      ["src/a\nb.ts", "x\n"],
      ["src/c.ts", "new\n"],
    ]);
  });

  it.each<[name: string, put: (repo: TempRepo) => unknown]>([
    ["a name that begins with a quote", (repo) => repo.write({ '"q': "x" })],
    ["a link that leads nowhere", (repo) => symlinkSync("nowhere", repo.path("link"))],
    ["a repository inside", (repo) => execFileSync("git", ["init", "-q", "inner"], { cwd: repo.dir, env: repo.env })],
  ])("keeps its content beside %s", async (_, put) => {
    const repo = tempRepo(FILES);
    repo.write({ "src/a.ts": "new\n" });
    put(repo);
    expect(await dirty(repo, ["**"])).toContainEqual(["src/a.ts", "new\n"]);
  });

  it("that is a link has the content of the link, as git stores it", async () => {
    const repo = tempRepo(FILES);
    symlinkSync("a.ts", repo.path("src/link"));
    expect(await dirty(repo, ["src"], ["a.ts"])).toEqual([["src/link", "a.ts"]]);
  });
});

describe("a repository that is not as usual", () => {
  it("has no commit yet", async () => {
    const repo = tempRepo({});
    repo.write({ "src/a.ts": "new\n", "x.ts": "new\n" });
    repo.git("add", "x.ts");
    expect(await dirty(repo, ["**"])).toEqual([
      ["x.ts", "new\n"],
      ["src/a.ts", "new\n"],
    ]);
  });

  it.each<[name: string, harm: (repo: TempRepo) => unknown]>([
    ["a corrupt index", (repo) => writeFileSync(repo.path(".git/index"), "rubbish")],
    ["a cut index", (repo) => truncateSync(repo.path(".git/index"), 10)],
    ["no HEAD", (repo) => rmSync(repo.path(".git/HEAD"))],
    ["no .git at all", (repo) => rmSync(repo.path(".git"), { recursive: true })],
  ])("has %s: git can't say", async (_, harm) => {
    const repo = tempRepo(FILES);
    harm(repo);
    expect(await dirtyInScope(repo.dir, ["**"], repo.env)).toBeUndefined();
  });

  it("is not there: git can't say", async () => {
    const dir = join(tempDir(), "none");
    await expect(dirtyInScope(dir, ["**"], { PATH: process.env.PATH })).resolves.toBeUndefined();
  });

  it("is not touched by the look, its index neither", async () => {
    const repo = tempRepo(FILES);
    repo.write({ "src/a.ts": "new\n", "src/new.ts": "x" });
    const before = fingerprint(repo.dir);
    await dirty(repo, ["**"]);
    expect(fingerprint(repo.dir)).toEqual(before);
  });

  it("is looked at where the caller's own GIT_DIR points elsewhere", async () => {
    const [repo, other] = [tempRepo(FILES), tempRepo(FILES)];
    repo.write({ "src/a.ts": "new\n" });
    const env = { ...repo.env, GIT_DIR: join(other.dir, ".git"), GIT_WORK_TREE: other.dir };
    expect(await dirtyInScope(repo.dir, ["src"], env)).toHaveLength(1);
  });
});

describe("a program that a repository names", () => {
  /** A repository that would leave a mark if its program ran; `setUp` says where the program stands. */
  function armed(setUp: (repo: TempRepo, program: string) => unknown) {
    const repo = tempRepo({ ...FILES, ".gitattributes": "*.ts filter=f diff=f\n" });
    const mark = join(repo.outside, "ran");
    const program = join(repo.outside, "program");
    writeFileSync(program, `#!/bin/sh\ntouch '${mark}'\nexit 1\n`, { mode: 0o755 });
    setUp(repo, `'${program}'`);
    // As long as it was: git can tell only by its content, for which it needs the filter.
    repo.write({ "src/a.ts": "n\n" });
    return { repo, ran: () => existsSync(mark) };
  }

  const PROGRAMS: [name: string, setUp: (repo: TempRepo, program: string) => unknown][] = [
    ["a filter", (repo, program) => repo.git("config", "filter.f.clean", program)],
    [
      "a filter that is required",
      (repo, program) => [
        repo.git("config", "filter.f.clean", program),
        repo.git("config", "filter.f.required", "true"),
      ],
    ],
    ["a filter as a process", (repo, program) => repo.git("config", "filter.f.process", program)],
    [
      "a filter with an odd name",
      (repo, program) => [
        writeFileSync(repo.path(".gitattributes"), "*.ts filter=F.x.Y\n"),
        repo.git("config", "filter.F.x.Y.clean", program),
      ],
    ],
    [
      "a filter with = in its name",
      (repo, program) => [
        writeFileSync(repo.path(".gitattributes"), "*.ts filter=a=b\n"),
        repo.git("config", "filter.a=b.clean", program),
      ],
    ],
    ["a file system monitor", (repo, program) => repo.git("config", "core.fsmonitor", program)],
    [
      "a hook",
      (repo, program) => {
        mkdirSync(repo.path(".git/hooks"), { recursive: true });
        for (const hook of ["post-index-change", "fsmonitor-watchman", "pre-commit"])
          symlinkSync(program.slice(1, -1), repo.path(`.git/hooks/${hook}`));
      },
    ],
    ["a pager", (repo, program) => repo.git("config", "pager.status", program)],
    [
      "a transport, which a partial clone would use for what it lacks",
      (repo, program) => {
        const tree = repo.git("rev-parse", "HEAD^{tree}").trim();
        for (const [key, value] of [
          ["core.repositoryformatversion", "1"],
          ["extensions.partialClone", "origin"],
          ["remote.origin.promisor", "true"],
          ["remote.origin.url", `ext::sh ${program.slice(1, -1).replaceAll(" ", "% ")}`],
          ["protocol.ext.allow", "always"],
        ] as const)
          repo.git("config", key, value);
        rmSync(repo.path(`.git/objects/${tree.slice(0, 2)}/${tree.slice(2)}`));
      },
    ],
  ];

  it.each(PROGRAMS)("does not run: %s", async (_, setUp) => {
    const { repo, ran } = armed(setUp);
    await dirtyInScope(repo.dir, ["**"], repo.env);
    expect(ran()).toBe(false);
  });

  it.each(PROGRAMS.filter(([name]) => !/hook|pager/.test(name)))(
    "would run, or this test proves nothing: %s",
    async (_, setUp) => {
      const { repo, ran } = armed(setUp);
      try {
        repo.git("status");
      } catch {
        // The program is no good one.
      }
      await until(ran);
    },
  );

  it("is no reason not to see the change", async () => {
    const { repo } = armed((one, program) => one.git("config", "filter.f.clean", program));
    expect(await dirty(repo, ["src/a.ts"], ["n\n"])).toEqual([["src/a.ts", "n\n"]]);
  });
});
