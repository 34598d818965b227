import { usageError } from "../../core/errors.ts";
import { waitForRun } from "../wait-for-run.ts";
import type { Verb } from "./verb.ts";

/** Waits until the runs have ended or ask something, and exits with the code of the one, or of the worst. */
export const wait: Verb = {
  takes: "ids",
  usage: "codex_runs wait ID… [--any] [--timeout S]",
  options: ["any", "timeout", "quiet", "verbose"],
  examples: [
    [
      "codex_runs wait r-20261121-051103-k7qz",
      "pick up the result of a run whose client is gone; exits with the run's code",
    ],
    [
      "codex_runs wait --any r-20261121-051103-k7qz r-20261121-051104-m2pa",
      "the first of several that ends or asks; without --any all of them, each as it ends",
    ],
  ],
  async run(targets, flags, io) {
    if (flags.quiet && flags.verbose)
      throw usageError("--quiet and --verbose contradict each other", "give one of them");
    const options = {
      json: flags.json ?? false,
      loudness: flags.quiet ? ("quiet" as const) : flags.verbose ? ("verbose" as const) : ("normal" as const),
      ...(flags.timeout === undefined ? {} : { timeoutMs: flags.timeout * 1000 }),
    };
    const distinct = [...new Map(targets.map((target) => [target.runId, target])).values()];
    const [only, ...others] = distinct;
    if (only && others.length === 0) return waitForRun(only, options, io);
    const { waitForMany } = await import("./wait-for-many.ts");
    return waitForMany(distinct, { ...options, any: flags.any ?? false }, io);
  },
};
