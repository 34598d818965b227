import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runNotifier } from "../../../src/push/run-notifier.ts";
import { findByEnvironment } from "../../../src/sys/process-table.ts";
import { tempDir } from "../sys/temp-dir.ts";

let count = 0;

/** A notifier of the test's own: what it does as a script, and whatever of it lives. */
function notifier(script: string, input = "{}") {
  const dir = tempDir();
  const mark = `${process.pid}-${++count}`;
  const abort = new AbortController();
  const env = { PATH: process.env.PATH, TEST_NOTIFIER: mark };
  return {
    dir,
    abort,
    done: runNotifier({ command: "/bin/sh", args: ["-c", script], cwd: dir, env, input }, abort.signal),
    left: () => findByEnvironment("TEST_NOTIFIER", mark).filter((row) => !row.zombie),
    read: (name: string) => readFileSync(join(dir, name), "utf8"),
    until: (name: string) => expect.poll(() => existsSync(join(dir, name)), { timeout: 20_000 }).toBe(true),
  };
}

const nothingOf = ({ left }: { left: () => unknown[] }) => expect.poll(left, { timeout: 10_000 }).toEqual([]);

describe("runNotifier", () => {
  it("gives it the input and the end of it, on a pipe that can be opened by name", async () => {
    const it = notifier("cat /dev/stdin > got", '{"a":"ä\u2028"}\n');
    await it.done;
    expect(it.read("got")).toBe('{"a":"ä\u2028"}\n');
    await nothingOf(it);
  });

  it.each([
    ["exit 3", "it ended with exit code 3"],
    ["echo one >&2; echo 'no such\x1b room' >&2; exit 1", "it ended with exit code 1: no such room"],
    ["kill -TERM $$", "it ended with exit code 143"],
    ["kill -TERM 0", "it was ended by SIGTERM"],
    ["yes >&2", "it wrote more than 1 MB to stderr, and was ended"],
  ])("%s: %s", async (script, reason) => {
    const it = notifier(script);
    await expect(it.done).rejects.toThrow(reason);
    await nothingOf(it);
  });

  it("does not mind one that reads nothing of much, nor what it prints", async () => {
    const it = notifier("head -c 5000000 /dev/zero", "x".repeat(1_000_000));
    await it.done;
    await nothingOf(it);
  });

  it("ends what it leaves in its session, in its group or not", async () => {
    const it = notifier("sleep 600 & bash -c 'set -m; sleep 600 & ps -o pgid= -p $! > job'; ps -o pgid= -p $! > ours");
    await it.done;
    await nothingOf(it);
    expect(it.read("job")).toMatch(/\d/);
    expect(it.read("job")).not.toBe(it.read("ours"));
  });

  it("ends all of it at the signal", async () => {
    const it = notifier("trap '' TERM INT HUP; sleep 600 & touch here; while :; do sleep 600; done");
    await it.until("here");
    it.abort.abort(new Error("enough"));
    await expect(it.done).rejects.toThrow("it was ended by SIGKILL");
    await nothingOf(it);
  });

  it("says that the directory is not there", async () => {
    const what = { command: "/bin/true", args: [], env: {}, input: "", cwd: join(tempDir(), "gone") };
    await expect(runNotifier(what, new AbortController().signal)).rejects.toThrow("can't be started");
  });

  it("leaves nothing when we are killed, not even of one that hangs", async () => {
    const dir = tempDir();
    const mark = `${process.pid}-${++count}`;
    const source = join(import.meta.dirname, "../../../src/push/run-notifier.ts");
    writeFileSync(
      join(dir, "starter.mts"),
      `import { runNotifier } from ${JSON.stringify(source)};
       await runNotifier({ command: "/bin/sh", args: ["-c", "trap '' TERM; sleep 600 & touch here; sleep 600"],
         cwd: ${JSON.stringify(dir)}, env: process.env, input: "{}" }, new AbortController().signal);`,
    );
    const env = { ...process.env, TEST_NOTIFIER: mark };
    const starter = spawn(process.execPath, ["--import", "tsx", join(dir, "starter.mts")], { env, stdio: "ignore" });
    const left = () => findByEnvironment("TEST_NOTIFIER", mark).filter((row) => !row.zombie);
    try {
      await expect.poll(() => existsSync(join(dir, "here")), { timeout: 20_000 }).toBe(true);
      expect(left().length).toBeGreaterThan(2);
    } finally {
      starter.kill("SIGKILL");
    }
    await nothingOf({ left });
  });
});
