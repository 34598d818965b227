import { describe, expect, it } from "vitest";
import { exitError, lastWords, whyGone } from "../../../src/engine/exit-error.ts";
import type { Exit } from "../../../src/sys/spawn.ts";
import { spawnPiped } from "../../../src/sys/spawn.ts";

const by = (code: number | null, signal: NodeJS.Signals | null = null): Exit => ({ code, signal });

describe("the end of a Codex", () => {
  it.each<[name: string, exit: Exit, stderr: string, begun: boolean, kind: string, message: string]>([
    ["killed in the middle", by(null, "SIGKILL"), "", true, "killed", "Codex was killed by SIGKILL"],
    ["killed at its start", by(null, "SIGABRT"), "", false, "fatal", "Codex was killed by SIGABRT at its start"],
    ["an exit in the middle", by(1), "", true, "failed", "Codex exited with code 1 without ending the turn"],
    ["a good exit in the middle", by(0), "", true, "failed", "Codex exited with code 0 without ending the turn"],
    ["an exit at its start", by(2), "", false, "fatal", "Codex exited with code 2 at its start"],
    [
      "with its last words",
      by(1),
      "WARN x\nError: bad config\n  at y\n",
      false,
      "fatal",
      "Codex exited with code 1 at its start: bad config",
    ],
    [
      "that could not be started",
      { code: null, signal: null, error: "spawn codex ENOENT" },
      "",
      false,
      "fatal",
      "Codex can't be started: spawn codex ENOENT",
    ],
  ])("%s", (_, exit, stderr, begun, kind, message) => {
    expect(exitError(exit, stderr, begun)).toMatchObject({ kind, message });
  });

  it.each([
    [by(1), false],
    [{ code: null, signal: null, error: "x" }, true],
  ] as const)("says what to do where it can't work at all", (exit, begun) => {
    expect(exitError(exit, "", begun).hint).toMatch(/codex/);
  });

  it("is read from a real process", async () => {
    const child = spawnPiped({ command: "/bin/sh", args: ["-c", "echo 'Error: no' >&2; exit 7"], cwd: "/", env: {} });
    child.stdout.resume();
    expect(await whyGone(child, false)).toMatchObject({
      kind: "fatal",
      message: "Codex exited with code 7 at its start: no",
    });
  });
});

it.each([
  ["", ""],
  ["one line\n", "one line"],
  ["one\ntwo\n\n", "two"],
  ["error: unexpected argument '--x' found\n\nUsage: codex exec\n", "unexpected argument '--x' found"],
  ["Error: first\nError: second\n", "first"],
  ["an Error: in the middle\nlast\n", "last"],
  ["x".repeat(1_000), "x".repeat(300)],
])("the last words of %j", (stderr, words) => {
  expect(lastWords(stderr)).toBe(words);
});
