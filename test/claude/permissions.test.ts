import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { permissionRules } from "../../src/claude/permission-rules.mjs";
import { documentedRules, inClaudeCode } from "../kit/claude-code.ts";
import { ASK, bash, FIN, SKILL, SKILL_CALL } from "./moves.ts";

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

test("the documented rules are those that the installer grants", () => {
  const skill = "/home/me/.claude/skills/ask-codex";
  expect(documentedRules(skill)).toEqual(permissionRules(skill, "skill"));
});

test(
  "after install --grant nothing is asked in a whole delegation, nor in the turn after a notification",
  () =>
    inClaudeCode(
      {
        installed: "copy",
        bare: true,
        rules: () => [],
        script: [[{ say: "Looked.\n\nStatus: done" }]],
        moves: [
          SKILL_CALL,
          bash(`${ASK} --read-only "Look at it."`),
          { tool: "Read", input: { file_path: "{{output_path=(/.+)}}" } },
          { tool: "Read", input: { file_path: `${SKILL}/references/failure-recovery.md` } },
          bash(`${ASK} --read-only "Look at it again."`, { run_in_background: true, timeout: 600_000 }),
          { say: "I'll be told." },
          { tool: "Read", input: { file_path: "{{<output-file>(.+)</output-file>}}" } },
          bash(`node ${SKILL}/scripts/codex_runs.mjs result {{run_id=(r-\\S+)}}`),
          FIN,
        ],
      },
      async ({ lab, claude, skill, config, env, start }) => {
        const before = readFileSync(join(config, "settings.json"), "utf8");
        const installer = join(skill, "scripts", "install.mjs");
        const granted = await lab.run(process.execPath, [installer, "--grant"], { env });
        expect(granted.code, granted.stderr).toBe(0);
        for (const rule of permissionRules(skill, "skill")) expect(granted.stdout).toContain(`  ${rule}\n`);

        const { refused, account } = await start("Let Codex look.").ended;
        expect(refused, account).toEqual([]);
        expect(claude.told()).toContain("completed (exit code 0)");
        const results = claude.results();
        expect(results.map(({ isError }) => isError)).toEqual(results.map(() => false));
        expect(results[3]?.text).toContain("# Failure recovery");
        expect(results.at(-1)?.text).toContain("Looked.");
        const runIds = [results[1], results.at(-1)].map((result) => /run_id=(r-\S+)/.exec(result?.text ?? "")?.[1]);
        expect(new Set(runIds).size).toBe(2);

        const revoked = await lab.run(process.execPath, [installer, "--revoke"], { env });
        expect(revoked.code, revoked.stderr).toBe(0);
        expect(readFileSync(join(config, "settings.json"), "utf8")).toBe(before);
        claude.plays([SKILL_CALL, bash(`${ASK} --version`), FIN]);
        expect((await start("Which version?").ended).refused).toHaveLength(1);
        expect(await lab.left()).toEqual([]);
      },
    ),
  180_000,
);
