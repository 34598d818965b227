import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { spawnOnPipe } from "../../../src/sys/spawn-on-pipe.ts";
import { endWithTest } from "./children.ts";
import { tempDir } from "./temp-dir.ts";

function start(script: string, dir = tempDir()) {
  const what = { command: "/bin/sh", args: ["-c", script], cwd: dir, env: { PATH: process.env.PATH } };
  const child = spawnOnPipe(what, join(dir, "x.pipe"));
  if (child.pid !== undefined) endWithTest(child.pid);
  return { ...child, dir };
}

describe("a child on a real pipe", () => {
  it("is read to its end, and its errors apart", async () => {
    const child = start("echo out; echo err >&2; exit 3");
    expect(await text(child.output)).toBe("out\n");
    expect(await child.exited).toEqual({ code: 3, signal: null });
    expect(child.stderrTail()).toBe("err\n");
  });

  it("sees a pipe, and nothing to read", async () => {
    expect(await text(start("test -p /dev/stdout && echo pipe; cat").output)).toBe("pipe\n");
  });

  it("leaves no name behind", async () => {
    const { output, dir } = start("echo x");
    expect(readdirSync(dir)).toEqual([]);
    await text(output);
  });

  it("loses nothing of much", async () => {
    const read = await text(start("yes 0123456789 | head -c 5000000").output);
    expect(read.length).toBe(5_000_000);
  });

  it("is heard of by who has its output after it", async () => {
    const child = start("(sleep 0.2; echo late) & echo now");
    expect(await text(child.output)).toBe("now\nlate\n");
  });

  it("that is killed says by what", async () => {
    const child = start("kill -KILL $$");
    await text(child.output);
    expect(await child.exited).toEqual({ code: null, signal: "SIGKILL" });
  });

  it("that is not there ends, and its output too", async () => {
    const dir = tempDir();
    const child = spawnOnPipe({ command: "/no/such", args: [], cwd: dir, env: {} }, join(dir, "x.pipe"));
    expect(await text(child.output)).toBe("");
    expect(await child.exited).toMatchObject({ code: null, error: expect.stringContaining("ENOENT") });
  });

  it("has no pipe where none can be made, and is not started", () => {
    const dir = tempDir();
    mkdirSync(join(dir, "run"));
    const what = { command: "/bin/sh", args: ["-c", "echo x > started"], cwd: dir, env: { PATH: process.env.PATH } };
    expect(() => spawnOnPipe(what, join(dir, "missing", "x.pipe"))).toThrow(/can't make a pipe at .*x\.pipe/);
    expect(existsSync(join(dir, "started"))).toBe(false);
  });
});
