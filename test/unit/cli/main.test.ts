import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { Command } from "../../../src/cli/define.ts";
import { packageVersion, runCommand } from "../../../src/cli/main.ts";
import { AskCodexError, usageError } from "../../../src/core/errors.ts";
import type { AnyVerdict } from "../../../src/core/exit-table.ts";
import { type SAMPLE_FLAGS, sampleCommand, sampleIo } from "./sample-command.ts";

type Run = Command<typeof SAMPLE_FLAGS>["run"];

const VERSION = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, "..", "..", "..", "package.json"), "utf8"))).version;

async function call(argv: string[], run?: Run, env: NodeJS.ProcessEnv = {}) {
  const io = sampleIo(argv, { env });
  const code = await runCommand(sampleCommand(run), io);
  return { code, out: io.out(), err: io.err() };
}
const failing =
  (error: unknown): Run =>
  async () => {
    throw error;
  };

describe("a command", () => {
  it.each([0, 1, 6, 130])("ends with its own code: %i", async (code) => {
    expect(await call(["x"], async () => code)).toEqual({ code, out: "", err: "" });
  });

  it("gets what was parsed, and the world", async () => {
    const seen: unknown[] = [];
    await call(["-f", "a", "x"], async (input, io) => seen.push({ ...input.flags }, input.positionals, io.cwd));
    expect(seen).toEqual([{ file: ["a"] }, ["x"], "/work"]);
  });
});

describe("what it does not get to see", () => {
  const run: Run = failing(new Error("was run"));

  it.each([["--help"], ["-h"], ["x", "--help"], ["--unknown", "--help"], ["--output", "--help"]])(
    "%s %s",
    async (...argv) => {
      const { code, out, err } = await call(argv, run);
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out).toMatch(/^Does something\.\n\nUsage\n/);
    },
  );

  it("--version", async () => {
    expect(await call(["--version"], run)).toEqual({ code: 0, out: `sample ${VERSION}\n`, err: "" });
    expect(packageVersion()).toBe(VERSION);
  });

  it.each([
    ["--", "--help"],
    ["--", "-h"],
    ["--", "--version"],
  ])("but a goal behind -- is a goal: %s %s", async (...argv) => {
    const { code } = await call(argv, async ({ positionals }) => (positionals[0] === argv[1] ? 7 : 8));
    expect(code).toBe(7);
  });
});

describe("an error", () => {
  it.each<[AnyVerdict, number]>([
    ["usage", 64],
    ["refused", 75],
    ["fatal", 3],
    ["failed", 1],
    ["killed", 137],
  ])("of the kind %s ends with %i, and says what and what next", async (kind, exit) => {
    const { code, out, err } = await call(["x"], failing(new AskCodexError(kind, "it broke", { hint: "mend it" })));
    expect({ code, out, err }).toEqual({ code: exit, out: "", err: "sample: it broke\n  hint: mend it\n" });
  });

  it("without a hint is one line", async () => {
    expect((await call(["x"], failing(usageError("bad")))).err).toBe("sample: bad\n");
  });

  it("of the arguments is met before the command is", async () => {
    const { code, err } = await call(["--otput"], failing(new Error("was run")));
    expect({ code, err }).toEqual({
      code: 64,
      err: "sample: there is no option --otput\n  hint: did you mean --output?\n",
    });
  });

  it.each([
    ["an error", new TypeError("x is not a function"), "x is not a function"],
    ["a text", "text", "text"],
    ["nothing", undefined, "undefined"],
  ])("that nobody thought of is ours, and is told as ours: %s", async (_, thrown, message) => {
    const { code, err } = await call(["x"], failing(thrown));
    expect({ code, err }).toEqual({ code: 1, err: `sample: ask-codex itself failed: ${message}\n` });
  });

  it("shows its trace to whoever asks for it", async () => {
    const { err } = await call(["x"], failing(new TypeError("oops")), { ASK_CODEX_DEBUG: "1" });
    expect(err).toMatch(/\nTypeError: oops\n\s+at /);
  });

  it("stays one sentence, harmless for a terminal, whatever it quotes", async () => {
    const nasty = "a\nb\x1b[31m\x07\u009b2J\u2028c\u2029";
    const { err } = await call(["x"], failing(usageError(nasty, nasty)));
    expect(err).toBe("sample: a b [31m 2J c\n  hint: a b [31m 2J c\n");
  });
});

describe("an error with --json", () => {
  it("is one object on stdout, and the sentence on stderr", async () => {
    const { code, out, err } = await call(["--json", "x"], failing(usageError("bad", "good")));
    expect(code).toBe(64);
    expect(out).toBe('{"verdict":"usage","exit_code":64,"reason":"bad","hint":"good"}\n');
    expect(err).toBe("sample: bad\n  hint: good\n");
  });

  it("has no hint where there is none", async () => {
    const { out } = await call(["x", "--json"], failing(new Error("oops")));
    expect(JSON.parse(out)).toEqual({
      verdict: "failed",
      exit_code: 1,
      reason: "ask-codex itself failed: oops",
    });
  });

  it("is one too where the arguments can't be read", async () => {
    const { code, out } = await call(["--json", "--bogus"]);
    expect(code).toBe(64);
    expect(JSON.parse(out)).toMatchObject({ verdict: "usage", exit_code: 64 });
    expect(out.trim().split("\n")).toHaveLength(1);
  });

  it("is not asked for behind --", async () => {
    expect((await call(["--", "--json"], failing(usageError("bad")))).out).toBe("");
  });
});
