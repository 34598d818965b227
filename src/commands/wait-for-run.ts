import type { Io } from "../cli/define.ts";
import type { Receipt } from "../core/record.ts";
import { acknowledgePrinted } from "../inbox/acknowledge-printed.ts";
import { readRun } from "../run/read-run.ts";
import { followRun, printReceipt } from "./follow-run.ts";
import type { Loudness } from "./progress.ts";

export interface WaitOptions {
  json: boolean;
  loudness: Loudness;
  timeoutMs?: number;
}

/**
 * Waits until a run has ended or asks something, prints that, and resolves with its exit code. Whom it is for has read
 * it then, so that the inbox shows it no more. Ctrl-C only leaves.
 */
export async function waitForRun(
  target: { runId: string; dir: string },
  options: WaitOptions,
  io: Io,
): Promise<number> {
  const onPrinted = (receipt: Receipt) => acknowledgePrinted({ dir: target.dir, receipt, env: io.env }, io.stdout);
  const view = await readRun(target.dir);
  if (!options.json) io.stdout.write(`run_id=${target.runId}\n`);
  if (view.state !== "ended") {
    const { waiting } = view.status;
    const first = waiting ? { first: { type: "waiting", ...waiting } } : {};
    return followRun({ ...target, line: view.request, ownsRun: false, ...first, ...options, onPrinted }, io);
  }
  const code = printReceipt(view.receipt, io, { json: options.json, sessionShown: false, announced: [] });
  await onPrinted(view.receipt);
  return code;
}
