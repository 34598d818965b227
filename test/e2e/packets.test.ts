import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readPolicy, textOf, toolOutputs } from "../kit/attack.ts";
import { inLab } from "../kit/lab.ts";
import { commitAll, dryRun, isIn, put, putIn, verificationOf } from "../kit/packets.ts";

const FILES = { "src/a/file.txt": "in scope\n", "src/b/other.txt": "neighbour\n", "README.md": "# a project\n" };
const DONE = { say: "Done as asked.\n\nStatus: done" };

const FIELDS = `# Task packet

MODE: worker
WORKDIR: .

OBJECTIVE:
The word is in src/a/new.txt.

ENTRY FILES: src/a/file.txt:1
WRITE SCOPE (files Codex may touch):
- \`src/a/\` (MODIFY)
NON-GOALS:
- no new dependency
EXPECTED FILES: src/a/new.txt (NEW)
VERIFICATION:
- \`grep -q word src/a/new.txt\` passes
- the neighbour is as it was
DELIVERABLE: the path of the file
CONTEXT: The word was missed by everybody.
`;

const FRONT_MATTER = `---
version: 1
mode: worker
workdir: .
goal: The word is in src/a/new.txt.
files: src/a/file.txt:1
scope: src/a/ (MODIFY)
non_goals: no new dependency
expect_files: src/a/new.txt (NEW)
verify: grep -q word src/a/new.txt
deliverable: the path of the file
---

The word was missed by everybody.
`;

describe("a packet, end to end", () => {
  test.each([
    ["fields", FIELDS],
    ["front matter", FRONT_MATTER],
  ])("as %s reaches the prompt, the kernel and our checks", (form, text) =>
    inLab(
      { files: FILES, script: [{ run: "echo word > src/a/new.txt; echo x > src/b/other.txt" }, DONE] },
      async (lab) => {
        const packet = put(join(lab.dir, "my packets", "the task.md"), text);
        const called = await lab.ask("--packet", packet);
        expect(called.code, called.stdout + called.stderr).toBe(0);
        expect(called.lines).toMatchObject({ verdict: "done", files_changed: "1", verification: "passed" });

        const prompt = lab.model.userTexts()[0] ?? "";
        expect(prompt).toContain("# Role: writer");
        expect(prompt).toContain("# Goal\nThe word is in src/a/new.txt.\n\n");
        expect(prompt).toContain("# Context\nThe word was missed by everybody.\n\n");
        expect(prompt).toContain("# Entry files\n- src/a/file.txt:1 (of 1 line)\n");
        expect(prompt).toContain("# Write scope\n- src/a/\n");
        expect(prompt).toContain("# Non-goals\n- no new dependency\n");
        expect(prompt).toContain("# Expected files\nThese must exist when you are done:\n- src/a/new.txt\n");
        expect(prompt).toContain("the path of the file");
        expect(prompt).toMatch(/the caller then runs, outside your control: `grep -q word src\/a\/new\.txt`\.\n$/);
        if (form === "fields") expect(prompt).toContain("check and report also: the neighbour is as it was");

        expect(toolOutputs(lab)).toContain("Read-only file system");
        expect(textOf(lab, "src/b/other.txt")).toBe("neighbour\n");
        const runId = called.lines.run_id ?? "";
        expect(readPolicy(lab, runId).power).toMatchObject({ write: "scope", scope: ["src/a/"] });
        const [round] = verificationOf(lab, runId).rounds;
        expect(round?.checks.map(({ command, outcome }) => [command, outcome])).toEqual([
          ["grep -q word src/a/new.txt", "passed"],
        ]);
        expect(round?.expect_files).toMatchObject([{ path: "src/a/new.txt", exists: true }]);
      },
    ),
  );

  test("its check and its expected file decide, whatever Codex says", () =>
    inLab({ files: FILES, script: [DONE] }, async (lab) => {
      const called = await lab.ask("--packet", put(join(lab.dir, "task.md"), FIELDS));
      expect([called.code, called.lines.verification]).toEqual([6, "failed"]);
      const [round] = verificationOf(lab, called.lines.run_id).rounds;
      expect(round?.expect_files).toMatchObject([{ path: "src/a/new.txt", exists: false }]);
    }));

  test.each([
    ["WRITE SCOPE: none", "MODE: writer\nOBJECTIVE: Say it.\nWRITE SCOPE: none\n"],
    ["WRITE SCOPE: read-only", "MODE: debugger\nOBJECTIVE: Say it.\nWRITE SCOPE:\n- `read-only`\n"],
    ["scope: none", "---\nrole: writer\nscope: none\n---\nSay it.\n"],
  ])("%s means that nothing is written", (_, text) =>
    inLab({ files: FILES, script: [{ run: "echo x > src/a/file.txt; echo x > new.txt" }, DONE] }, async (lab) => {
      const called = await lab.ask("--packet", put(join(lab.dir, "task.md"), text));
      expect(called.code, called.stdout).toBe(0);
      expect(toolOutputs(lab).match(/Read-only file system/g)).toHaveLength(2);
      expect(lab.git("status", "--short")).toBe("");
      expect(lab.receipt(called.lines.run_id ?? "").power).toMatchObject({ write: "none", scope: [], tmp: false });
    }),
  );

  test("WORKDIR leads elsewhere: work, record and settings are of that repository", () =>
    inLab({ files: FILES, script: [{ run: "pwd; echo x > made.txt" }, DONE] }, async (lab) => {
      const other = join(lab.dir, "another one");
      put(join(other, "deep/er/file.txt"), "x\n");
      put(join(other, ".claude/ask-codex.local.md"), "---\nmodel: of-the-other\n---\n");
      putIn(lab, ".claude/ask-codex.local.md", "---\nmodel: of-the-caller\n---\n");
      await lab.run("git", ["init", "-q", other]);
      const packet = (workdir: string) =>
        put(
          join(lab.dir, "task.md"),
          `MODE: writer\nWORKDIR: ${workdir}\nOBJECTIVE: Make it.\nWRITE SCOPE: made.txt\n`,
        );
      const planned = await dryRun(lab, ["--packet", packet("`../another one/deep/er`")]);
      expect(planned.workspace).toBe(realpathSync(other));
      expect(planned.sources.workspace).toMatch(/^packet .*task\.md$/);
      // What is relative in a packet begins in its own directory.
      expect(planned.power.scope).toEqual(["deep/er/made.txt"]);
      expect(planned.model).toBe("of-the-other");

      const called = await lab.ask("--packet", packet(other));
      expect(called.code, called.stdout).toBe(0);
      expect(existsSync(join(other, "made.txt"))).toBe(true);
      expect(lab.receipt(called.lines.run_id ?? "").workspace).toBe(realpathSync(other));
      expect(isIn(lab, "made.txt")).toBe(false);
    }));

  test("CRLF and a byte order mark change nothing", () =>
    inLab({ files: FILES }, async (lab) => {
      for (const text of [FIELDS, FRONT_MATTER]) {
        const [plain, odd] = [
          await dryRun(lab, ["--packet", put(join(lab.dir, "plain.md"), text)]),
          await dryRun(lab, ["--packet", put(join(lab.dir, "odd.md"), `\uFEFF${text.replaceAll("\n", "\r\n")}`)]),
        ];
        expect(odd.packet).toEqual(plain.packet);
        expect(odd.prompt).toBe(plain.prompt);
        expect(odd.prompt).not.toMatch(/[\r\uFEFF]/);
      }
    }));

  test("a relative packet path begins where the caller stands, and an option beats what stands in the file", () =>
    inLab({ files: FILES }, async (lab) => {
      put(join(lab.workspace, "src/task.md"), FIELDS.replace("WORKDIR: .\n", ""));
      const planned = await dryRun(lab, ["--packet", "task.md", "--scope", "a/file.txt", "only the first line"], {
        cwd: join(lab.workspace, "src"),
      });
      expect(planned.power.scope).toEqual(["src/a/file.txt"]);
      expect(planned.packet.goal).toBe("only the first line");
      expect(planned.packet.nonGoals).toEqual(["no new dependency"]);
      expect(planned.sources).toMatchObject({
        scope: "--scope",
        goal: "the command line",
        nonGoals: "packet task.md",
        deliverable: "packet task.md",
      });
    }));
});

