import { type Attached, attach } from "../../broker/client.ts";
import type { Io } from "../../cli/define.ts";
import { type AnyVerdict, EXIT_TABLE, exitCodeOf, firstVerdict, type Verdict } from "../../core/exit-table.ts";
import type { Receipt } from "../../core/record.ts";
import { acknowledgePrinted } from "../../inbox/acknowledge-printed.ts";
import { type RunView, readRun } from "../../run/read-run.ts";
import { printReceipt } from "../follow-run.ts";
import { leaving } from "../leaving.ts";
import { createProgress } from "../progress.ts";
import type { WaitOptions } from "../wait-for-run.ts";
import type { Target } from "./target.ts";

export interface ManyOptions extends WaitOptions {
  /** Until the first of them. */
  any: boolean;
}

/**
 * Waits for several runs at once and prints each as it ends or asks, `run_id` first; with --json one object when all
 * that is waited for is there: `{"runs":[receipt…],"exit_code":n}`, in the order of their ends.
 */
export async function waitForMany(targets: readonly Target[], options: ManyOptions, io: Io): Promise<number> {
  const progress = createProgress(io.stderr, options.loudness);
  const seen = await Promise.all(targets.map(async (target) => ({ target, view: await readRun(target.dir) })));
  const ids = targets.map(({ runId }) => runId).join(" ");
  const { timeoutMs } = options;
  const left = leaving(
    {
      goOn: `the runs go on; ${io.self("codex_runs")} wait ${ids}`,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    },
    io,
  );
  const open = new Set<Attached>();
  const ended: { target: Target; receipt: Receipt }[] = [];
  const print = async ({ target, receipt }: { target: Target; receipt: Receipt }): Promise<void> => {
    ended.push({ target, receipt });
    if (options.json) return;
    io.stdout.write(`${ended.length > 1 ? "\n" : ""}run_id=${target.runId}\n`);
    printReceipt(receipt, io, { json: false, sessionShown: false, announced: [] });
    await acknowledgePrinted({ dir: target.dir, receipt, env: io.env }, io.stdout);
  };
  try {
    const ends = seen.map(async ({ target, view }) => ({
      target,
      receipt: await endOf(target, view, open, progress.see),
    }));
    const all = options.any ? Promise.race(ends).then(print) : inTurn(ends, print);
    const gone = await Promise.race([all, left.signal]);
    progress.close();
    if (typeof gone === "number") return gone;
    const code = exitCodeOfAll(ended.map(({ receipt }) => receipt));
    if (options.json) {
      io.stdout.write(`${JSON.stringify({ runs: ended.map(({ receipt }) => receipt), exit_code: code })}\n`);
      for (const { target, receipt } of ended)
        await acknowledgePrinted({ dir: target.dir, receipt, env: io.env }, io.stdout);
    }
    return code;
  } finally {
    progress.close();
    left.release();
    for (const one of open) one.detach();
  }
}

/** The receipt of a run that has ended, or asks. */
async function endOf(
  { runId, dir }: Target,
  view: RunView,
  open: Set<Attached>,
  see: (event: { type: string; [key: string]: unknown }, of: string) => void,
): Promise<Receipt> {
  if (view.state === "ended") return view.receipt;
  const { waiting } = view.status;
  if (waiting) see({ type: "waiting", ...waiting }, runId);
  const attached = await attach({ runId, dir, line: view.request, onEvent: (event) => see(event, runId) });
  if ("ended" in attached) return attached.ended;
  open.add(attached);
  const { receipt } = await attached.next();
  attached.detach();
  open.delete(attached);
  return receipt;
}

/** Each as soon as it is there, one after the other. */
async function inTurn<T>(works: readonly Promise<T>[], act: (value: T) => Promise<void>): Promise<void> {
  let before: Promise<void> = Promise.resolve();
  await Promise.all(
    works.map(async (work) => {
      const value = await work;
      before = before.then(() => act(value));
      await before;
    }),
  );
}

/** The code of the verdict that comes first in the exit table; 0 when all are done. */
export function exitCodeOfAll(receipts: readonly Receipt[]): number {
  const verdicts = new Set<AnyVerdict>(receipts.map(({ verdict }) => verdict));
  const held = new Set<Verdict>(EXIT_TABLE.map(({ verdict }) => verdict).filter((verdict) => verdicts.has(verdict)));
  const first = firstVerdict(held);
  // What was never begun stands in no order; it counts where nothing else does.
  if (first !== "done") return exitCodeOf(first);
  return receipts.find(({ verdict }) => verdict !== "done")?.exit_code ?? 0;
}
