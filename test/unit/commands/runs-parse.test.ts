import { describe, expect, test } from "vitest";
import { renderHelp } from "../../../src/cli/help.ts";
import { runCommand } from "../../../src/cli/main.ts";
import { parseCommand } from "../../../src/cli/parse.ts";
import { runs } from "../../../src/commands/runs/runs.ts";
import { sampleIo } from "../cli/sample-command.ts";
import { RUN_ID } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";

async function call(...argv: string[]) {
  const io = sampleIo(argv, { env: { ASK_CODEX_HOME: tempDir() } });
  const code = await runCommand(runs, io);
  return { code, out: io.out(), err: io.err() };
}

describe("codex_runs takes no", () => {
  const BAD: [argv: string[], sentence: RegExp][] = [
    [[], /there is no verb\n.*verbs: list, show, .*wait, cancel, resume, .*undo, .*gc/],
    [["constructor"], /there is no verb constructor/],
    [["undo"], /codex_runs undo takes one id/],
    [["undo", RUN_ID, RUN_ID], /codex_runs undo takes one id/],
    [["undo", RUN_ID, "--timeout", "5"], /--timeout is for codex_runs wait/],
    [["undo", RUN_ID, "--older-than", "5"], /--older-than is for codex_runs gc/],
    [["wait", RUN_ID, "--dry-run"], /--dry-run is for codex_runs undo and gc/],
    [["gc", "--out-of-scope"], /--out-of-scope is for codex_runs undo/],
    [["gc", RUN_ID], /codex_runs gc takes no id/],
    [["gc", "--older-than", "soon"], /--older-than: must be a number of days \(got "soon"\)/],
    [["gc", "--older-than", "-1"], /--older-than/],
    [["gc", "--older-than", "1.5"], /must be a number of days/],
    [["undo", "r-20261121-051103-none"], /there is no run, session or broker/],
    [["undo", "../../etc"], /there is no run, session or broker/],
  ];
  test.each(BAD)("%j", async (argv, sentence) => {
    const { code, err, out } = await call(...argv);
    expect(err).toMatch(sentence);
    expect(code).toBe(64);
    expect(out).toBe("");
  });
});

test("the help has a line of usage and an example for every verb, and each parses", () => {
  const help = renderHelp(runs, (script) => `node ${script}.mjs`);
  for (const verb of ["show", "wait", "cancel", "undo", "gc"]) expect(help).toContain(`  codex_runs ${verb}`);
  for (const option of ["--out-of-scope", "--dry-run", "--older-than DAYS"]) expect(help).toContain(option);
  for (const [line] of runs.examples) {
    const [name, ...argv] = line.split(" ");
    expect(name).toBe("codex_runs");
    expect(() => parseCommand(runs, argv)).not.toThrow();
  }
});
