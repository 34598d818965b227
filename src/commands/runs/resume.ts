import type { Verb } from "./verb.ts";

/** Goes on with a run that ended before it was done. */
export const resume: Verb = {
  takes: "id",
  usage: "codex_runs resume ID [--background] [--park]",
  options: ["background", "park", "force", "quiet", "verbose"],
  examples: [
    [
      "codex_runs resume --park r-20261121-051103-k7qz",
      "go on with a run that the usage limit ended, in the background, when the limit has reset",
    ],
  ],
  run: async (target, flags, io) => (await import("./resume-run.ts")).resumeRun(target, flags, io),
};
