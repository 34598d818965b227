import { describe, expect, it } from "vitest";
import { shellCommand } from "../../../src/commands/ask/plan-push.ts";
import { runNotifier } from "../../../src/push/run-notifier.ts";
import { tempDir } from "../sys/temp-dir.ts";

const notifier = (script: string) => ({
  command: process.execPath,
  args: ["-e", script],
  cwd: tempDir(),
  env: {},
  input: "the event",
});
const run = (script: string, signal = new AbortController().signal) => runNotifier(notifier(script), signal, "win32");

describe("a notifier as Windows runs it: without a shell's guard", () => {
  it("gets its whole input, and its end is waited for", async () => {
    const reads =
      "let t=''; process.stdin.on('data', d => t += d).on('end', () => process.exit(t === 'the event' ? 0 : 9))";
    await run(reads);
  });

  it.each([
    ["console.error('no tray'); process.exit(3)", "it ended with exit code 3: no tray"],
    ["process.kill(process.pid, 'SIGKILL')", "it failed: ended by SIGKILL"],
  ])("says why it failed: %s", async (script, why) => {
    await expect(run(script)).rejects.toThrow(why);
  });

  it("is ended when its time is over", async () => {
    const controller = new AbortController();
    const ended = run("setInterval(() => {}, 1000)", controller.signal);
    controller.abort(new Error("its time is over"));
    await expect(ended).rejects.toThrow("its time is over");
  });

  it("with a shell is one line for cmd, by its whole path and in quotes that /s takes off", () => {
    expect(shellCommand('type con > "C:\\My Log.txt"', "win32")).toEqual([
      "C:\\Windows\\System32\\cmd.exe",
      "/d",
      "/s",
      "/c",
      '"type con > "C:\\My Log.txt""',
    ]);
    expect(shellCommand("cat | wc", "darwin")).toEqual(["/bin/sh", "-c", "cat | wc"]);
  });
});
