import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { runCommand } from "../../../src/cli/main.ts";
import { pasteable } from "../../../src/cli/pasteable.ts";
import { usageError } from "../../../src/core/errors.ts";
import { sampleCommand, sampleIo } from "./sample-command.ts";

const self = (script: string) => `node "/my skills/${script}.mjs"`;

describe("a hint that can be pasted", () => {
  it.each([
    [
      "codex_runs wait r-1, or codex_runs cancel r-1",
      `${self("codex_runs")} wait r-1, or ${self("codex_runs")} cancel r-1`,
    ],
    ["see ask_codex --help", `see ${self("ask_codex")} --help`],
    ["call `codex_doctor`", `call \`${self("codex_doctor")}\``],
    ["look at /x/codex_runs.mjs and src/ask_codex/a", "look at /x/codex_runs.mjs and src/ask_codex/a"],
    ["my_codex_runs, codex_runs_old, codex", "my_codex_runs, codex_runs_old, codex"],
  ])("%s", (hint, shown) => expect(pasteable(hint, self)).toBe(shown));

  it.each([
    [true, `  hint: ${self("codex_runs")} list\n`],
    [false, "  hint: codex_runs list\n"],
  ])("is for a terminal alone: %s", async (isTTY, line) => {
    const stderr = Object.assign(new PassThrough(), { isTTY });
    const command = sampleCommand(async () => {
      throw usageError("bad", "codex_runs list");
    });
    const io = sampleIo(["x", "--json"], { self, stderr });
    expect(await runCommand(command, io)).toBe(64);
    expect(String(stderr.read())).toBe(`sample: bad\n${line}`);
    expect(JSON.parse(io.out())).toMatchObject({ hint: "codex_runs list" });
  });
});