describe("the default checks of the settings", () => {
  const settings = "---\nverify: [touch src/a/checked, test -e README.md]\nverify_base: yes\n---\nfor people\n";

  test("are for who writes, and a packet that says none has none", () =>
    inLab({ files: FILES, script: [DONE] }, async (lab) => {
      putIn(lab, ".claude/ask-codex.local.md", settings);
      commitAll(lab);
      const written = await lab.ask("--scope", "src/a", "do it");
      expect([written.code, written.lines.verification], written.stdout).toEqual([0, "passed"]);
      expect(isIn(lab, "src/a/checked")).toBe(true);
      expect(verificationOf(lab, written.lines.run_id).rounds.map(({ phase }) => phase)).toEqual(["base", "after"]);
      expect(lab.model.userTexts()[0]).toContain("`touch src/a/checked`, `test -e README.md`");

      const read = await lab.ask("--read-only", "say it");
      expect([read.code, read.lines.verification]).toEqual([0, "none"]);
      expect(lab.model.userTexts()[0]).not.toContain("outside your control");

      const packet = (verification: string) =>
        put(join(lab.dir, "t.md"), `MODE: writer\nOBJECTIVE: Do.\nWRITE SCOPE: src\nVERIFICATION: ${verification}\n`);
      const none = await dryRun(lab, ["--packet", packet("none")]);
      expect(none.packet.verify).toEqual([]);
      expect(none.sources.verify).toMatch(/^packet /);
      const prose = await dryRun(lab, ["--packet", packet("nobody is surprised")]);
      expect(prose.packet).toMatchObject({
        verify: ["touch src/a/checked", "test -e README.md"],
        verifyProse: ["nobody is surprised"],
      });
      expect(prose.sources.verify).toBe(join(lab.workspace, ".claude/ask-codex.local.md"));
    }));
});

