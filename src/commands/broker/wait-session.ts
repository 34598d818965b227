import { setTimeout as sleep } from "node:timers/promises";
import { type Attached, attach } from "../../broker/client.ts";
import type { Address } from "../../broker/line.ts";
import type { SessionRef } from "../../broker/store/broker-record.ts";
import { runDirOf } from "../../broker/store/list-sessions.ts";
import { type LatestRun, readSessionView, type SessionView } from "../../broker/store/read-session.ts";
import type { Io } from "../../cli/define.ts";
import { exitCodeOf } from "../../core/exit-table.ts";
import type { Receipt } from "../../core/record.ts";
import { acknowledgePrinted } from "../../inbox/acknowledge-printed.ts";
import { printReceipt } from "../follow-run.ts";
import { leaving } from "../leaving.ts";
import { createProgress } from "../progress.ts";
import { loudnessOf } from "./loudness.ts";
import { nextCommand } from "./next-command.ts";
import { printFields } from "./print-fields.ts";
import type { Flags, Target } from "./verb.ts";

const LOOK_AGAIN_MS = 50;

/** Follows a session from run to run until it has nothing more to do, and prints how its last one ended or what it asks. */
export async function waitSession({ ref }: Target, flags: Flags, io: Io): Promise<number> {
  const json = flags.json ?? false;
  const progress = createProgress(io.stderr, loudnessOf(flags));
  const left = leaving(
    {
      goOn: `the session goes on; ${io.self("codex_broker")} wait ${ref.brokerId}`,
      ...(flags.timeout === undefined ? {} : { timeoutMs: flags.timeout * 1000 }),
    },
    io,
  );
  const watching = watchSession(ref, {
    onRun: (runId) => {
      // At once, so that whoever is killed meanwhile has said what it waited for.
      if (!json) io.stdout.write(`run_id=${runId}\n`);
    },
    onEvent: progress.see,
  });
  try {
    const sight = await Promise.race([watching.done, left.signal]);
    progress.close();
    if (typeof sight === "number") return sight;
    if (!("receipt" in sight)) return tellNoRun(sight.view, json, io);
    const code = printReceipt(sight.receipt, io, { json, sessionShown: false, announced: [] });
    await acknowledgePrinted(
      { dir: runDirOf(ref, sight.receipt.run_id), receipt: sight.receipt, env: io.env },
      io.stdout,
    );
    return code;
  } finally {
    progress.close();
    left.release();
    watching.stop();
  }
}

/** How a session came to rest: with the receipt of its last run, which may ask something, or without any run. */
type Rest = { receipt: Receipt } | { view: SessionView };

interface Watching {
  done: Promise<Rest>;
  stop(): void;
}

function watchSession(
  ref: SessionRef,
  see: { onRun: (runId: string) => void; onEvent: (event: { type: string; [key: string]: unknown }) => void },
): Watching {
  let open: Attached | undefined;
  let stopped = false;
  let told: string | undefined;
  const tellRun = (runId: string) => {
    if (runId !== told) see.onRun(runId);
    told = runId;
  };
  /** Resolves with the receipt of a run that asks; undefined when it has ended, and the session may have more to do. */
  const watchRun = async ({ runId, dir }: LatestRun, line: Address): Promise<Receipt | undefined> => {
    const attached = await attach({ runId, dir, line, onEvent: see.onEvent });
    if ("ended" in attached) return undefined;
    open = attached;
    const sight = await attached.next();
    attached.detach();
    return sight.kind === "parked" ? sight.receipt : undefined;
  };
  const watch = async (): Promise<Rest> => {
    for (; !stopped; await sleep(LOOK_AGAIN_MS)) {
      const view = await readSessionView(ref);
      const { run } = view;
      const busy = view.state === "queued" || view.state === "running";
      if (!run && !busy) return { view };
      if (!run) continue;
      // Between two runs the one that is waited for has no record yet.
      if (run.view.state !== "ended" || !busy) tellRun(run.runId);
      if (run.view.state !== "ended") {
        const receipt = await watchRun(run, run.view.request);
        if (receipt) return { receipt };
      } else if (!busy) return { receipt: run.view.receipt };
    }
    return new Promise(() => {});
  };
  return {
    done: watch(),
    stop() {
      stopped = true;
      open?.detach();
    },
  };
}

/** It ended before it had a run, so there is no receipt to print. */
function tellNoRun(view: SessionView, json: boolean, io: Io): number {
  const code = exitCodeOf(view.state === "lost" ? "lost" : "cancelled");
  const { ref, state } = view;
  const reason = view.broker?.record.ended?.reason ?? null;
  const next = nextCommand(view, io.self);
  printFields({ broker_id: ref.brokerId, status: state, exit_code: code, run_id: null, reason, next }, json, io);
  return code;
}
