import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { HOOK_EVENTS, needsWork } from "../../../src/claude/hook-needs.mjs";
import { tempDir } from "../sys/temp-dir.ts";

/** The events for which the command would be loaded in a home and a project with these files. */
function needed(files: readonly string[], text = ""): string[] {
  const dir = tempDir();
  for (const path of files) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return HOOK_EVENTS.filter((event) => needsWork(event, { home: join(dir, "home"), dir: join(dir, "project", "sub") }));
}

const RUN = "home/workspaces/w-1/runs/r-1";
const SESSION = "home/workspaces/w-1/sessions/b-1";
const [START, PROMPT, STOP, END] = HOOK_EVENTS;
const GATE = "---\nreview_gate: on\n---\n";

test.each([
  ["no home", [], "", []],
  ["a run that somebody waited for", [`${RUN}/result.json`], "", []],
  ["a run that goes on", [`${RUN}/request.json`], "", [START, END]],
  ["a background run that goes on", [`${RUN}/request.json`, `${RUN}/inbox/.keep`], "", [START, PROMPT, STOP, END]],
  ["an end that somebody was told", [`${RUN}/result.json`, `${RUN}/inbox/finished/1.json`], "", [START, PROMPT, STOP]],
  ["an end that was read", [`${RUN}/result.json`, `${RUN}/inbox/finished/read.json`], "", []],
  ["a live session", [`${SESSION}/brokers/1.json`], '{"ended": null}', [START, END]],
  ["a live session that has ended", [`${SESSION}/brokers/1.json`], '{"ended": {"state":"stopped"}}', []],
  ["a gate of a session", ["home/workspaces/w-1/gate/abc/state.json"], "", [END]],
  ["a gate in the user's settings", ["home/settings.md"], GATE, [PROMPT, STOP]],
  ["a gate in the project", ["project/.claude/ask-codex.local.md", "project/.git/HEAD"], GATE, [PROMPT, STOP]],
  ["a gate with keys", ["home/settings.md"], "---\nmodel: x\nreview_gate:\n  rounds: 1\n---\n", [PROMPT, STOP]],
  ["a gate of another repository", [".claude/ask-codex.local.md", "project/.git/HEAD"], GATE, []],
  ["a gate that is off", ["home/settings.md"], "---\nreview_gate: Off\n---\n", []],
  ["other settings", ["home/settings.md"], "---\nmodel: x\n---\n", []],
  ["files where folders should be", ["home/workspaces"], "", []],
])("%s", (_, files, text, events) => {
  expect(needed(files, text)).toEqual(events);
});
