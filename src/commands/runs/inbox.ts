import type { Verb } from "./verb.ts";

/** What background runs have to tell to the Claude session that calls, or to whoever looks from a terminal. */
export const inbox: Verb = {
  takes: "nothing",
  usage: "codex_runs inbox [--ack ID]… [--all]",
  options: ["ack", "all"],
  examples: [
    ["codex_runs inbox", "how the background runs of this session ended, and what they ask"],
    ["codex_runs inbox --ack r-20261121-051103-k7qz", "that one has been read; --ack all: everything that was shown"],
  ],
  async run(flags, io) {
    // Loaded only here: hooks ask at every prompt.
    return flags.ack === undefined
      ? (await import("./inbox-show.ts")).showInbox(flags, io)
      : (await import("./inbox-acknowledge.ts")).acknowledgeInbox(flags.ack, flags, io);
  },
};
