import { type OptionName, RUN_OPTIONS, type Verb } from "./verb.ts";

const OWN: readonly OptionName[] = [
  "name",
  "idle-exit",
  "key",
  "session",
  "from-claude",
  "task-id",
  "engine",
  "force",
  "quota-gate",
];

/** Starts a session that stays for more, and returns at once. */
export const start: Verb = {
  takes: "text",
  usage: "codex_broker start [options] [--] GOAL",
  options: [...OWN, ...RUN_OPTIONS],
  examples: [
    [
      'codex_broker start --name cache --scope src/cache.ts --verify "npm test" "drop expired entries in Cache.get"',
      "begin a session that stays, and go on with other work; all options of a run are ask_codex's",
    ],
    [
      "codex_broker start --key unit-3 --packet task.md",
      "begin it once: a second call with the key only names the session",
    ],
    [
      'codex_broker start --from-claude "finish what we have begun; npm test must pass"',
      "hand the session of Claude Code that calls this over; without a goal it waits for the first send",
    ],
  ],
  run: async (texts, flags, io) => (await import("./start-session.ts")).startSession(texts, flags, io),
};
