import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readPolicy, textOf } from "../kit/attack.ts";
import { inLab, type Lab } from "../kit/lab.ts";
import { dryRun, expectRefused, put, putIn } from "../kit/packets.ts";
import type { Beat } from "../kit/scripted-model.ts";

const FILES = { "src/a/x.txt": "x\n", "src/a/y.txt": "y\n", "src/b/z.txt": "z\n" };
const DONE: Beat = { say: "Done.\n\nStatus: done" };
const GOAL = "fix the tests";
const SCOPED = ["--scope", "src/a"];
const HINT = /commit or stash them first, or go on all the same with --allow-dirty-overlap/;
const refusal = (names: string) => ({
  code: 75,
  says: new RegExp(`^ask_codex: the write scope has files with uncommitted changes: ${names}$`),
  hint: HINT,
});

describe("a write scope with somebody's uncommitted changes is refused", () => {
  test.each<[string, (lab: Lab) => void, string]>([
    ["a changed file", (lab) => putIn(lab, "src/a/x.txt", "mine\n"), "src/a/x.txt"],
    ["an untracked file", (lab) => putIn(lab, "src/a/new/deep er.txt", "mine\n"), "src/a/new/deep er.txt"],
    ["a deleted file", (lab) => rmSync(join(lab.workspace, "src/a/x.txt")), "src/a/x.txt"],
    ["a staged deletion", (lab) => lab.git("rm", "-q", "src/a/x.txt"), "src/a/x.txt"],
    ["a staged rename out of it", (lab) => lab.git("mv", "src/a/x.txt", "src/b/x.txt"), "src/a/x.txt"],
    ["a name with a line end", (lab) => putIn(lab, "src/a/one\nHEAD", "x"), String.raw`"src/a/one\\nHEAD"`],
    [
      "a staged file that looks like HEAD again",
      (lab) => {
        putIn(lab, "src/a/x.txt", "mine\n");
        lab.git("add", "-A");
        putIn(lab, "src/a/x.txt", FILES["src/a/x.txt"]);
      },
      "src/a/x.txt",
    ],
    [
      "many files, of which some are named",
      (lab) => {
        for (let at = 0; at < 8; at++) putIn(lab, `src/a/n${at}.txt`, "mine\n");
      },
      "src/a/n0.txt, src/a/n1.txt, src/a/n2.txt, src/a/n3.txt, src/a/n4.txt and 3 more",
    ],
  ])("%s", (_, dirty, names) =>
    inLab({ files: FILES, script: [DONE] }, async (lab) => {
      dirty(lab);
      const status = lab.git("status", "--short", "-uall");
      await expectRefused(lab, [...SCOPED, GOAL], refusal(names));
      await expectRefused(lab, ["--scope", "src/**/*", "--task-id", "U1", GOAL], {
        code: 75,
        says: /uncommitted changes/,
      });
      expect(lab.git("status", "--short", "-uall")).toBe(status);
    }),
  );

  test("with --json as one object", () =>
    inLab({ files: FILES }, async (lab) => {
      putIn(lab, "src/a/x.txt", "mine\n");
      const called = await lab.ask("--json", ...SCOPED, GOAL);
      expect([called.code, JSON.parse(called.stdout)]).toMatchObject([75, { exit_code: 75, verdict: "refused" }]);
    }));
});

describe("it goes on all the same", () => {
  const packet = (allow: string) =>
    `---\nrole: writer\nscope: src/a\nallow_dirty_overlap: ${allow}\n---\nFix the tests.\n`;
  const fields = (allow: string) =>
    `MODE: writer\nOBJECTIVE: Fix the tests.\nWRITE SCOPE: src/a\nALLOW DIRTY OVERLAP (yes or no): ${allow}\n`;
  const file = (lab: Lab, text: string) => ["--packet", put(join(lab.dir, "t.md"), text)];
  const allowed = "---\ngates:\n  dirty_overlap: allow\n---\n";

  test.each<[string, (lab: Lab) => string[]]>([
    ["with --allow-dirty-overlap", () => [...SCOPED, "--allow-dirty-overlap", GOAL]],
    ["with allow_dirty_overlap: yes", (lab) => file(lab, packet("yes"))],
    ["with ALLOW DIRTY OVERLAP: yes", (lab) => file(lab, fields("yes"))],
    [
      "where the project allows it",
      (lab) => {
        putIn(lab, ".claude/ask-codex.local.md", allowed);
        return [...SCOPED, GOAL];
      },
    ],
    [
      "where the user allows it",
      (lab) => {
        put(join(lab.home, "settings.md"), allowed);
        return [...SCOPED, GOAL];
      },
    ],
  ])("%s; what was dirty is told, and what the person wrote is there", (_, args) =>
    inLab({ files: FILES, script: [{ run: "echo codex >> src/a/x.txt" }, DONE] }, async (lab) => {
      putIn(lab, "src/a/x.txt", "mine\n");
      const called = await lab.ask(...args(lab));
      expect(called.code, called.stdout + called.stderr).toBe(0);
      expect(textOf(lab, "src/a/x.txt")).toBe("mine\ncodex\n");
      const policy = readPolicy(lab, called.lines.run_id ?? "");
      expect(policy.dirty_before.filter((path) => path.startsWith("src/"))).toEqual(["src/a/x.txt"]);
      expect(policy.changed.map(({ path }) => path)).toEqual(["src/a/x.txt"]);
    }),
  );

  test.each([
    ["no in a packet", packet("no")],
    ["NO in its fields", fields("no")],
  ])("but not with %s, whatever the settings allow", (_, text) =>
    inLab({ files: FILES }, async (lab) => {
      putIn(lab, ".claude/ask-codex.local.md", allowed);
      putIn(lab, "src/a/x.txt", "mine\n");
      await expectRefused(lab, file(lab, text), refusal("src/a/x.txt"));
      const planned = await dryRun(lab, [...file(lab, text), "--allow-dirty-overlap"]);
      expect(planned.sources.allowDirtyOverlap).toBe("--allow-dirty-overlap");
    }),
  );

  test.each<[string, string[], string[]]>([
    ["where what is dirty lies beside the scope", SCOPED, ["src/b/n.txt", "src/b/z.txt"]],
    ["without a scope", [], ["src/b/n.txt", "src/b/z.txt"]],
    ["with a scope of none", ["--scope", "none"], ["src/b/n.txt", "src/b/z.txt"]],
    ["with a role that reads", ["--read-only"], ["src/b/n.txt", "src/b/z.txt"]],
  ])("%s", (_, args, dirty) =>
    inLab({ files: FILES, script: [DONE] }, async (lab) => {
      putIn(lab, "src/b/z.txt", "mine\n");
      putIn(lab, "src/b/n.txt", "mine\n");
      const called = await lab.ask(...args, GOAL);
      expect(called.code, called.stderr).toBe(0);
      expect(readPolicy(lab, called.lines.run_id ?? "").dirty_before).toEqual(dirty);
    }),
  );
});

