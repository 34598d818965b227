import type { Verb } from "./verb.ts";

/** Waits until a session has nothing to do, asks something or has ended, and exits with its last run's code. */
export const wait: Verb = {
  takes: "id",
  usage: "codex_broker wait ID [--timeout S]",
  options: ["timeout", "quiet", "verbose"],
  examples: [
    ["codex_broker wait cache", "stay until it is idle, asks or has ended; exits with the code of its last run"],
  ],
  run: async (target, flags, io) => (await import("./wait-session.ts")).waitSession(target, flags, io),
};
