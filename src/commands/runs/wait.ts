import { readRun } from "../../run/read-run.ts";
import { followRun, printReceipt } from "../follow-run.ts";
import type { Verb } from "./verb.ts";

/** Waits until the run has ended or asks something, and exits with the run's code. */
export const wait: Verb = {
  takes: "id",
  usage: "codex_runs wait ID [--timeout S]",
  options: ["timeout", "quiet", "verbose"],
  examples: [
    [
      "codex_runs wait r-20261121-051103-k7qz",
      "pick up the result of a run whose client is gone; exits with the run's code",
    ],
  ],
  async run(target, flags, io) {
    const view = await readRun(target.dir);
    if (!flags.json) io.stdout.write(`run_id=${target.runId}\n`);
    if (view.state === "ended")
      return printReceipt(view.receipt, io, { json: flags.json ?? false, sessionShown: false, announced: [] });
    return followRun(
      {
        ...target,
        line: view.request,
        ownsRun: false,
        json: flags.json ?? false,
        loudness: flags.quiet ? "quiet" : flags.verbose ? "verbose" : "normal",
        ...(flags.timeout === undefined ? {} : { timeoutMs: flags.timeout * 1000 }),
      },
      io,
    );
  },
};
