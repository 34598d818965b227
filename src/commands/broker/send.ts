import { RUN_OPTIONS, type Verb } from "./verb.ts";

/** Gives a session a message: behind what runs, into it, or in its place. */
export const send: Verb = {
  takes: "id and text",
  usage: "codex_broker send ID [--steer | --interrupt] [--wait] [options] [--] MESSAGE",
  options: ["steer", "interrupt", "wait", "quiet", "verbose", ...RUN_OPTIONS],
  examples: [
    ['codex_broker send cache "and now the docs"', "it runs when its turn comes; its run id is told at once"],
    ['codex_broker send --steer cache "use tabs, not spaces"', "into the turn that runs now"],
    ['codex_broker send --wait --verify "npm test" cache "mend what is red"', "stay, and exit as its run ends"],
  ],
  run: async (target, text, flags, io) => (await import("./send-message.ts")).sendMessage(target, text, flags, io),
};
