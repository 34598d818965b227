import { existsSync, readFileSync, renameSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { textOf, toolOutputs } from "../kit/attack.ts";
import { copyOf, expectPatch, git, inGit, PICTURES, see, undo } from "../kit/audit.ts";
import { inLab, type Lab, type LabOptions } from "../kit/lab.ts";
import { commitAll, put, putIn } from "../kit/packets.ts";
import { gitSays, picture } from "../kit/picture.ts";
import { makeScript } from "../kit/refusal.ts";

const FILES = { "src/a.txt": "a\n", "src/b.txt": "b\n", "docs/c.txt": "c\n" };
const GOAL = "change it; the tests must pass";
const world = (run: string): LabOptions => ({ files: FILES, script: [{ run }, { say: "Done.\n\nStatus: done" }] });

test("changes.patch brings a clean checkout there: text, bytes, modes, links, renames; the four pictures are beside it", () =>
  inLab(
    world(
      "printf '\\000\\377\\015\\012' > src/n.bin; chmod +x src/a.txt; mv src/b.txt 'src/ü b.txt'; ln -s a.txt src/l; rm docs/c.txt; printf 'no end' >> src/a.txt; touch src/empty",
    ),
    async (lab) => {
      const clone = join(lab.dir, "clone");
      await git(lab, lab.dir, "clone", "-q", lab.workspace, clone);
      const { called, dir, read, policy } = await see(lab, []);
      expect(called.code, called.stdout).toBe(0);
      await expectPatch(lab, dir, clone);
      expect(PICTURES.map(read)).toEqual([
        "## main\n",
        expect.stringContaining("\n M src/a.txt\n"),
        "",
        expect.stringMatching(/src\/n\.bin +\| Bin 0 -> 4 bytes\n/),
      ]);
      expect(policy).toMatchObject({ not_covered: [], dirty_before: [], index_changed: false, head_moved: null });
    },
  ));

describe("the audit of", () => {
  test("a submodule: its files are told, and that its own git directory is not compared", () =>
    inLab(
      world(
        "echo x >> sub/inner.txt; echo n > sub/new; echo x > src/b.txt; git -C sub commit -qam x; echo x > .git/modules/sub/config",
      ),
      async (lab) => {
        const origin = join(lab.dir, "origin");
        put(join(origin, "inner.txt"), "i\n");
        await git(lab, origin, "init", "-q");
        await git(lab, origin, "add", "-A");
        await git(lab, origin, "commit", "-qm", "one");
        await git(lab, lab.workspace, "submodule", "--quiet", "add", origin, "sub");
        commitAll(lab);
        const before = picture(lab);
        const copy = copyOf(lab);
        const { called, runId, dir, changed, policy } = await see(lab, ["--scope", "sub"]);
        expect([called.code, changed], called.stdout).toEqual([0, ["sub/inner.txt", "sub/new"]]);
        expect(policy).toMatchObject({ concurrent: [], dirty_before: [], head_moved: null, refs_changed: [] });
        expect(policy.not_covered).toEqual([
          "sub is a repository of its own: its own git directory (commits, configuration, hooks) is not compared",
        ]);
        expect(toolOutputs(lab).match(/Read-only file system/g)).toHaveLength(3);
        await expectPatch(lab, dir, copy);
        expect((await undo(lab, runId)).code).toBe(0);
        expect(picture(lab)).toEqual(before);
      },
    ));

  const ESCAPE = (main: string) =>
    `echo x >> src/a.txt; for f in hooks/post-commit config refs/heads/x; do echo x > '${main}'/$f; done`;
  const linked = async (lab: Lab) => {
    const tree = join(lab.dir, "linked tree");
    await git(lab, lab.workspace, "worktree", "add", "-q", "-b", "other", tree);
    return tree;
  };

  test("a linked work tree: only its own files; the main one stays as it is", () =>
    inLab(world(ESCAPE("../a workspace/.git")), async (lab) => {
      const tree = await linked(lab);
      const [before, said] = [picture(lab), gitSays(lab)];
      const { called, runId, changed, policy, read } = await see(lab, ["--no-tmp", "--scope", "src"], { cwd: tree });
      expect([called.code, changed, policy.refs_changed], called.stdout).toEqual([0, ["src/a.txt"], []]);
      expect(toolOutputs(lab).match(/Read-only file system/g)).toHaveLength(3);
      expect(read("post-status.txt")).toBe("## other\n M src/a.txt\n");
      expect(readFileSync(join(tree, "src/a.txt"), "utf8")).toBe("a\nx\n");
      expect((await undo(lab, runId)).code).toBe(0);
      expect(readFileSync(join(tree, "src/a.txt"), "utf8")).toBe("a\n");
      expect([picture(lab), gitSays(lab)]).toEqual([before, said]);
    }));

  // Below /tmp, or below a --writable, the main repository is open: hooks and configuration run outside the sandbox later.
  test("a linked work tree whose repository lies below /tmp: its git directory is closed all the same", () =>
    inLab(world(ESCAPE("../a workspace/.git")), async (lab) => {
      await see(lab, ["--scope", "src"], { cwd: await linked(lab) });
      expect(existsSync(inGit(lab, "hooks/post-commit"))).toBe(false);
    }));

  test("a work tree whose .git file leads elsewhere", () =>
    inLab(world(ESCAPE("../moved.git")), async (lab) => {
      renameSync(inGit(lab, ""), join(lab.dir, "moved.git"));
      putIn(lab, ".git", "gitdir: ../moved.git\n");
      const { called, changed, policy } = await see(lab, ["--no-tmp", "--scope", "src"]);
      expect([called.code, changed, policy.not_covered], called.stdout).toEqual([0, ["src/a.txt"], []]);
      expect(toolOutputs(lab).match(/Read-only file system/g)).toHaveLength(3);
    }));

  test("line ends that git converts: what is clean is not told, and the patch has the bytes of the disk", () =>
    inLab(world("printf 'three\\r\\n' >> crlf/w.txt; printf 'four\\r\\n' >> crlf/a.txt"), async (lab) => {
      putIn(lab, ".gitattributes", "crlf/* text eol=crlf\n");
      for (const name of ["crlf/w.txt", "crlf/clean.txt", "crlf/a.txt"]) putIn(lab, name, "one\r\ntwo\r\n");
      commitAll(lab);
      const { called, dir, changed, policy, read } = await see(lab, ["--scope", "crlf"]);
      expect([called.code, changed, policy.dirty_before], called.stdout).toEqual([0, ["crlf/a.txt", "crlf/w.txt"], []]);
      expect(read("pre-status.txt")).toBe("## main\n");
      const clone = join(lab.dir, "clone");
      await git(lab, lab.dir, "clone", "-q", lab.workspace, clone);
      await expectPatch(lab, dir, clone);
      expect(textOf(lab, "crlf/w.txt")).toBe("one\r\ntwo\r\nthree\r\n");
    }));

  test.each([[[]], [["--sparse-index"]]])("a sparse checkout %j: what is not there was not deleted", (options) =>
    inLab(world("echo x >> src/a.txt; mkdir docs; echo n > docs/n.txt"), async (lab) => {
      lab.git("sparse-checkout", "set", ...options, "src");
      const before = picture(lab);
      const { called, runId, changed, policy, read } = await see(lab, []);
      expect([called.code, changed], called.stdout).toEqual([0, ["docs/n.txt", "src/a.txt"]]);
      expect([policy.dirty_before, policy.not_covered]).toEqual([[], []]);
      expect(read("pre-status.txt")).toBe("## main\n");
      expect((await undo(lab, runId)).code).toBe(0);
      expect(picture(lab)).toEqual(before);
    }),
  );
});

describe("a filter like that of Git LFS", () => {
  /** A program that says who started it; `touched` makes git look at what it knew to be clean. */
  const filtered = (lab: Lab, touched: boolean) => {
    const log = join(lab.dir, "callers");
    const chain =
      "p=$PPID; for i in 1 2 3; do tr '\\0' ' ' < /proc/$p/cmdline; p=$(ps -o ppid= -p $p | tr -d ' '); done";
    const program = makeScript(lab, "filter", `{ ${chain}; echo; } >> '${log}'\nexec sed "$1"`);
    lab.git("config", "filter.lfs.clean", `'${program}' s/real/pointer/`);
    lab.git("config", "filter.lfs.smudge", `'${program}' s/pointer/real/`);
    lab.git("config", "filter.lfs.required", "true");
    putIn(lab, ".gitattributes", "*.big filter=lfs -text\n");
    for (const name of ["x", "y"]) utimesSync(putIn(lab, `src/${name}.big`, `real ${name}\n`), 1e9, 1e9);
    commitAll(lab);
    if (touched) for (const name of ["x", "y"]) utimesSync(join(lab.workspace, `src/${name}.big`), 2e9, 1.1e9);
    rmSync(log);
    return { calls: () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []) };
  };

  test.each([
    ["clean", false],
    ["touched", true],
  ])("is never run by us (files %s); the bytes of the disk are told and restored", (_, touched) =>
    inLab(world("echo real more >> src/x.big; echo real > src/z.big"), async (lab) => {
      const { calls } = filtered(lab, touched);
      const before = picture(lab);
      const { called, runId, changed, read } = await see(lab, touched ? [] : ["--scope", "src"]);
      expect([called.code, changed], called.stdout).toEqual([0, ["src/x.big", "src/z.big"]]);
      expect(read("changes.patch")).toContain(" real x\n+real more\n");
      expect((await undo(lab, runId)).code).toBe(0);
      // Codex asks `git status` by itself when a thread begins.
      expect(calls().filter((line) => !line.includes("/codex app-server"))).toEqual([]);
      expect(picture(lab)).toEqual(before);
    }),
  );

  // The filter is switched off for `git status`, so that what it would call clean looks changed (src/policy/dirty-overlap.ts).
  test.fails("is no reason to refuse a scope whose files were only touched", () =>
    inLab(world("true"), async (lab) => {
      filtered(lab, true);
      const called = await lab.ask("--scope", "src", GOAL);
      expect(called.code, called.stderr).toBe(0);
    }));

  test.fails("makes nothing dirty in the record that was only touched", () =>
    inLab(world("true"), async (lab) => {
      filtered(lab, true);
      expect((await see(lab, [])).policy.dirty_before).toEqual([]);
    }));
});
