import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inLab, until } from "../kit/lab.ts";

const FIRST = { input: 1_000, cached: 400, output: 30 };
const SECOND = { input: 1_500, cached: 900, output: 20 };
const SCRIPT = [
  [
    { run: "true", usage: FIRST },
    { say: "Done.\n\nStatus: done", usage: SECOND },
  ],
  // The thread goes on, and its broker is killed while the model thinks for the third time.
  [{ run: "true", usage: FIRST }, { run: "true", usage: SECOND }, { hang: true as const }],
];

test("a run whose broker was killed is listed as lost, with the tokens that its thread used in it", () =>
  inLab({ script: SCRIPT }, async (lab) => {
    const done = await lab.ask("fix it");
    const client = lab.start("ask_codex", ["--session", done.lines.run_id ?? "", "go on"]);
    const lost = await client.line("run_id");
    const log = () => join(lab.recordDir(lost), "events.jsonl");
    await until(() => existsSync(log()) && readFileSync(log(), "utf8").includes('"input":5000'));
    const running = await lab.call("codex_runs", ["list", "--state", "running"]);
    expect(running.stdout).toMatch(new RegExp(`^${lost} +running .* go on$`, "m"));
    const status = JSON.parse((await lab.call("codex_runs", ["show", lost, "--json"], { cwd: "/" })).stdout);
    process.kill(status.owner.pid, "SIGKILL");
    await client.done;
    writeFileSync(join(lab.recordDir(lost), "..", "r-20200101-000000-half"), "not a folder");
    const { runs } = JSON.parse((await lab.call("codex_runs", ["list", "--json"])).stdout);
    expect(runs.map(({ run_id, verdict }: Record<string, unknown>) => [run_id, verdict])).toEqual([
      [lost, "lost"],
      [done.lines.run_id, "done"],
      ["r-20200101-000000-half", null],
    ]);
    expect(await lab.left()).toEqual([]);
    const usage = await lab.call("codex_runs", ["list", "--all", "--usage", "--json"], { cwd: "/" });
    const report = JSON.parse(usage.stdout);
    const sum = { input: 2_500, cached: 1_300, output: 50 };
    expect(report.runs.map(({ tokens }: { tokens: unknown }) => tokens)).toEqual([sum, sum, null]);
    expect(report.models).toMatchObject([
      { model: "gpt-5.5", runs: 2, unknown: 0 },
      { model: null, unknown: 1 },
    ]);
    expect(report.sessions).toMatchObject([
      { session_id: done.lines.session_id, tokens: { input: 5_000 } },
      { session_id: null },
    ]);
  }));
