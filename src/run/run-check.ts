import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { redact } from "../core/redact.ts";
import type { CheckResult } from "../core/verification.ts";
import { RUN_MARKER } from "../sys/environment.ts";
import { PLATFORM } from "../sys/platform.ts";
import type { Command, Exit } from "../sys/spawn.ts";
import { type OnPipe, spawnOnPipe } from "../sys/spawn-on-pipe.ts";
import { type StopReport, stopProcesses } from "../sys/stop-processes.ts";
import { checkArgv, checkVariables, createStartWatch } from "./check-argv.ts";
import { type CheckLog, openCheckLog } from "./check-log.ts";
import { type CheckStop, judgeCheck } from "./judge-check.ts";

const TERM_MS = 1_000;
/** How long the output of a check that is gone may be silent, and how long it may come at all: what is left can't be ours. */
const SILENT_MS = 300;
const DRAIN_LOOKS = 10;

export interface CheckOptions {
  /** Builds the sandboxed command; without a sandbox, the argv itself. */
  command: (argv: readonly string[]) => Command;
  recordDir: string;
  /** Path of the log, relative to the record. */
  output: string;
  /** 0: none. */
  timeoutMs: number;
  signal?: AbortSignal;
  /** The marker by which everything that the check started is found again: nothing else alive may carry it. */
  runId: string;
}

/**
 * Runs one check and returns when no process of it is left. A failing check is a result; only a record that can't be
 * written rejects.
 */
export async function runCheck(command: string, options: CheckOptions): Promise<CheckResult> {
  if (options.signal?.aborted) return cancelledCheck(command);
  const startedAt = performance.now();
  const what = options.command(checkArgv(command, PLATFORM));
  const logPath = join(options.recordDir, options.output);
  const log = openCheckLog(logPath);
  const child = startCheck(
    { ...what, env: { ...what.env, ...checkVariables(command, PLATFORM), [RUN_MARKER]: options.runId } },
    logPath,
    log,
  );
  const watch = createStartWatch();
  child.output.on("data", (chunk: Buffer) => log.push(watch.pass(chunk)));
  const drained = drain(child.output);
  const { exit, stop, swept } = await waitForEnd(child, options);
  await drained();
  const elapsed = Math.round(performance.now() - startedAt);
  const output_tail = log.close();
  const judged = judgeCheck(exit, stop, watch.started(), `${child.stderrTail()} ${watch.said()}`, options.timeoutMs);
  const left = swept.left.length > 0 ? [`would not end: ${swept.left.join(", ")}`] : [];
  const reason = [judged.reason ?? [], left].flat().join("; ");
  return {
    command: redact(command),
    outcome: judged.outcome,
    exit_code: judged.outcome === "passed" || judged.outcome === "failed" ? exit.code : null,
    elapsed_ms: elapsed,
    ...(reason === "" ? {} : { reason }),
    output: options.output,
    output_tail,
  };
}

export const cancelledCheck = (command: string): CheckResult => ({
  command: redact(command),
  outcome: "cancelled",
  exit_code: null,
  elapsed_ms: 0,
  output: "",
  output_tail: "",
});

function startCheck(what: Command, logPath: string, log: CheckLog): OnPipe {
  try {
    return spawnOnPipe(what, `${logPath}.pipe`);
  } catch (error) {
    log.close();
    throw error;
  }
}

/** Waits for the end of the output, but not for somebody who was not found and holds it open. */
function drain(output: Readable): () => Promise<void> {
  let bytes = 0;
  let closed = false;
  output.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  const end = new Promise<void>((resolve) => {
    output.once("close", () => {
      closed = true;
      resolve();
    });
  });
  return async () => {
    for (let looks = 0, seen = -1; !closed && looks < DRAIN_LOOKS && seen < bytes; looks++) {
      seen = bytes;
      await Promise.race([end, sleep(SILENT_MS, undefined, { ref: false })]);
    }
    output.destroy();
  };
}

/** The first of the exit, the limit and the caller's wish; then everything that the check left is ended. */
async function waitForEnd(
  child: OnPipe,
  { timeoutMs, signal, runId }: CheckOptions,
): Promise<{ exit: Exit; stop: CheckStop | undefined; swept: StopReport }> {
  const stopped = stopSignal(timeoutMs, signal);
  try {
    const first = await Promise.race([child.exited, stopped.happened]);
    const stop = typeof first === "string" ? first : undefined;
    // The id of a process that is gone may be somebody else's by now.
    const swept = await stopProcesses(
      { markers: [runId], roots: stop && child.pid !== undefined ? [child.pid] : [] },
      TERM_MS,
    );
    return { exit: await child.exited, stop, swept };
  } finally {
    stopped.dispose();
  }
}

function stopSignal(timeoutMs: number, signal: AbortSignal | undefined) {
  let cancel = () => {};
  let timer: NodeJS.Timeout | undefined;
  const happened = new Promise<CheckStop>((resolve) => {
    cancel = () => resolve("cancelled");
    if (timeoutMs > 0) timer = setTimeout(resolve, timeoutMs, "timeout");
    if (signal?.aborted) cancel();
    signal?.addEventListener("abort", cancel, { once: true });
  });
  return {
    happened,
    dispose: () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
    },
  };
}
