import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inLab } from "../kit/lab.ts";

const add = (path: string, text: string) => `*** Begin Patch\n*** Add File: ${path}\n+${text}\n*** End Patch\n`;
const SCRIPT = [
  [{ patch: add("codex.txt", "by Codex") }, { patch: add("both.txt", "by Codex") }, { say: "Done.\n\nStatus: done" }],
];

test("the trailers of a commit name who wrote what in it, and git takes them", () =>
  inLab({ script: SCRIPT }, async (lab) => {
    const run = (await lab.ask("--reasoning", "high", "add two files")).lines.run_id ?? "";
    const trailers = (...more: string[]) => lab.call("codex_runs", ["show", run, "--trailers", ...more], { cwd: "/" });
    const codex = /^Co-authored-by: Codex \(gpt-5\.5, high, codex-cli \d+\.\d+\.\d+\) <noreply@openai\.com>\n/;
    const alone = await trailers();
    expect([alone.code, alone.stderr]).toEqual([0, "# from the work tree:\n# both.txt: Codex\n# codex.txt: Codex\n"]);
    expect(alone.stdout).toMatch(codex);
    expect(alone.stdout.split("\n").slice(1)).toEqual([`Ask-Codex-Run: ${run}`, ""]);
    writeFileSync(join(lab.workspace, "both.txt"), "by Codex and by Claude\n");
    writeFileSync(join(lab.workspace, "claude.txt"), "by Claude\n");
    const { stdout } = await trailers();
    expect(stdout).toMatch(codex);
    expect(stdout).toContain("\nCo-authored-by: Claude <noreply@anthropic.com>\nAsk-Codex-Run: ");
    lab.git("add", "claude.txt");
    expect((await trailers()).stdout).toBe("Co-authored-by: Claude <noreply@anthropic.com>\n");
    lab.git("add", "-A");
    const author = ["-c", "user.name=u", "-c", "user.email=u@example.invalid"];
    execFileSync("git", [...author, "commit", "-q", "-F", "-"], {
      cwd: lab.workspace,
      env: lab.env,
      input: `Add three files\n\n${stdout}`,
    });
    expect(lab.git("log", "-1", "--format=%(trailers:only)").trim()).toBe(stdout.trim());
    const nothing = await trailers("--json");
    expect([nothing.code, JSON.parse(nothing.stdout).verdict]).toEqual([64, "usage"]);
    const shown = (await lab.call("codex_runs", ["show", run])).lines;
    expect(shown).toMatchObject({ model: "gpt-5.5", reasoning: "high", codex_version: expect.stringMatching(/^\d/) });
  }));
