import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import matter from "gray-matter";
import { expect, test } from "vitest";
import { RunStatus } from "../../src/core/record.ts";
import { findByEnvironment, readProcess } from "../../src/sys/process-table.ts";
import { type ClaudeCodeOptions, inClaudeCode } from "../kit/claude-code.ts";
import { type Lab, ROOT, until } from "../kit/lab.ts";
import type { Move } from "../kit/scripted-claude.ts";

/** The first command line of SKILL.md up to its options, as it stands in what Claude was given to read. */
const ASK = "{{Quick start\\s+```bash\\s+(node \\S+)}}";
const SKILL = "{{Base directory for this skill: (.+)}}";
const SKILL_CALL: Move = { tool: "Skill", input: { skill: "ask-codex" } };
const FIN: Move = { say: "Fin." };
const bash = (command: string, more: object = {}): Move => ({
  tool: "Bash",
  input: { command, description: "test", ...more },
});

/** A run that goes on until the test lets it end. */
const UNTIL_GO: ClaudeCodeOptions["script"] = [
  [{ run: "touch started; until [ -e go ]; do sleep 0.1; done", yieldMs: 30_000 }, { say: "Waited.\n\nStatus: done" }],
];
const letGo = (lab: Lab) => writeFileSync(join(lab.workspace, "go"), "");

/** What Claude Code puts in front of the model when the skill is invoked. */
function injected(skill: string): string {
  const { content } = matter(readFileSync(join(ROOT, "SKILL.md"), "utf8"), {});
  return `Base directory for this skill: ${skill}\n\n${content.trim().replaceAll(/\$\{CLAUDE_SKILL_DIR\}/g, skill)}`;
}

test("the skill is listed with its whole description", () =>
  inClaudeCode({ moves: [FIN] }, async ({ claude, start }) => {
    await start("Hello.").ended;
    const { data } = matter(readFileSync(join(ROOT, "SKILL.md"), "utf8"), {});
    const listed = claude.told().match(/^- ask-codex: .*$/gm);
    expect(listed).toEqual([`- ask-codex: ${data.description}`]);
  }));

test.each(["link", "copy"] as const)(
  "a %s of the skill: no permission but the documented rule, from the call of the skill to the answer",
  (installed) =>
    inClaudeCode(
      {
        installed,
        script: [[{ run: "touch made; env" }, { say: "I made it.\n\nStatus: done" }]],
        moves: [
          SKILL_CALL,
          bash(`${ASK} "Make a file named made. Done when npm test passes."`),
          { tool: "Read", input: { file_path: "{{output_path=(.+)}}" } },
          FIN,
        ],
      },
      async ({ lab, claude, skill, start }) => {
        const { code, refused, account } = await start("Let Codex make a file.").ended;
        expect(refused, account).toEqual([]);
        expect(code).toBe(0);
        expect(claude.told()).toContain(injected(skill));
        const [, ran, read] = claude.results();
        expect(ran?.isError, ran?.text).toBe(false);
        expect(ran?.text).toMatch(/^run_id=r-\S+\n/);
        expect(ran?.text).toMatch(/^verdict=done\nexit_code=0\noutput_path=.+\n/m);
        expect(ran?.text).toMatch(/\n\nI made it\.\n.*\n\[FILES_MODIFIED]\n- made \(created\)\n+\[CODEX_COMPLETE] /s);
        expect(read).toEqual({ text: expect.stringContaining("I made it."), isError: false });
        // What Codex's commands see of the world is what the model got back from `env`.
        const environment = JSON.stringify(lab.model.requests.at(-1)?.body.input.at(-1));
        expect(environment).toContain("ASK_CODEX_RUN=");
        expect(environment).not.toMatch(/CLAUDE|ANTHROPIC|AI_AGENT/);
        expect(await lab.left()).toEqual([]);
      },
    ),
);

