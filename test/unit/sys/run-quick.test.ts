import { realpathSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type QuickCommand, runQuick } from "../../../src/sys/run-quick.ts";
import { tempDir } from "./temp-dir.ts";

const ENV = { PATH: process.env.PATH };
const quick = async (what: QuickCommand) => {
  const done = await runQuick(what);
  return { ...done, stdout: done.stdout.toString("utf8") };
};
const sh = (script: string, more: Partial<QuickCommand> = {}) =>
  quick({ command: "/bin/sh", args: ["-c", script], cwd: tempDir(), env: ENV, ...more });

describe("runQuick", () => {
  it("has the exit code and both streams, to the last byte", async () => {
    expect(await sh("printf 'out\\n\\n'; printf 'err\\n' >&2; exit 3")).toEqual({
      exitCode: 3,
      stdout: "out\n\n",
      stderr: "err\n",
    });
  });

  it("has a NUL in the output as it is", async () => {
    expect((await sh("printf 'a\\0b'")).stdout).toBe("a\0b");
  });

  it.each(["text é\n", "", "x".repeat(300_000)])("hands a text to stdin (case %#)", async (input) => {
    expect(await sh("cat", { input: [Buffer.from(input)] })).toEqual({ exitCode: 0, stdout: input, stderr: "" });
  });

  it("does not mind a program that reads no stdin", async () => {
    expect(await sh("exit 0", { input: [Buffer.alloc(300_000)] })).toMatchObject({ exitCode: 0 });
  });

  it("has an empty stdin where none is given", async () => {
    expect(await sh("cat; echo end")).toMatchObject({ exitCode: 0, stdout: "end\n" });
  });

  it("runs in the directory and with the environment that it is given, and no other", async () => {
    const cwd = tempDir();
    const done = await sh("pwd -P; env", { cwd, env: { ONLY: "1", PATH: "/usr/bin:/bin" } });
    const [dir, ...env] = done.stdout.trim().split("\n");
    expect(dir).toBe(realpathSync(cwd));
    expect(env.filter((line) => !/^(_|PWD|OLDPWD|SHLVL)=/.test(line)).sort()).toEqual(["ONLY=1", "PATH=/usr/bin:/bin"]);
  });

  it("hands arguments over as they are", async () => {
    const args = ["-c", 'printf "%s|" "$@"', "sh", "a b", "$HOME", "'", '"', "*", "", "x\ny"];
    const done = await quick({ command: "/bin/sh", args, cwd: tempDir(), env: ENV });
    expect(done.stdout).toBe("a b|$HOME|'|\"|*||x\ny|");
  });

  it.each<[string, () => ReturnType<typeof sh>, RegExp]>([
    ["a time limit", () => sh("exec sleep 60", { timeoutMs: 50 }), /not done after 0.05 s/],
    ["a signal", () => sh("kill -9 $$"), /SIGKILL/],
    ["a missing program", () => quick({ command: "/no/such", args: [], cwd: "/", env: ENV }), /ENOENT/],
    ["a missing directory", () => sh("true", { cwd: "/no/such" }), /no\/such|ENOENT/],
  ])("%s is a value, not an exception", async (_, run, failure) => {
    const done = await run();
    expect(done.exitCode).toBeNull();
    expect(done.failure).toMatch(failure);
  });

  it("hands stdout to a sink, which may have had enough", async () => {
    let seen = 0;
    const done = await sh("exec yes", {
      sink(piece) {
        seen += piece.length;
        return seen < 10_000;
      },
    });
    expect(done).toMatchObject({ exitCode: 0, stdout: "" });
    expect(seen).toBeGreaterThanOrEqual(10_000);
  });

  it("ends with the signal that it is given", async () => {
    const stopping = new AbortController();
    const done = sh("exec sleep 60", { signal: stopping.signal });
    stopping.abort(new Error("enough"));
    expect(await done).toMatchObject({ exitCode: null, failure: "enough" });
    expect(await sh("true", { signal: stopping.signal })).toMatchObject({ exitCode: null, failure: "enough" });
  });
});