describe("what the session itself left", () => {
  const CHANGES = "echo codex >> src/a/x.txt; echo n > 'src/a/new ü.txt'; rm src/a/y.txt; chmod +x src/a/x.txt";
  const two = (run: string): Beat[][] => [[{ run }, DONE], [{ run: "echo more >> src/a/x.txt" }, DONE], [DONE]];

  test("is no reason to refuse, by run and by task id; for another session it is", () =>
    inLab({ files: FILES, script: two(CHANGES) }, async (lab) => {
      const first = await lab.ask(...SCOPED, "--task-id", "U1", GOAL);
      expect(first.code, first.stdout).toBe(0);
      for (const id of [
        ["--session", first.lines.run_id ?? ""],
        ["--task-id", "U1"],
      ]) {
        const next = await lab.ask(...id, "go on with the tests");
        expect(next.code, next.stdout + next.stderr).toBe(0);
        expect(readPolicy(lab, next.lines.run_id ?? "").dirty_before).toContain("src/a/y.txt");
      }
      await expectRefused(lab, [...SCOPED, GOAL], refusal("src/a/x.txt, src/a/y.txt, src/a/new ü.txt"));
    }));

  test("is somebody's once a person changed it, brought it back or took it away", () =>
    inLab({ files: FILES, script: two(CHANGES) }, async (lab) => {
      const first = await lab.ask(...SCOPED, GOAL);
      const session = ["--session", first.lines.run_id ?? "", "go on with the tests"];
      const kept = textOf(lab, "src/a/x.txt");
      putIn(lab, "src/a/x.txt", `${kept}mine\n`);
      await expectRefused(lab, session, refusal("src/a/x.txt"));
      putIn(lab, "src/a/x.txt", kept);
      putIn(lab, "src/a/y.txt", "mine\n");
      await expectRefused(lab, session, refusal("src/a/y.txt"));
      rmSync(join(lab.workspace, "src/a/y.txt"));
      putIn(lab, "src/a/mine.txt", "mine\n");
      await expectRefused(lab, session, refusal("src/a/mine.txt"));
      rmSync(join(lab.workspace, "src/a/mine.txt"));
      rmSync(join(lab.workspace, "src/a/x.txt"));
      await expectRefused(lab, session, refusal("src/a/x.txt"));
      putIn(lab, "src/a/x.txt", kept);
      expect((await lab.ask(...session)).code).toBe(0);
    }));

  test("counts for the session even where it was not allowed", () =>
    inLab({ files: FILES, script: [[{ run: "echo codex >> src/a/y.txt" }, DONE], [DONE]] }, async (lab) => {
      const first = await lab.ask("--scope", "src/a/x.txt", GOAL);
      expect(first.code).toBe(5);
      expect((await lab.ask("--session", first.lines.run_id ?? "", "go on with the tests")).code).toBe(0);
    }));

  const goesOn = (run: string) =>
    inLab({ files: FILES, script: two(run) }, async (lab) => {
      const first = await lab.ask(...SCOPED, GOAL);
      const next = await lab.ask("--session", first.lines.run_id ?? "", "go on with the tests");
      expect([first.code, next.code], next.stderr).toEqual([0, 0]);
    });
  test.each([
    ["a link", "ln -s x.txt src/a/link"],
    ["a link to nothing", "echo codex >> src/a/x.txt; ln -s nowhere src/a/link"],
    ["a link to a folder", "echo codex >> src/a/x.txt; ln -s . src/a/link"],
    ["a name with a line end", "touch \"src/a/$(printf 'one\\ntwo')\""],
  ])("is no reason to refuse when it is %s", (_, run) => goesOn(run));

  // The paths of `git status` are read as UTF-8 and looked up as such, and a repository has a "/" behind its name.
  test.each([
    ["a name that is not UTF-8", "touch src/a/$(printf 'b\\377d')"],
    ["a repository", "mkdir src/a/in && cd src/a/in && git init -q . && echo x > x"],
  ])("is no reason to refuse when it is %s", (_, run) => goesOn(run));
});
