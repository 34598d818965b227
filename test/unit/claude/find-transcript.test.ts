import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { claudeConfigDir, findTranscript, namesTranscript } from "../../../src/claude/find-transcript.ts";
import { SESSION } from "../../kit/transcript.ts";
import { tempDir } from "../sys/temp-dir.ts";

function put(config: string, project: string, at = 1): string {
  const path = join(config, "projects", project, `${SESSION}.jsonl`);
  mkdirSync(join(config, "projects", project), { recursive: true });
  writeFileSync(path, "{}\n");
  utimesSync(path, at, at);
  return path;
}

test("the session that calls is found in the folder of Claude Code, wherever that is", () => {
  const dir = tempDir();
  const inHome = put(join(dir, ".claude"), "-a-b");
  const elsewhere = put(join(dir, "config"), "-a-b");
  const env = { HOME: dir, CLAUDE_CODE_SESSION_ID: SESSION };
  expect(findTranscript(undefined, env, "/")).toBe(inHome);
  expect(findTranscript(SESSION, { HOME: dir }, "/")).toBe(inHome);
  expect(findTranscript(undefined, { ...env, CLAUDE_CONFIG_DIR: join(dir, "config") }, "/")).toBe(elsewhere);
  expect(claudeConfigDir({ HOME: "/home/me" })).toBe("/home/me/.claude");
});

test("of two files of one session the one that was written last counts", () => {
  const dir = tempDir();
  const config = join(dir, ".claude");
  put(config, "-old", 10);
  const newer = put(config, "-new", 20);
  put(config, "-older", 5);
  expect(findTranscript(SESSION, { HOME: dir }, "/")).toBe(newer);
});

test("a path begins where the caller stands, and counts before the session that calls", () => {
  expect(findTranscript("a/b.jsonl", { CLAUDE_CODE_SESSION_ID: SESSION }, "/here")).toBe("/here/a/b.jsonl");
  expect(findTranscript("/x.jsonl", {}, "/here")).toBe("/x.jsonl");
});

test("what can't be found says what was looked for", () => {
  const dir = tempDir();
  expect(() => findTranscript(undefined, { HOME: dir }, "/")).toThrow(/CLAUDE_CODE_SESSION_ID is not set$/);
  expect(() => findTranscript(undefined, { CLAUDE_CODE_SESSION_ID: "../../etc" }, "/")).toThrow(/is no session id$/);
  expect(() => findTranscript(SESSION, { HOME: dir }, "/")).toThrow(
    `there is no transcript of the session ${SESSION} below ${join(dir, ".claude", "projects")}`,
  );
});

test.each([
  [SESSION, true],
  ["old/session.jsonl", true],
  ["session.JSONL", true],
  ["fix the login", false],
  ["current", false],
  [SESSION.slice(1), false],
])("%j names a transcript: %s", (word, is) => {
  expect(namesTranscript(word)).toBe(is);
});
