import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RunStatus } from "../../src/core/record.ts";
import { findByEnvironment, readProcess } from "../../src/sys/process-table.ts";
import { type ClaudeCodeOptions, inClaudeCode } from "../kit/claude-code.ts";
import { type Lab, until } from "../kit/lab.ts";
import { ASK, bash, FIN, SKILL, SKILL_CALL } from "./moves.ts";

/** A run that goes on until the test lets it end. */
const UNTIL_GO: ClaudeCodeOptions["script"] = [
  [{ run: "touch started; until [ -e go ]; do sleep 0.1; done", yieldMs: 30_000 }, { say: "Waited.\n\nStatus: done" }],
];
const letGo = (lab: Lab) => writeFileSync(join(lab.workspace, "go"), "");

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

test(
  "a background run whose wait was stopped after five seconds goes on, and the inbox of the next session has it",
  () =>
    inClaudeCode(
      {
        script: UNTIL_GO,
        moves: [
          SKILL_CALL,
          bash(`${ASK} --background "Wait for the file go. Done when npm test passes."`),
          bash(`node ${SKILL}/scripts/codex_runs.mjs wait {{run_id=(r-\\S+)}}`, {
            run_in_background: true,
            timeout: 5_000,
          }),
          { say: "I'll be told." },
          FIN,
        ],
      },
      async ({ lab, claude, skill, start }) => {
        const session = start("Let Codex wait.");
        await session.told(/was stopped after reaching its background time limit/);
        expect((await session.ended).refused).toEqual([]);
        const running = /^run_id=(r-\S+)/m.exec(claude.results()[1]?.text ?? "")?.[1] ?? "";
        letGo(lab);
        await until(() => existsSync(join(lab.recordDir(running), "result.json")));

        const inbox = `node ${skill}/scripts/codex_runs.mjs inbox`;
        claude.plays([bash(inbox), bash(`${inbox} --ack ${running}`), bash(inbox), FIN]);
        const { refused, account } = await start("Anything new?").ended;
        expect(refused, account).toEqual([]);
        const [shown, , after] = claude.results();
        expect(shown?.text).toContain(running);
        expect(after?.text).not.toContain(running);
        expect(await lab.left()).toEqual([]);
      },
    ),
  180_000,
);
