import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readPolicy, toolOutputs } from "../kit/attack.ts";
import { inLab, type Lab } from "../kit/lab.ts";
import { commitAll, dryRun, expectRefused, isIn, put, putIn } from "../kit/packets.ts";

const FILES = { "src/a/x.txt": "x\n", "src/b.txt": "b\n", "README.md": "# a project\n", "docs/plan.md": "### U1. x\n" };
const GOAL = "fix the tests";
const DONE = { say: "Done.\n\nStatus: done" };

/** Links of every kind, and what they lead to. */
function world(lab: Lab): void {
  mkdirSync(join(lab.dir, "elsewhere"));
  put(join(lab.dir, "elsewhere/x.txt"), "theirs\n");
  symlinkSync("../../elsewhere", join(lab.workspace, "src/out"));
  symlinkSync(join(lab.dir, "elsewhere/x.txt"), join(lab.workspace, "src/out.txt"));
  symlinkSync("../.git", join(lab.workspace, "src/git"));
  symlinkSync("loop", join(lab.workspace, "src/loop"));
  symlinkSync(lab.dir, join(lab.workspace, "up"));
}

interface Row {
  name: string;
  args: readonly string[] | ((lab: Lab) => readonly string[]);
  says: RegExp;
  hint?: RegExp;
}
const rows = (list: [string, Row["args"], RegExp, RegExp?][]): Row[] =>
  list.map(([name, args, says, hint]) => ({ name, args, says, ...(hint ? { hint } : {}) }));
const scope = (...entries: string[]) => [...entries.flatMap((entry) => ["--scope", entry]), GOAL];
const OUTSIDE = /the write scope .* lies outside the workspace/;
const BELOW = /below the workspace, or none/;