test("the rule can be given on the command line, too, and without a rule Claude Code asks", () =>
  inClaudeCode({ rules: () => [], moves: [SKILL_CALL, bash(`${ASK} --version`), FIN] }, async ({ skill, start }) => {
    const command = `node ${skill}/scripts/ask_codex.mjs --version`;
    expect((await start("Which version?").ended).refused).toEqual([command]);
    const allowed = await start("Which version?", "--allowedTools", `Bash(node ${skill}/scripts/*)`).ended;
    expect(allowed.refused, allowed.account).toEqual([]);
  }));

test("the forms of a command pass or ask as the table in references/invocation.md says", () => {
  const script = `${SKILL}/scripts/ask_codex.mjs`;
  const asks = [
    `FOO=1 node ${script} --version`,
    `node ${script} --version > out.txt`,
    `node ${script} --dry-run "$(cat README.md)"`,
    `echo "$(node ${script} --version)"`,
    `cd / && node ${script} --version`,
    `npx tsx ${SKILL}/scripts/ask_codex.ts --version`,
    `node --import tsx ${script} --version`,
    // Why a goal with `$` goes over stdin, and why the heredoc's word is quoted.
    `node ${script} --dry-run "It costs $1."`,
    `node ${script} --dry-run - <<EOF\nIt costs $1.\nEOF`,
  ];
  const passes = [
    `node ${script} --dry-run \\\n  -f README.md \\\n  "Two lines:\nit's done when npm test passes."`,
    `node ${script} --dry-run - <<'EOF'\nIt's "$1" for \`x\`.\nEOF`,
    `echo "Look at it." | node ${script} --dry-run -`,
    `node ${script} --dry-run "Look at it." 2>&1 | head -2`,
    `cd "{{Primary working directory: (.+)}}" && node ${script} --version`,
    `node ${SKILL}/scripts/codex_runs.mjs --version`,
  ];
  return inClaudeCode(
    { moves: [SKILL_CALL, ...[...asks, ...passes].map((command) => bash(command)), FIN] },
    async ({ claude, skill, start }) => {
      const { refused, account } = await start("Try them all.").ended;
      expect(refused, account).toEqual(asks.map((command) => command.replaceAll(SKILL, skill)));
      const passed = claude.results().slice(-passes.length);
      expect(passed.map(({ isError }) => isError)).toEqual(passes.map(() => false));
      expect(passed[1]?.text).toContain('It\'s "$1" for `x`.');
    },
  );
});

test("the references of an installed copy can be read by the documented rule", () =>
  inClaudeCode(
    {
      installed: "copy",
      moves: [SKILL_CALL, { tool: "Read", input: { file_path: `${SKILL}/references/failure-recovery.md` } }, FIN],
    },
    async ({ claude, start }) => {
      const { refused, account } = await start("What if it fails?").ended;
      expect(refused, account).toEqual([]);
      expect(claude.results()[1]?.text).toContain("# Failure recovery");
    },
  ));

test("at a path with a space the quoted command passes by a rule that is quoted the same way", () =>
  inClaudeCode(
    {
      spaced: true,
      rules: (skill) => [`Bash(node "${skill}/scripts/*)`],
      script: [[{ say: "Looked.\n\nStatus: done" }]],
      moves: [SKILL_CALL, bash(`node "${SKILL}/scripts/ask_codex.mjs" --read-only "Look at it."`), FIN],
    },
    async ({ claude, start }) => {
      const { refused, account } = await start("Let Codex look.").ended;
      expect(refused, account).toEqual([]);
      expect(claude.results()[1]?.text).toMatch(/^verdict=done$/m);
    },
  ));

