import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RunEvent } from "../../../../src/core/event.ts";
import { type Attempts, lookCommand, lookOf } from "../../../../src/doctor/self-test/look.ts";
import { startModel } from "../../../../src/doctor/self-test/model.ts";

const ended = (output: string): RunEvent[] => [{ type: "command_ended", id: "1", command: "x", exitCode: 0, output }];

function look(attempts: Attempts, env: NodeJS.ProcessEnv = {}) {
  const dir = mkdtempSync(join(realpathSync(tmpdir()), "look at "));
  try {
    const command = lookCommand(dir, attempts);
    return lookOf(ended(execFileSync("/bin/sh", ["-c", command], { encoding: "utf8", env })));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test.skipIf(process.platform === "win32")("a command tells what it could and could not do", () => {
  const dir = mkdtempSync(join(realpathSync(tmpdir()), "look-in-"));
  mkdirSync(join(dir, "folder"));
  writeFileSync(join(dir, "file"), "x");
  const seen = look(
    {
      write: { free: join(dir, "new"), folder: join(dir, "folder") },
      read: { there: join(dir, "file"), missing: join(dir, "none") },
      env: ["GIVEN", "NOT_GIVEN"],
    },
    { GIVEN: "yes" },
  );
  rmSync(dir, { recursive: true });
  expect(seen).toEqual({
    write: { free: "ok", folder: "EISDIR" },
    read: { there: "ok", missing: "ENOENT" },
    connect: "not tried",
    env: { GIVEN: "yes", NOT_GIVEN: null },
  });
});

test.skipIf(process.platform === "win32")("a port is tried", async () => {
  const model = await startModel();
  await model.close();
  expect(look({ connect: model.port }).connect).toBe("ECONNREFUSED");
});

test.each([
  ["no command at all", [], "Codex ran no command"],
  ["a command that failed", ended("bwrap: no\n"), "the command told nothing (bwrap: no)"],
  ["a command that was cut", ended('SEEN{"write":'), 'the command told nothing (SEEN{"write":)'],
] as const)("%s tells nothing", (_, events, message) => {
  expect(() => lookOf(events)).toThrow(message);
});