describe("where a value comes from", () => {
  const packet =
    "---\nmodel: packet\nreasoning: packet\ntimeout: 2\nidle_timeout: 2\nmax_steps: 2\n---\nRun the tests.\n";
  const settings = (name: string, n: number) =>
    `---\nmodel: ${name}\nreasoning: ${name}\ntimeout: ${n}\nidle_timeout: ${n}\nmax_steps: ${n}\n---\n`;
  const flags = ["--model", "flag", "--reasoning", "flag", "--timeout", "1", "--idle-timeout", "1", "--max-steps", "1"];
  const env = {
    ASK_CODEX_MODEL: "env",
    ASK_CODEX_REASONING: "env",
    ASK_CODEX_TIMEOUT: "3",
    ASK_CODEX_IDLE_TIMEOUT: "3",
    ASK_CODEX_MAX_STEPS: "3",
  };
  const KEYS = ["model", "reasoning", "timeoutS", "idleTimeoutS", "maxSteps"];
  const from = (source: string) => Object.fromEntries(KEYS.map((key) => [key, source]));

  test("flags over packet over environment over project over user settings over the role; --dry-run says which", () =>
    inLab({ files: FILES }, async (lab) => {
      const project = join(lab.workspace, ".claude/ask-codex.local.md");
      const user = join(lab.home, "settings.md");
      const file = put(join(lab.dir, "task.md"), packet);
      const plan = async (options: string[], variables: NodeJS.ProcessEnv) => {
        const { model, reasoning, limits, sources } = await dryRun(lab, options, { env: variables });
        const { totalMs, idleMs, maxSteps } = limits;
        const values = [model, reasoning, totalMs / 1000, idleMs / 1000, maxSteps];
        return [values, Object.fromEntries(KEYS.map((key) => [key, sources[key]]))];
      };
      const goal = "run the tests";
      expect(await plan([goal], {})).toEqual([
        ["Codex's default", "medium", 600, 180, 0],
        { ...from("default"), model: undefined, reasoning: "role writer" },
      ]);
      put(user, settings("user", 5));
      expect(await plan([goal], {})).toEqual([["user", "user", 5, 5, 5], from(user)]);
      put(project, settings("project", 4));
      expect(await plan([goal], {})).toEqual([["project", "project", 4, 4, 4], from(project)]);
      const variables = Object.fromEntries(KEYS.map((key, at) => [key, Object.keys(env)[at]]));
      expect(await plan([goal], env)).toEqual([["env", "env", 3, 3, 3], variables]);
      expect(await plan(["--packet", file], env)).toEqual([["packet", "packet", 2, 2, 2], from(`packet ${file}`)]);
      const options = Object.fromEntries(KEYS.map((key, at) => [key, flags[at * 2]]));
      expect(await plan([...flags, "--packet", file], env)).toEqual([["flag", "flag", 1, 1, 1], options]);
      // An empty variable is not set, and one source may say a part.
      const empty = { ...env, ASK_CODEX_MODEL: "", ASK_CODEX_TIMEOUT: "" };
      expect(await plan([goal], empty)).toMatchObject([
        ["project", "env", 4, 3, 3],
        { model: project, reasoning: "ASK_CODEX_REASONING", timeoutS: project },
      ]);
    }));

  test("as text, too; and what was planned is what Codex gets", () =>
    inLab({ files: FILES, script: [DONE] }, async (lab) => {
      const project = putIn(lab, ".claude/ask-codex.local.md", "---\nidle_timeout: 44\ndelegate: yes\n---\n");
      const file = put(
        join(lab.dir, "the task.md"),
        "---\nmodel: gpt-5.5-mini\nscope: src/a\nverify: npm test\n---\nDo it.\n",
      );
      const args = ["--packet", file, "--max-steps", "7"];
      const called = await lab.call("ask_codex", ["--dry-run", ...args], { env: { ASK_CODEX_REASONING: "high" } });
      expect(called.code, called.stderr).toBe(0);
      expect(called.stdout.split("\n")).toEqual(
        expect.arrayContaining([
          "dry run: nothing was started",
          "role=writer   (default)",
          `scope=src/a   (packet ${file})`,
          `verify=npm test   (packet ${file})`,
          `model=gpt-5.5-mini   (packet ${file})`,
          "reasoning=high   (ASK_CODEX_REASONING)",
          "timeout=600s   (default)",
          `idle_timeout=44s   (${project})`,
          "max_steps=7   (--max-steps)",
          "delegate=true   (settings)",
          "# Goal",
        ]),
      );
      expect([existsSync(lab.home), lab.model.requests.length]).toEqual([false, 0]);
      const run = await lab.call("ask_codex", [...args, "--read-only", "--scope", "none", "--verify", "true"], {
        env: { ASK_CODEX_REASONING: "high" },
      });
      expect(run.code, run.stdout + run.stderr).toBe(0);
      expect(lab.model.requests[0]?.body).toMatchObject({ model: "gpt-5.5-mini", reasoning: { effort: "high" } });
    }));
});