test("a question ends the command with 4; the printed line for the answer needs no new permission and goes on in the turn", () => {
  const goal = 'Take a "database" for `it`.\nIt\'s $1 a month. Done when npm test passes.';
  return inClaudeCode(
    {
      installed: "copy",
      script: [
        [
          { call: "ask_caller", args: { question: "Which database?", options: ["postgres", "sqlite"] } },
          { say: "Took it.\n\nStatus: done" },
        ],
      ],
      moves: [
        SKILL_CALL,
        bash(`${ASK} - <<'EOF'\n${goal}\nEOF`),
        bash('{{answer: (node .+) "…"}} "sqlite, please"'),
        FIN,
      ],
    },
    async ({ lab, claude, start }) => {
      const { refused, account } = await start("Let Codex choose a database.").ended;
      expect(refused, account).toEqual([]);
      const [, asked, answered] = claude.results();
      expect(asked?.text).toMatch(/^Exit code 4\nrun_id=/);
      expect(asked?.text).toContain("[QUESTION] Which database?\n- postgres\n- sqlite\n");
      expect(answered?.text).toMatch(/^verdict=done$/m);
      expect(answered?.text).toContain("Took it.");
      const runId = /^run_id=(.+)$/m.exec(asked?.text ?? "")?.[1] ?? "";
      expect(answered?.text).toContain(`run_id=${runId}\n`);
      expect(lab.model.userTexts()).toEqual([expect.stringContaining(goal)]);
      expect(lab.receipt(runId).counts).toMatchObject({ turns: 1, questions: 1 });
      expect(await lab.left()).toEqual([]);
    },
  );
});

test("/ask-codex typed by the user puts the skill in front of Claude once, with every character of the request", () => {
  const request = 'make it\'s "two words" cost $1 & $ARGUMENTS <b> `x` \\n';
  return inClaudeCode({ moves: [FIN] }, async ({ claude, skill, start }) => {
    await start(`/ask-codex ${request}`).ended;
    expect(claude.told().match(/^Base directory for this skill: /gm)).toHaveLength(1);
    expect(claude.told()).toContain(`${injected(skill)}\n\n\nARGUMENTS: ${request}`);
  });
});

test("Claude Code stops a background command and everything below it; the broker lives on, and wait has the result", () => {
  // The parent stays, as a client does; the child is what `detached: true` gives: a session of its own, deaf to SIGTERM.
  const control = `
    import { spawn } from "node:child_process";
    const child = spawn("sh", ["-c", "trap '' TERM; while :; do sleep 0.1; done"], { detached: true, stdio: "ignore" });
    (await import("node:fs")).writeFileSync("control.pid", String(child.pid));
    setInterval(() => {}, 1000);`;
  return inClaudeCode(
    {
      files: { "control.mjs": control },
      rules: (skill) => [`Bash(node ${skill}/scripts/*)`, "Bash(node control.mjs)"],
      script: UNTIL_GO,
      moves: [
        SKILL_CALL,
        // A pipe makes one command of the two; for `&` Claude Code would ask.
        bash(`node control.mjs | ${ASK} "Wait for the file go. Done when npm test passes."`, {
          run_in_background: true,
          timeout: 4_000,
        }),
        { say: "I'll be told." },
        { tool: "Read", input: { file_path: "{{<output-file>(.+)</output-file>}}" } },
        bash(`node ${SKILL}/scripts/codex_runs.mjs wait {{run_id=(r-\\S+)}} --timeout 540`, { timeout: 600_000 }),
        FIN,
      ],
    },
    async ({ lab, claude, start }) => {
      const session = start("Let Codex wait.");
      await session.told(/was stopped after reaching its background time limit/);
      const child = Number(readFileSync(join(lab.workspace, "control.pid"), "utf8"));
      const output = /written to: (.+\.output)\./.exec(claude.results()[1]?.text ?? "")?.[1] ?? "";
      // The client has gone, and Claude Code has done its worst to all the others.
      await until(() => readFileSync(output, "utf8").includes("detached: the run goes on"));
      await until(() => readProcess(child) === undefined);
      const runId = /^run_id=(r-\S+)/.exec(readFileSync(output, "utf8"))?.[1] ?? "";
      const status = RunStatus.parse(JSON.parse(readFileSync(join(lab.recordDir(runId), "status.json"), "utf8")));
      expect(status.state).toBe("running");
      expect(readProcess(status.owner?.pid ?? 0)?.zombie).toBe(false);
      expect(existsSync(join(lab.workspace, "started"))).toBe(true);
      expect(variablesOf("codex", runId).filter((name) => /^(CLAUDE|ANTHROPIC|AI_AGENT)/.test(name))).toEqual([]);
      letGo(lab);
      const { refused, account } = await session.ended;
      expect(refused, account).toEqual([]);
      const waited = claude.results()[3]?.text ?? "";
      expect(waited).toMatch(/^verdict=done$/m);
      expect(waited).toContain(`run_id=${runId}\n`);
      expect(waited).toContain("Waited.");
      expect(lab.receipt(runId).counts).toMatchObject({ turns: 1, commands: 1 });
      expect(await lab.left()).toEqual([]);
    },
  );
});

