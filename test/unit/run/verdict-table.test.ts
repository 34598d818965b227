import { describe, expect, it } from "vitest";
import { EXIT_TABLE, START_TABLE } from "../../../src/core/exit-table.ts";
import { commandWarnings } from "../../../src/run/command-warnings.ts";
import { decideVerdict } from "../../../src/run/decide-verdict.ts";
import { VERDICT_TABLE } from "../../../src/run/verdict-table.ts";
import { completed, DONE, evidence, PARTIAL, turn } from "./sample-evidence.ts";

describe("the verdict table", () => {
  const order: string[] = [...START_TABLE, ...EXIT_TABLE].map(({ verdict }) => verdict);

  it("is in the order of the exit table, so that its first row that holds is the verdict to be said", () => {
    const places = VERDICT_TABLE.map(({ verdict }) => order.indexOf(verdict));
    expect(places).toEqual([...places].sort((one, two) => one - two));
  });

  it("has a row for each verdict", () => {
    expect(new Set(VERDICT_TABLE.map(({ verdict }) => verdict))).toEqual(new Set(order));
  });
});

describe("commands that failed", () => {
  const last = (command: string, exitCode: number | null) => ({ command, exitCode });

  it.each([
    [{ failedCommands: 0, lastCommand: undefined }, []],
    [{ failedCommands: 2, lastCommand: last("npm test", 0) }, []],
    [
      { failedCommands: 3, lastCommand: last("/bin/bash -lc 'npm test'", 1) },
      ["3 commands failed, the last: npm test (exit 1), and no check of ours ran"],
    ],
    [
      { failedCommands: 1, lastCommand: last("/bin/bash -lc ls", 2) },
      ["the last command failed: ls (exit 2), and no check of ours ran"],
    ],
    [
      { failedCommands: 1, lastCommand: last("sleep 9", null) },
      ["the last command failed: sleep 9 (no exit code), and no check of ours ran"],
    ],
    [
      { failedCommands: 1, lastCommand: last(`/bin/zsh -c "${"x".repeat(200)}\n\u001b[2Jy"`, 1) },
      [expect.stringMatching(/^the last command failed: x{79}… \(exit 1\)/)],
    ],
  ])("are told of %j", (commands, warnings) => {
    expect(commandWarnings(commands)).toEqual(warnings);
  });

  it("change no verdict, and are told only where the turn is called done and nobody looked", () => {
    const red = { failedCommands: 1, lastCommand: last("npm test", 1) };
    const decided = decideVerdict(evidence({ turn: turn({ ...completed(DONE), ...red }) }));
    expect(decided).toMatchObject({ verdict: "done", warnings: [expect.stringContaining("npm test")] });
    const checked = { ok: true, reason: "the check passed" };
    expect(decideVerdict(evidence({ turn: turn({ ...completed(DONE), ...red }), checked })).warnings).toEqual([]);
    expect(decideVerdict(evidence({ turn: turn({ ...completed(PARTIAL), ...red }) })).warnings).toEqual([]);
  });
});
