import type { Verb } from "./verb.ts";

/** How a run ended, again and from any directory. */
export const result: Verb = {
  takes: "id",
  usage: "codex_runs result ID [--answer]",
  options: ["answer"],
  examples: [
    ["codex_runs result r-20261121-051103-k7qz", "how a run ended, as wait prints it; exits with the run's code"],
    ["codex_runs result r-20261121-051103-k7qz --answer", "its whole answer and nothing else"],
  ],
  run: async (target, flags, io) => (await import("./result-show.ts")).showResult(target, flags, io),
};