/** The names of the environment variables that a run's processes of a name have; none where the system has no /proc. */
function variablesOf(name: string, runId: string): string[] {
  if (process.platform !== "linux") return [];
  const found = findByEnvironment("ASK_CODEX_RUN", runId).filter((row) => row.name === name);
  expect(found.length, `${name} of ${runId}`).toBeGreaterThan(0);
  return found
    .flatMap(({ pid }) => readFileSync(`/proc/${pid}/environ`, "utf8").split("\0"))
    .map((entry) => entry.split("=")[0] ?? "");
}

test("a foreground command that takes too long moves to the background, and its output file has the verdict", () =>
  inClaudeCode(
    {
      script: UNTIL_GO,
      moves: [
        SKILL_CALL,
        bash(`${ASK} "Wait for the file go. Done when npm test passes."`, { timeout: 3_000 }),
        { say: "I'll be told." },
        { tool: "Read", input: { file_path: "{{<output-file>(.+)</output-file>}}" } },
        FIN,
      ],
    },
    async ({ lab, claude, start }) => {
      const session = start("Let Codex wait.");
      await session.told(/was moved to the background/);
      // The id is there before the result is.
      expect(claude.results()[1]?.text).toMatch(/^run_id=r-/);
      letGo(lab);
      const { refused, account } = await session.ended;
      expect(refused, account).toEqual([]);
      expect(claude.told()).toContain("completed (exit code 0)");
      const output = claude.results()[2]?.text ?? "";
      expect(output).toMatch(/^\s*\d+\tverdict=done$/m);
      expect(output).toContain("Waited.");
      expect(output).toContain("[CODEX_COMPLETE] done in 1 commands");
      expect(await lab.left()).toEqual([]);
    },
  ));

test("a long answer and many files stay below 8 KB, with every line that counts in the first 2 KB", () =>
  inClaudeCode(
    {
      script: [
        [
          { run: 'mkdir src; for i in $(seq 60); do echo "$i" > "src/component-$i.test.ts"; done' },
          { say: `${"A line of a long report.\n".repeat(800)}\nStatus: done` },
        ],
      ],
      moves: [SKILL_CALL, bash(`${ASK} "Write a long report. Done when npm test passes."`), FIN],
    },
    async ({ claude, start }) => {
      await start("Let Codex report.").ended;
      const text = claude.results()[1]?.text ?? "";
      expect(text).not.toContain("Full output saved to");
      expect(Buffer.byteLength(text)).toBeLessThan(8_192);
      const head = Buffer.from(text).subarray(0, 2_048).toString("utf8");
      const names = "run_id session_id verdict exit_code output_path record files_changed policy verification";
      for (const name of names.split(" ")) expect(head).toMatch(new RegExp(`^${name}=.+$`, "m"));
      expect(text).toContain("more characters in ");
      expect(text).toContain("[CODEX_COMPLETE]");
    },
  ));
