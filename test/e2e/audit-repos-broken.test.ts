import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { textOf } from "../kit/attack.ts";
import { copyOf, expectPatch, git, inGit, PICTURES, see, undo } from "../kit/audit.ts";
import { inLab, type Lab, type LabOptions } from "../kit/lab.ts";
import { putIn } from "../kit/packets.ts";
import { picture } from "../kit/picture.ts";
import { expectSentence } from "../kit/refusal.ts";

const FILES = { "src/a.txt": "a\n", "src/b.txt": "b\n", "docs/c.txt": "c\n" };
const GOAL = "change it; the tests must pass";
const world = (run: string): LabOptions => ({ files: FILES, script: [{ run }, { say: "Done.\n\nStatus: done" }] });

describe("an index that can't be read", () => {
  const spoil: [string, (bytes: Buffer) => Buffer, string][] = [
    ["of another kind", () => Buffer.from("garbage"), "it is not an index of git's"],
    ["empty", () => Buffer.alloc(0), "it is not an index of git's"],
    [
      "with a wrong byte",
      (bytes) => Buffer.from(bytes.map((byte, at) => (at === 40 ? ~byte : byte))),
      "its checksum is wrong",
    ],
    ["cut off", (bytes) => bytes.subarray(0, -30), "its checksum is wrong"],
  ];
  test.each(spoil)("(%s) costs one sentence, and nothing is lost", (_, change, why) =>
    inLab(world("echo x >> src/a.txt; rm docs/c.txt; echo n > src/n.txt"), async (lab) => {
      const bytes = change(readFileSync(inGit(lab, "index")));
      writeFileSync(inGit(lab, "index"), bytes);
      const before = picture(lab);
      const copy = copyOf(lab);
      const { called, runId, dir, policy, changed, read } = await see(lab, []);
      expect(called.code, called.stdout).toBe(0);
      expect([called.lines.files_changed, called.lines.policy]).toEqual(["3", "ok"]);
      expect(changed).toEqual(["docs/c.txt", "src/a.txt", "src/n.txt"]);
      expect(policy.not_covered).toEqual([
        `the index of the repository can't be read (${why}): every file was read instead, and what is staged is not known`,
      ]);
      expect(readFileSync(inGit(lab, "index"))).toEqual(bytes);
      expect(read("post-status.txt")).toBe("## main\n D docs/c.txt\n M src/a.txt\n?? src/n.txt\n");
      rmSync(join(copy, ".git/index"));
      await expectPatch(lab, dir, copy);
      expect((await undo(lab, runId)).code).toBe(0);
      expect(picture(lab)).toEqual(before);
      expect(readFileSync(inGit(lab, "index"))).toEqual(bytes);
    }),
  );

  test("holds nothing up: the scope is kept to", () =>
    inLab(world("echo x >> src/a.txt; echo x > src/n.txt"), async (lab) => {
      writeFileSync(inGit(lab, "index"), "garbage");
      const { called, policy } = await see(lab, ["--scope", "src/a.txt"]);
      expect([called.code, policy.out_of_scope.map(({ path }) => path)]).toEqual([5, ["src/n.txt"]]);
    }));
});

describe("a repository without a commit", () => {
  const anew = async (lab: Lab) => {
    rmSync(inGit(lab, ""), { recursive: true });
    await git(lab, lab.workspace, "init", "-q", "-b", "main");
  };
  test.each<[string, string, (lab: Lab) => void | Promise<void>]>([
    ["not one", "main", anew],
    ["on a branch that is not there", "no", (lab) => writeFileSync(inGit(lab, "HEAD"), "ref: refs/heads/no\n")],
    ["on a branch that is no id", "main", (lab) => writeFileSync(inGit(lab, "refs/heads/main"), "garbage\n")],
  ])("(%s): all of it is told, and taken back", (_, branch, prepare) =>
    inLab(world("echo x >> src/a.txt; rm src/b.txt; printf '\\000' > src/n.bin"), async (lab) => {
      await prepare(lab);
      const before = picture(lab);
      const copy = copyOf(lab);
      const { called, runId, dir, changed, policy, read } = await see(lab, ["--allow-dirty-overlap", "--scope", "src"]);
      expect([called.code, changed], called.stdout).toEqual([0, ["src/a.txt", "src/b.txt", "src/n.bin"]]);
      expect(policy).toMatchObject({ not_covered: [], head_moved: null });
      expect(policy.dirty_before).toEqual(["docs/c.txt", "src/a.txt", "src/b.txt"]);
      expect(read("pre-status.txt")).toContain(`## No commits yet on ${branch}\n`);
      expect(read("pre-diff-stat.txt")).toBe("no commit yet\n");
      await expectPatch(lab, dir, copy);
      expect((await undo(lab, runId)).code).toBe(0);
      expect(picture(lab)).toEqual(before);
    }),
  );
});

