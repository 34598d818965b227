import { homedir } from "node:os";
import { join } from "node:path";
import { HOOK_EVENTS, needsWork } from "../../src/claude/hook-needs.mjs";
import { parseHookInput, readHookInput } from "../../src/claude/read-hook-input.mjs";
import { insideCodex } from "../../src/gate/inside-codex.mjs";
import { stateHomeOf } from "../install/places.mjs";

/**
 * Carries out the hook of one event, and ends the process. Inside Codex there is nothing to do: its Claude Code is a
 * part of a run of ours.
 * @param {string} event
 */
export async function callHook(event) {
  const input = parseHookInput(await readHookInput(process.stdin));
  if (input === undefined || !HOOK_EVENTS.includes(event) || insideCodex(process.env)) process.exit(0);
  const env = { ...process.env, HOME: process.env.HOME || homedir() };
  const dir = process.env.CLAUDE_PROJECT_DIR || input.dir || process.cwd();
  if (!needsWork(event, { home: stateHomeOf(env, dir, process.platform), dir })) process.exit(0);
  const root = join(import.meta.dirname, "..", "..");
  const { needsSetup } = await import("../install/first-run.mjs");
  if (needsSetup(root)) {
    if (event === "stop") say(`the review gate did not look at this turn: ask-codex is not set up in ${root}`);
    process.exit(0);
  }
  process.argv.push("--input", JSON.stringify({ ...input, dir }));
  const { launch } = await import("../launch.mjs");
  await launch("codex_hook");
}

/** A line that Claude Code shows to the user. @param {string} text */
function say(text) {
  process.stdout.write(`${JSON.stringify({ systemMessage: `ask-codex: ${text}` })}\n`);
}
