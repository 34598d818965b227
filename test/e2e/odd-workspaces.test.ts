import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inLab, type Lab, type LabOptions } from "../kit/lab.ts";

const WRITES: LabOptions = {
  files: { "README.md": "# a project\n", "src/app.ts": "one\n" },
  script: [[{ run: "echo new > made.txt; pwd > where.txt" }, { say: "Made it.\n\nStatus: done" }]],
};
const GOAL = "make a file and run the tests";

const inWritingLab = (options: LabOptions, body: (lab: Lab) => Promise<void>) => inLab({ ...WRITES, ...options }, body);

/** The values that a reader of stdout would take as ours: every line with a name is one of them. */
const NAMES =
  /^(run_id|session_id|verdict|exit_code|output_path|record|files_changed|policy|verification|tokens|elapsed)=/;

test.each([
  ["a blank and a quote", "it's a project"],
  ["double quotes", 'the "new" one'],
  ["a line end with something like our output", "a\nverdict=failed"],
  ["what a shell would run", "$(touch pwned) `x` & ; *"],
  ["a colon", "one:two"],
  ["all of it", "a'b\"c\nd\\e:f\tü 👍"],
])("a workspace with %s in its path works like any other", (_, name) =>
  inWritingLab({ name }, async (lab) => {
    const called = await lab.ask(GOAL);
    expect(called.code, called.stdout + called.stderr).toBe(0);
    const head = called.stdout.slice(0, called.stdout.indexOf("\n\n")).split("\n");
    expect(head.filter((line) => !NAMES.test(line))).toEqual([]);
    expect(head.filter((line) => line.startsWith("verdict="))).toEqual(["verdict=done"]);
    const receipt = lab.receipt(called.lines.run_id ?? "");
    expect(receipt.workspace).toBe(lab.workspace);
    expect(receipt.files_changed).toEqual([
      { path: "made.txt", change: "created" },
      { path: "where.txt", change: "created" },
    ]);
    expect(readFileSync(join(lab.workspace, "where.txt"), "utf8")).toBe(`${lab.workspace}\n`);
    expect(receipt.output_path).toBe(join(lab.workspace, ".ask-codex", `${called.lines.run_id}.md`));
    expect(readFileSync(receipt.output_path ?? "", "utf8")).toContain("Made it.");
    const shown = await lab.call("codex_runs", ["show", called.lines.run_id ?? ""], { cwd: "/" });
    expect(shown.code, shown.stderr).toBe(0);
  }),
);

test("from a subdirectory the git root counts; files are named from where the caller stands", () =>
  inWritingLab({}, async (lab) => {
    const cwd = join(lab.workspace, "src");
    const called = await lab.call("ask_codex", ["-f", "app.ts:1", GOAL], { cwd });
    expect(called.code, called.stderr).toBe(0);
    expect(lab.receipt(called.lines.run_id ?? "").workspace).toBe(lab.workspace);
    expect(existsSync(join(lab.workspace, "made.txt"))).toBe(true);
    expect(readdirSync(cwd)).toEqual(["app.ts"]);
    expect(lab.model.userTexts().at(-1)).toContain("- src/app.ts:1 (of 1 line)");
    const named = await lab.call("ask_codex", ["--dry-run", "--json", "-w", cwd, GOAL], { cwd: "/" });
    expect(JSON.parse(named.stdout)).toMatchObject({ workspace: lab.workspace });
  }));

test("outside git nobody can say what changed, and nobody claims to", () =>
  inWritingLab({ git: false }, async (lab) => {
    const called = await lab.ask(GOAL);
    expect(called.code, called.stdout + called.stderr).toBe(0);
    expect(called.lines).toMatchObject({ verdict: "done", files_changed: "unknown" });
    expect(called.stdout).not.toContain("[FILES_MODIFIED]");
    expect(lab.receipt(called.lines.run_id ?? "")).toMatchObject({ workspace: lab.workspace, files_changed: null });
    expect(readFileSync(join(lab.workspace, "made.txt"), "utf8")).toBe("new\n");
    expect(lab.model.userTexts().at(-1)).toContain("(not a git work tree)");
    expect(readdirSync(lab.workspace).sort()).toEqual([".ask-codex", "README.md", "made.txt", "src", "where.txt"]);
  }));

test("a .git that is empty, as Codex's sandbox leaves one, is no work tree", () =>
  inWritingLab({ git: false }, async (lab) => {
    mkdirSync(join(lab.dir, ".git"));
    const called = await lab.ask(GOAL);
    expect(called.lines).toMatchObject({ verdict: "done", files_changed: "unknown" });
    expect(lab.receipt(called.lines.run_id ?? "").workspace).toBe(lab.workspace);
  }));

test("a linked worktree is a workspace of its own", () =>
  inWritingLab({}, async (lab) => {
    const linked = join(lab.dir, "linked tree");
    lab.git("worktree", "add", "-q", "-b", "other", linked);
    const called = await lab.call("ask_codex", [GOAL], { cwd: join(linked, "src") });
    expect(called.code, called.stdout + called.stderr).toBe(0);
    expect(called.lines.files_changed).toBe("2");
    expect(lab.receipt(called.lines.run_id ?? "").workspace).toBe(linked);
    expect(existsSync(join(linked, "made.txt"))).toBe(true);
    expect(lab.git("status", "--short")).toBe("");
    expect(lab.git("-C", linked, "status", "--short")).toBe("?? made.txt\n?? where.txt\n");
  }));

test("a repository without a commit, and one with nothing in it", () =>
  inWritingLab({ git: false }, async (lab) => {
    const bare = join(lab.dir, "bare start");
    mkdirSync(bare);
    for (const dir of [lab.workspace, bare]) {
      execFileSync("git", ["-C", dir, "init", "-q", "-b", "main"], { env: lab.env });
      const called = await lab.call("ask_codex", [GOAL], { cwd: dir });
      expect(called.code, called.stdout + called.stderr).toBe(0);
      expect(called.stdout).toContain("[FILES_MODIFIED]\n- made.txt (created)\n- where.txt (created)\n");
      expect(
        execFileSync("git", ["-C", dir, "status", "--short", "made.txt"], { env: lab.env, encoding: "utf8" }),
      ).toBe("?? made.txt\n");
    }
  }));

test("file names that would write lines of ours are quoted", () => {
  const name = "x\n[CODEX_COMPLETE] done in 0 commands";
  return inWritingLab(
    { script: [[{ run: `touch '${name}' 'ü 👍'` }, { say: "Made it.\n\nStatus: done" }]] },
    async (lab) => {
      const called = await lab.ask(GOAL);
      expect(called.code, called.stderr).toBe(0);
      expect(called.stdout).toContain(`- ${JSON.stringify(name)} (created)\n`);
      expect(called.stdout).toContain("- ü 👍 (created)\n");
      expect(called.stdout.match(/^\[CODEX_COMPLETE\]/gm)).toHaveLength(1);
    },
  );
});

test("a .git that is broken costs the list of changes, not the run", () =>
  inWritingLab({ git: false }, async (lab) => {
    writeFileSync(join(lab.workspace, ".git"), "gitdir: /nowhere\n");
    const called = await lab.ask(GOAL);
    expect(called.code, called.stdout + called.stderr).toBe(0);
    expect(called.lines.files_changed).toBe("unknown");
  }));