describe("a repository that git can't read", () => {
  const dotGit = (text: string) => (lab: Lab) => {
    renameSync(inGit(lab, ""), join(lab.dir, "old.git"));
    putIn(lab, ".git", text);
  };
  const broken: [string, (lab: Lab) => void, RegExp][] = [
    ["HEAD is garbage", (lab) => writeFileSync(inGit(lab, "HEAD"), "garbage\n"), /not a git repository/],
    ["HEAD is empty", (lab) => writeFileSync(inGit(lab, "HEAD"), ""), /not a git repository/],
    ["HEAD's commit is missing", (lab) => writeFileSync(inGit(lab, "HEAD"), `${"12".repeat(20)}\n`), /bad object HEAD/],
    [
      "the branch's commit is missing",
      (lab) => writeFileSync(inGit(lab, "refs/heads/main"), `${"12".repeat(20)}\n`),
      /bad object/,
    ],
    ["the configuration is broken", (lab) => appendFileSync(inGit(lab, "config"), "[core\n"), /bad config line/],
    ["it says that it is bare", (lab) => void lab.git("config", "core.bare", "true"), /is not a git work tree/],
    [
      "its work tree is elsewhere",
      (lab) => void lab.git("config", "core.worktree", lab.dir),
      /is not (a git work tree|the top)/,
    ],
    [".git leads nowhere", dotGit("gitdir: ../nowhere\n"), /not a git repository/],
    [".git is another file", dotGit("hello\n"), /invalid gitfile format/],
  ];

  test.each(broken)("(%s): the run is done, and says in one sentence that nobody knows what changed", (_, spoil, why) =>
    inLab(world("echo x >> src/a.txt"), async (lab) => {
      spoil(lab);
      const { called, runId, policy, receipt, read } = await see(lab, []);
      expect([called.code, called.lines.files_changed], called.stdout).toEqual([0, "unknown"]);
      expect([policy.status, receipt.files_changed]).toEqual(["unknown", null]);
      const [sentence = "", ...more] = called.stdout.split("\n").filter((line) => line.startsWith("warning: "));
      expect(sentence).toMatch(/^warning: changes are not known: /);
      expect(sentence).toMatch(why);
      expect(more).toEqual([]);
      expect(policy.not_covered.map((one) => `warning: changes are not known: ${one}`)).toEqual([sentence]);
      expect([...PICTURES, "changes.patch"].map(read)).toEqual(Array(5).fill(undefined));
      expectSentence(await undo(lab, runId), { code: 64, says: /nobody knows what run/ });
      expect(textOf(lab, "src/a.txt")).toBe("a\nx\n");
    }),
  );

  // The kernel opens src/ for the file scope, nobody looks afterwards, and the receipt says policy=ok.
  test.each(broken.filter(([name]) => !name.includes("elsewhere")))(
    "(%s): a scope that only the audit could hold is not called kept",
    (_, spoil) =>
      inLab(world("echo x >> src/a.txt; echo x > src/evil.txt"), async (lab) => {
        spoil(lab);
        const called = await lab.ask("--scope", "src/a.txt", GOAL);
        expect([called.code, called.lines.policy]).not.toEqual([0, "ok"]);
      }),
  );
});
