// Whether a hook has anything to do at all, in JavaScript and from file names alone: Claude Code waits for its hooks at
// every prompt and every stop, and most of the time there is nothing. In doubt it says yes; the command looks closely.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const HOOK_EVENTS = ["session-start", "user-prompt-submit", "stop", "session-end"];

/**
 * Whether the command has to be loaded for this event.
 * @param {string} event one of `HOOK_EVENTS`
 * @param {{ home: string, dir: string }} where the state home, and the directory that Claude Code stands in
 * @returns {boolean}
 */
export function needsWork(event, { home, dir }) {
  const records = recordsIn(home);
  if (event === "session-start") return mayHaveNews(records, "claim or none") || mayGoOn(records);
  if (event === "user-prompt-submit") return mayHaveNews(records, "claim or none") || mayBeGated(home, dir);
  if (event === "stop") return mayHaveNews(records, "claim") || mayBeGated(home, dir);
  return mayGoOn(records) || records.some((record) => existsSync(join(record, "gate")));
}

/** The folder of each workspace. @param {string} home */
const recordsIn = (home) => namesIn(join(home, "workspaces")).map((name) => join(home, "workspaces", name));

/**
 * Whether a background run may have something to tell that is not acknowledged (src/inbox/item-store.ts).
 * @param {string[]} records
 * @param {"claim" | "claim or none"} which with `claim`, only what was already shown to somebody
 */
function mayHaveNews(records, which) {
  return runsIn(records).some((run) => {
    const inbox = join(run, "inbox");
    if (!existsSync(inbox) || existsSync(join(inbox, "finished", "read.json"))) return false;
    return which !== "claim" || namesIn(inbox).length > 0;
  });
}

/** Whether a run or a live session may go on. @param {string[]} records */
function mayGoOn(records) {
  return (
    runsIn(records).some((run) => !existsSync(join(run, "result.json"))) ||
    records.some((record) => namesIn(join(record, "sessions")).some((name) => mayLive(join(record, "sessions", name))))
  );
}

/** A broker that has ended says so in its record. @param {string} session */
function mayLive(session) {
  const brokers = join(session, "brokers");
  return namesIn(brokers).some((name) => /"ended": ?null/.test(textOf(join(brokers, name))));
}

/** The key of the gate, but for one that says no. */
const ON = /^\s*["']?review_gate\b(?!["']?\s*:\s*["']?(?:off|no|false)\b)/im;

/**
 * Whether one of the settings files that may count here speaks of the gate.
 * @param {string} home
 * @param {string} dir
 */
function mayBeGated(home, dir) {
  const speaks = (/** @type {string} */ path) => ON.test(textOf(path));
  if (speaks(join(home, "settings.md"))) return true;
  for (let at = dir; ; at = dirname(at)) {
    if (speaks(join(at, ".claude", "ask-codex.local.md"))) return true;
    if (existsSync(join(at, ".git")) || dirname(at) === at) return false;
  }
}

/** @param {string[]} records */
const runsIn = (records) =>
  records.flatMap((record) => namesIn(join(record, "runs")).map((name) => join(record, "runs", name)));

/** @param {string} dir */
function namesIn(dir) {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

/** @param {string} path */
function textOf(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
