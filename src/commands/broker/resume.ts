import { RUN_OPTIONS, type Verb } from "./verb.ts";

/** Makes a session live again that was stopped or lost: same thread, same power, and the messages that wait go on. */
export const resume: Verb = {
  takes: "id and text",
  usage: "codex_broker resume ID [options] [--] [MESSAGE]",
  options: ["idle-exit", "force", "quota-gate", ...RUN_OPTIONS],
  examples: [
    ["codex_broker resume cache", "after a crash or a reboot: what waited goes on, what was interrupted is named"],
    ['codex_broker resume r-20261121-051103-k7qz "now the docs"', "make the session of an ask_codex live"],
  ],
  run: async (target, text, flags, io) => (await import("./resume-session.ts")).resumeSession(target, text, flags, io),
};
