import type { Verb } from "./verb.ts";

/** Ends a session and all that is with it; returns when nothing of it is left. */
export const stop: Verb = {
  takes: "id",
  usage: "codex_broker stop ID",
  options: [],
  examples: [
    ["codex_broker stop cache", "within 5 s, also when it hangs; says what it ended and what was not delivered"],
  ],
  run: async (target, flags, io) => (await import("./stop-session.ts")).stopSession(target, flags, io),
};