describe("a write scope", () => {
  test.each(
    rows([
      ["above the workspace", scope(".."), OUTSIDE, BELOW],
      ["beside it", scope("../elsewhere"), OUTSIDE, BELOW],
      ["beside it by a detour", scope("src/../../elsewhere/x.txt"), OUTSIDE, BELOW],
      ["absolute and elsewhere", scope("/etc"), OUTSIDE, BELOW],
      ["the root", scope("/"), OUTSIDE, BELOW],
      ["absolute with the workspace as a beginning", (lab) => scope(`${lab.workspace}-2/src`), OUTSIDE, BELOW],
      ["the state home", (lab) => scope(lab.home), OUTSIDE, BELOW],
      ["a glob elsewhere", scope("../**/*.txt"), /goes up in a glob/, BELOW],
      ["a glob that goes up later", scope("src/*/../../../x"), /goes up in a glob/, BELOW],
      ["a link that loops", scope("src/loop"), /src\/loop can't be opened/],
      ["one good and one bad", scope("src", "../elsewhere"), OUTSIDE, BELOW],
      ["a link that leads out", scope("src/out"), /src\/out (lies|leads)/],
      ["a folder below such a link", scope("src/out/deep"), /src\/out\/deep (lies|leads)/],
      ["a glob below such a link", scope("src/out/**"), /src\/out leads to .*elsewhere, outside/],
      ["a link upwards and back", (lab) => scope(`up/${lab.dir.split("/").at(-1)}/../../../etc`), OUTSIDE],
      [".git", scope(".git"), /opens \.git, which stays closed/, BELOW],
      ["something in it", scope(".git/hooks/"), /opens \.git, which stays closed/],
      [".git by a detour", scope("src/../.git"), /opens \.git, which stays closed/],
      [".git by a link", scope("src/git"), /opens \.git, which stays closed/],
      [".git of a repository inside", scope("src/a/.git"), /opens \.git, which stays closed/],
      [".git by a glob", scope("src/*/.git/config"), /opens \.git, which stays closed/],
      ["the folder of the answers", scope(".ask-codex"), /opens \.ask-codex, which stays closed/],
      ["nothing", scope(""), /--scope: must be a path/],
      ["blanks", scope("  "), /the write scope has an empty entry/, BELOW],
      ["none and more", scope("none", "src"), /says none and more than that/, /none alone/],
    ]),
  )("that names $name is refused", ({ args, says, hint }) =>
    inLab({ files: FILES }, async (lab) => {
      world(lab);
      const call = typeof args === "function" ? args(lab) : args;
      await expectRefused(lab, call, { says, ...(hint ? { hint } : {}) });
      await expectRefused(lab, ["--dry-run", ...call], { says });
    }),
  );

  test("that names a link to a file elsewhere opens the link, not what it leads to", () =>
    inLab({ files: FILES, script: [{ run: "echo mine > src/out.txt; cat src/out.txt" }, DONE] }, async (lab) => {
      world(lab);
      commitAll(lab);
      const called = await lab.ask("--no-tmp", "--scope", "src/out.txt", GOAL);
      expect(called.code, called.stdout + called.stderr).toBe(0);
      expect(toolOutputs(lab)).toContain("Read-only file system");
      expect(toolOutputs(lab)).toContain("theirs");
      expect(readPolicy(lab, called.lines.run_id ?? "")).toMatchObject({ status: "ok", changed: [] });
    }));

  test("in a packet is refused like one in an option", () =>
    inLab({ files: FILES }, async (lab) => {
      world(lab);
      for (const entry of ["../elsewhere", "/etc", ".git/hooks", "src/out"]) {
        const text = `MODE: writer\nOBJECTIVE: Fix the tests.\nWRITE SCOPE: ${entry}\n`;
        await expectRefused(lab, ["--packet", put(join(lab.dir, "t.md"), text)], { says: /the write scope / });
      }
    }));

  test.each([
    ["a folder", "src/nowhere"],
    ["a file", "src/nowhere.txt"],
    ["a glob", "src/**/*.rs"],
  ])("that matches nothing (%s) is allowed and said", (_, entry) =>
    inLab({ files: FILES, script: [DONE] }, async (lab) => {
      const called = await lab.ask("--scope", entry, GOAL);
      expect(called.code, called.stdout + called.stderr).toBe(0);
      expect(called.stderr).toContain(`warning: the write scope ${entry} matches nothing yet\n`);
      expect(lab.receipt(called.lines.run_id ?? "").warnings.join()).toContain("matches nothing yet");
      expect(readPolicy(lab, called.lines.run_id ?? "").power.scope).toEqual([entry]);
      expect(isIn(lab, "src/nowhere")).toBe(false);
    }),
  );

  test("that is the workspace itself is as good as none, by every name of it", () =>
    inLab({ files: FILES }, async (lab) => {
      for (const entry of [".", "./", "src/..", lab.workspace, `${lab.workspace}/`]) {
        const { power } = await dryRun(lab, ["--scope", entry, GOAL]);
        expect([power.write, power.scope]).toEqual(["workspace", []]);
      }
      const { power } = await dryRun(lab, ["--scope", join(lab.workspace, "src/a/"), "--scope", "./src/b.txt", GOAL]);
      expect(power.scope).toEqual(["src/a/", "src/b.txt"]);
    }));

  test("in a directory outside git is refused, and none there is not", () =>
    inLab({ files: FILES, git: false }, async (lab) => {
      await expectRefused(lab, ["--scope", "src", GOAL], { says: /is not in a git repository/, hint: /git init/ });
      expect((await dryRun(lab, ["--scope", "none", GOAL])).power.write).toBe("none");
    }));
});

describe("power that contradicts itself", () => {
  test.each(
    rows([
      [
        "a scout with a scope",
        ["--read-only", ...scope("src")],
        /--scope opens src, but the role scout writes nothing/,
      ],
      ["a reviewer with a scope", ["--role", "reviewer", ...scope("src")], /but the role reviewer writes nothing/],
      ["a verifier with a scope", ["--role", "verifier", ...scope("src/**")], /the role verifier writes nothing/],
      ["a synthesizer with a scope", ["--role", "synthesizer", ...scope(".")], /the role synthesizer writes nothing/],
      ["a read-only sandbox with a scope", ["--sandbox", "read-only", ...scope("src")], /read-only writes nothing/],
      [
        "--read-only and --writable",
        ["--read-only", "--writable", "../elsewhere", GOAL],
        /--writable opens .*elsewhere/,
      ],
      ["none and --writable", ["--writable", "../elsewhere", ...scope("none")], /--writable opens .*elsewhere, but/],
      ["--session and --task-id", ["--session", "x", "--task-id", "U1", GOAL], /--session and the task id U1/],
      ["--plan without a goal", ["--plan", "docs/plan.md"], /there is no goal/],
    ]),
  )("$name is refused", ({ args, says }) =>
    inLab({ files: FILES }, async (lab) => {
      world(lab);
      await expectRefused(lab, typeof args === "function" ? args(lab) : args, { says });
    }),
  );
});

describe("an option", () => {
  test.each(
    rows([
      [
        "--writable that is missing",
        ["--writable", "../no", GOAL],
        /--writable .*no can't be opened: it does not exist/,
      ],
      ["--writable that is a file", ["--writable", "README.md", GOAL], /--writable .*README\.md is a file/],
      ["--writable that loops", ["--writable", "src/loop", GOAL], /--writable .*loop can't be opened/],
      ["--writable of the machine", ["--writable", "/", GOAL], /would open the whole machine/, /danger-full-access/],
      ["--writable of it by a detour", ["--writable", "/etc/..", GOAL], /would open the whole machine/],
      ["--writable of nothing", ["--writable", "", GOAL], /--writable: must be a path/],
      ["--env with a blank", ["--env", "A B", GOAL], /--env: must be the name of a variable/],
      ["--env with a value", ["--env", "A=b", GOAL], /--env: must be the name of a variable/],
      ["--env with a wildcard", ["--env", "*", GOAL], /--env: must be the name of a variable/],
      ["--env with a digit first", ["--env", "1A", GOAL], /--env: must be the name of a variable/],
      ["--env of nothing", ["--env", "", GOAL], /--env: must be the name of a variable/],
      ["--expect-file above", ["--expect-file", "../x", GOAL], /the expected file \.\.\/x lies outside the workspace/],
      [
        "--expect-file elsewhere",
        ["--expect-file", "/etc/passwd", GOAL],
        /the expected file \/etc\/passwd lies outside/,
      ],
      ["--expect-file of the workspace", ["--expect-file", ".", GOAL], /the expected file \. lies outside/],
      ["--expect-file of nothing", ["--expect-file", "", GOAL], /--expect-file: must be a path/],
      ["--verify of nothing", ["--verify", "", GOAL], /--verify: must not be empty/],
      ["--verify of blanks", ["--verify", " \t", GOAL], /--verify: must not be empty/],
      ["--non-goal of nothing", ["--non-goal", "", GOAL], /--non-goal: must not be empty/],
      ["--deliverable of blanks", ["--deliverable", "  ", GOAL], /--deliverable: must not be empty/],
      [
        "--verify-timeout in words",
        ["--verify-timeout", "soon", GOAL],
        /--verify-timeout: must be a number of seconds/,
      ],
      ["--verify-timeout below 0", ["--verify-timeout=-1", GOAL], /--verify-timeout: must be a number of seconds/],
      ["--verify-timeout over a day", ["--verify-timeout", "86401", GOAL], /at most 86400 seconds/],
      ["--task-id with a slash", ["--task-id", "a/b", GOAL], /--task-id: must be letters, digits/],
    ]),
  )("$name is refused", ({ args, says, hint }) =>
    inLab({ files: FILES }, async (lab) => {
      world(lab);
      await expectRefused(lab, typeof args === "function" ? args(lab) : args, { says, ...(hint ? { hint } : {}) });
    }),
  );

  test("--writable of the state home, of a folder in it or of one around it is refused", () =>
    inLab({ files: FILES }, async (lab) => {
      put(join(lab.home, "workspaces/x/notes"), "x\n");
      symlinkSync(lab.home, join(lab.workspace, "records"));
      for (const dir of [lab.home, join(lab.home, "workspaces"), "records"])
        await expectRefused(lab, ["--writable", dir, GOAL], { says: /would open the records of the runs/ });
    }));

  test("--env of a variable that is not set is only said", () =>
    inLab({ files: FILES, script: [DONE] }, async (lab) => {
      const called = await lab.ask("--env", "NOT_SET_HERE", GOAL);
      expect(called.code).toBe(0);
      expect(called.stderr).toContain("warning: --env NOT_SET_HERE: there is no such variable");
      putIn(lab, "x", "");
    }));
});
