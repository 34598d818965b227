import { attach } from "../../broker/client.ts";
import { readRun } from "../../run/read-run.ts";
import { printReceipt } from "../follow-run.ts";
import type { Verb } from "./verb.ts";

/** Stops a run and everything it started. Ends with 0 when the run is over, whoever ended it; the receipt says how. */
export const cancel: Verb = {
  takes: "id",
  usage: "codex_runs cancel ID",
  options: [],
  examples: [["codex_runs cancel r-20261121-051103-k7qz", "stop it; returns when no process of it is left"]],
  async run(target, flags, io) {
    const before = await readRun(target.dir);
    if (before.state !== "ended") {
      const line = await attach({ dir: target.dir, socket: before.request.socket, onEvent() {} });
      if (!("ended" in line)) {
        await line.cancel("codex_runs cancel");
        line.detach();
      }
    }
    // The broker answers when all is done; the receipt is on the disk a moment later at the most.
    let after = await readRun(target.dir);
    for (let tries = 0; after.state !== "ended" && tries < 100; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      after = await readRun(target.dir);
    }
    if (!flags.json) io.stdout.write(`run_id=${target.runId}\n`);
    if (after.state === "ended")
      printReceipt(after.receipt, io, { json: flags.json ?? false, sessionShown: false, announced: [] });
    return after.state === "ended" ? 0 : 1;
  },
};
