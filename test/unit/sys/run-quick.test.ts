import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runQuick } from "../../../src/sys/run-quick.ts";
import { tempDir } from "./temp-dir.ts";

const ENV = { PATH: process.env.PATH, ONLY: "this" };
const sh = (script: string, more: Partial<Parameters<typeof runQuick>[0]> = {}) =>
  runQuick({ command: "/bin/sh", args: ["-c", script], cwd: tempDir(), env: ENV, ...more });

describe("runQuick", () => {
  it("gives exit code, bytes and stderr", async () => {
    const done = await sh("printf 'a\\377b'; echo no >&2; exit 3");
    expect(done).toEqual({ exitCode: 3, stdout: Buffer.from("a\xffb", "latin1"), stderr: "no\n" });
  });

  it("gives the environment that it is given, and nothing to read", async () => {
    expect((await sh("env; cat")).stdout.toString()).toMatch(/^ONLY=this$/m);
  });

  it.each<[string, () => AsyncIterable<Buffer> | Iterable<Buffer>]>([
    ["a list", () => [Buffer.from("one"), Buffer.from(" two")]],
    [
      "a generator",
      async function* () {
        yield Buffer.from("one");
        yield Buffer.from(" two");
      },
    ],
  ])("writes %s to stdin", async (_, input) => {
    expect((await sh("cat", { input: input() })).stdout.toString()).toBe("one two");
  });

  it("takes in more than a pipe holds, both ways", async () => {
    const input = Array.from({ length: 40 }, () => Buffer.alloc(100_000, "x"));
    expect((await sh("cat", { input })).stdout.length).toBe(4_000_000);
  });

  it("does not mind a child that reads nothing", async () => {
    const input = Array.from({ length: 40 }, () => Buffer.alloc(100_000, "x"));
    expect(await sh("exit 1", { input })).toMatchObject({ exitCode: 1 });
  });

  it("hands stdout on, until it is enough", async () => {
    let bytes = 0;
    const sink = (piece: Buffer) => {
      bytes += piece.length;
      return bytes < 100_000;
    };
    expect(await sh("yes", { sink })).toMatchObject({ exitCode: 0, stdout: Buffer.alloc(0) });
    expect(bytes).toBeGreaterThanOrEqual(100_000);
  });
});

describe("what can't be is a value:", () => {
  it.each<[string, () => ReturnType<typeof runQuick>, RegExp]>([
    ["a missing program", () => runQuick({ command: "/no/such", args: [], cwd: "/", env: ENV }), /ENOENT/],
    [
      "a missing directory",
      () => runQuick({ command: "/bin/sh", args: [], cwd: join(tempDir(), "gone"), env: ENV }),
      /gone is not there$/,
    ],
    ["a time that is over", () => sh("exec sleep 60", { timeoutMs: 50 }), /^it was not done after 0\.05 s$/],
    ["being called off", () => sh("exec sleep 60", { signal: AbortSignal.timeout(50) }), /timeout/],
    ["being called off before", () => sh(":", { signal: AbortSignal.abort(new Error("not now")) }), /^not now$/],
    ["a signal", () => sh("kill -9 $$"), /^ended by SIGKILL$/],
    [
      "an input that fails",
      () =>
        sh("cat", {
          input: (async function* () {
            yield Buffer.from("x");
            throw new Error("no more");
          })(),
        }),
      /^no more$/,
    ],
  ])("%s", async (_, run, failure) => {
    expect(await run()).toMatchObject({ exitCode: null, failure: expect.stringMatching(failure) });
  });
});
