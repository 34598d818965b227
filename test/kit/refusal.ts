import { chmodSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { type Called, type CallOptions, type Lab, ROOT } from "./lab.ts";

/** What a caller could find changed: the names in the workspace, the records, and what reached the model. */
export const traces = (lab: Lab) => ({
  workspace: readdirSync(lab.workspace, { recursive: true })
    .map(String)
    .filter((name) => !name.startsWith(".git/"))
    .sort(),
  home: existsSync(lab.home) ? readdirSync(lab.home, { recursive: true }).map(String).sort() : undefined,
  requests: lab.model.requests.length,
});

/** stderr is one sentence and at most one hint, each on a line of its own, and stdout has nothing. */
export function expectSentence(called: Called, expected: { code: number; says: RegExp; hint?: RegExp }): void {
  expect(called.code, called.stderr).toBe(expected.code);
  expect(called.stderr).toMatch(/^(ask_codex|codex_runs|codex_broker): [^\n]+\n( {2}hint: [^\n]+\n)?$/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there is none is the point
  expect(called.stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]|\n {4}at /);
  const [sentence = "", hint = ""] = called.stderr.split("\n");
  expect(sentence).toMatch(expected.says);
  if (expected.hint) expect(hint).toMatch(expected.hint);
  expect(called.stdout).toBe("");
}

/** With --json stdout has exactly one object, and it says what stderr says. */
export function expectJsonError(called: Called, expected: { code: number; says: RegExp }): void {
  expect(called.code, called.stderr).toBe(expected.code);
  expect(called.stdout).toMatch(/^[^\n]+\n$/);
  const error: unknown = JSON.parse(called.stdout);
  expect(error).toMatchObject({ exit_code: expected.code, reason: expect.stringMatching(expected.says) });
}

/** An executable of the lab, outside its workspace. */
export function makeScript(lab: Lab, name: string, body: string): string {
  const path = join(lab.dir, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Calls a script of the skill from a line of shell that ends in `"$@"`: for what only a shell can arrange. */
export function callFromShell(
  lab: Lab,
  line: string,
  script: string,
  args: readonly string[],
  options?: CallOptions,
): Promise<Called> {
  const command = [process.execPath, join(ROOT, "scripts", `${script}.mjs`), ...args];
  return lab.run("/bin/sh", ["-c", line, "sh", ...command], options);
}

/** Calls ask_codex with the bytes as its stdin: what can't be a string of JavaScript, or is too much for a pipe. */
export function askWithStdin(lab: Lab, bytes: Uint8Array, ...args: string[]): Promise<Called> {
  const file = join(lab.dir, "stdin.bin");
  writeFileSync(file, bytes);
  return callFromShell(lab, `exec "$@" < "$STDIN_FILE"`, "ask_codex", args, { env: { STDIN_FILE: file } });
}
