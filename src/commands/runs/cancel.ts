import { setTimeout as sleep } from "node:timers/promises";
import { askBroker } from "../../broker/client.ts";
import { isCut } from "../../broker/line.ts";
import { sessionRef } from "../../broker/store/broker-record.ts";
import { readSessionView } from "../../broker/store/read-session.ts";
import type { RunRequest } from "../../core/request.ts";
import { type RunView, readRun } from "../../run/read-run.ts";
import { homeOfRecord } from "../../sys/paths.ts";
import { killBroker } from "../broker/kill-broker.ts";
import { printReceipt } from "../follow-run.ts";
import type { Target } from "./target.ts";
import type { Verb } from "./verb.ts";

/** Stops runs and everything they started. Ends with 0 when they are over, whoever ended them; the receipts say how. */
export const cancel: Verb = {
  takes: "ids",
  usage: "codex_runs cancel ID…",
  options: [],
  examples: [["codex_runs cancel r-20261121-051103-k7qz", "stop it; returns when no process of it is left"]],
  async run(targets, flags, io) {
    const distinct = [...new Map(targets.map((target) => [target.runId, target])).values()];
    const views = await Promise.all(distinct.map(endRun));
    const code = views.every(({ state }) => state === "ended") ? 0 : 1;
    const receipts = views.flatMap((view) => (view.state === "ended" ? [view.receipt] : []));
    if (flags.json && distinct.length > 1) {
      io.stdout.write(`${JSON.stringify({ runs: receipts, exit_code: code })}\n`);
      return code;
    }
    for (const [at, view] of views.entries()) {
      if (!flags.json) io.stdout.write(`${at > 0 ? "\n" : ""}run_id=${distinct[at]?.runId}\n`);
      if (view.state === "ended")
        printReceipt(view.receipt, io, { json: flags.json ?? false, sessionShown: false, announced: [] });
    }
    return code;
  },
};

/** Ends a run that goes on, and resolves with what it is then. */
async function endRun(target: Target): Promise<RunView> {
  const before = await readRun(target.dir);
  if (before.state !== "ended") await cancelRun(target, before.request);
  // The broker answers when all is done; the receipt is on the disk a moment later at the most.
  let after = await readRun(target.dir);
  for (let tries = 0; after.state !== "ended" && tries < 100; tries++) {
    await sleep(20);
    after = await readRun(target.dir);
  }
  return after;
}

/** By its broker, which may be only coming up; one that hangs is ended as what it is, a process. */
async function cancelRun({ dir, runId }: Target, request: RunRequest): Promise<void> {
  for (;;) {
    const said = await askBroker(request, (line) => line.cancel("codex_runs cancel", runId)).catch((error: unknown) => {
      // Gone before it answered: the record tells how it ended.
      if (isCut(error)) return undefined;
      throw error;
    });
    if (said === "silent") {
      const ref = sessionRef(homeOfRecord(dir), request.workspace, request.brokerId);
      await killBroker(ref, await readSessionView(ref));
    }
    if (said !== undefined || (await readRun(dir)).state === "ended") return;
    await sleep(20);
  }
}
