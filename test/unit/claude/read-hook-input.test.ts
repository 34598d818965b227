import { expect, test } from "vitest";
import { parseHookInput } from "../../../src/claude/read-hook-input.mjs";

const SAID = {
  session_id: "290acd69",
  transcript_path: "/t.jsonl",
  cwd: "/w",
  prompt_id: "005b13dc",
  hook_event_name: "Stop",
  stop_hook_active: true,
  last_assistant_message: "a secret of the user's",
};

test("what a Stop hook of Claude Code 2.1.329 is given", () => {
  const input = parseHookInput(`${JSON.stringify(SAID)}\n`);
  expect(input).toEqual({
    session: "290acd69",
    turn: "005b13dc",
    dir: "/w",
    again: true,
    call: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
  expect(JSON.stringify(input)).not.toContain("secret");
  expect(parseHookInput(`${JSON.stringify(SAID)}\n`)).toEqual(input);
  expect(parseHookInput(JSON.stringify({ ...SAID, stop_hook_active: false }))?.call).not.toBe(input?.call);
});

test.each([
  ["SessionStart, which has no prompt", { session_id: "s", cwd: "/w" }, { turn: null, dir: "/w", again: false }],
  [
    "values of another kind",
    { session_id: "s", cwd: 1, prompt_id: null, stop_hook_active: "yes" },
    { turn: null, dir: null, again: false },
  ],
  ["a path that nobody has", { session_id: "s", cwd: "/".repeat(5_000) }, { dir: null }],
])("%s", (_, said, input) => {
  expect(parseHookInput(JSON.stringify(said))).toMatchObject({ session: "s", ...input });
});

test.each([
  undefined,
  "",
  "junk",
  "null",
  "3",
  '"text"',
  "[]",
  "{}",
  '{"session_id":""}',
  '{"session_id":7}',
  '{"session_id":',
])("%j is not Claude Code's", (text) => {
  expect(parseHookInput(text)).toBeUndefined();
});
