import type { Verb } from "./verb.ts";

/** The runs of a workspace, the newest first, each in its true state; a record that can't be read hides no other. */
export const list: Verb = {
  takes: "nothing",
  usage: "codex_runs list [--all] [--state STATE]… [--limit N] [--usage]",
  options: ["all", "state", "limit", "usage"],
  examples: [
    ["codex_runs list --state running --state queued", "what is under way in this workspace, and what waits"],
    ["codex_runs list --all --usage", "the tokens of all runs, by run, session, day and model"],
  ],
  // Loaded only here: the other verbs need nothing of it.
  run: async (flags, io) => (await import("./list/print-list.ts")).printList(flags, io),
};
