import { expect, test } from "vitest";
import { withHandOver } from "../../../../src/commands/ask/with-hand-over.ts";
import { partWords } from "../../../../src/commands/broker/start-from-claude.ts";
import type { SessionRecord } from "../../../../src/core/record.ts";
import { SESSION } from "../../../kit/transcript.ts";

test.each([
  ["the switch alone", "", [], undefined, []],
  ["a goal", "", ["fix it"], undefined, ["fix it"]],
  ["a transcript", "", ["a.jsonl"], "a.jsonl", []],
  ["a session id", "", [SESSION], SESSION, []],
  ["a transcript and a goal", "", ["a.jsonl", "fix it"], "a.jsonl", ["fix it"]],
  ["a transcript of any name and a goal", "", ["copy.txt", "fix it"], "copy.txt", ["fix it"]],
  ["a value and a goal", "a.txt", ["fix it"], "a.txt", ["fix it"]],
  ["a value and a goal that looks like a transcript", "a.txt", ["b.jsonl"], "a.txt", ["b.jsonl"]],
  ["three words", "", ["a", "b", "c"], undefined, ["a", "b", "c"]],
])("--from-claude with %s", (_, value, texts, transcript, goals) => {
  expect(partWords(value, texts)).toEqual({ transcript, goals });
});

const session = (from: SessionRecord["from_claude"], runs: string[] = []): SessionRecord => ({
  version: 1,
  broker_id: "b",
  session_id: null,
  workspace: "/w",
  role: "writer",
  power: { write: "none", scope: [], writable: [], network: false, tmp: false, env: [] },
  engine: "app-server",
  model: null,
  reasoning: null,
  tokens: null,
  runs,
  ...(from ? { from_claude: from } : {}),
  created_at: "",
  updated_at: "",
});

test("the first prompt of a session that was handed over says where it comes from, and no later one", () => {
  const imported = session({ session: SESSION, way: "import", digest: null });
  const digest = session({ session: SESSION, way: "digest", digest: "/d.md" });
  expect(withHandOver({ goal: "g" }, imported).context).toMatch(
    /^What stands before this in the thread is a session of Claude/,
  );
  expect(withHandOver({ context: "mine" }, digest).context).toMatch(/^mine\n\nYou go on .*: \/d\.md$/);
  expect(withHandOver({ goal: "g" }, session(imported.from_claude, ["r"]))).toEqual({ goal: "g" });
  expect(withHandOver({ goal: "g" }, session(undefined))).toEqual({ goal: "g" });
  expect(withHandOver({ goal: "g" }, undefined)).toEqual({ goal: "g" });
});
