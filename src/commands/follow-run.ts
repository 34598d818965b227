import type { Attached } from "../broker/client.ts";
import type { Address } from "../broker/line.ts";
import type { Io } from "../cli/define.ts";
import type { Receipt } from "../core/record.ts";
import { leaving } from "./leaving.ts";
import { createProgress, type Loudness } from "./progress.ts";
import { type ReceiptOptions, renderReceipt } from "./render-receipt.ts";

export interface FollowOptions {
  runId: string;
  dir: string;
  /** The run's broker: a run's request is one, and so is the record of a session's broker. */
  line: Address;
  /** Begins the run, when the signals are listened to; resolves with the process id of a broker that it brought to life. */
  launch?: () => Promise<number | undefined>;
  /** Warnings that were said already. */
  announced?: readonly string[];
  /** Said to the parked question as soon as the line is open. */
  answer?: string;
  json: boolean;
  loudness: Loudness;
  /** Ctrl-C cancels the run of whoever started it; whoever only waits just goes. */
  ownsRun: boolean;
  timeoutMs?: number;
  /** What the run is at when it is attached to, as its event would have told. */
  first?: { type: string; [key: string]: unknown };
  /** Called when the receipt, of an end or of a question, was printed. */
  onPrinted?: (receipt: Receipt) => Promise<void>;
}

/**
 * Attaches to a run, shows its progress, prints how it ended or what it asks, and resolves with the exit code.
 * Ctrl-C cancels; SIGTERM and SIGHUP only detach, for the run is not ours to lose (DESIGN.md 3).
 */
export async function followRun(options: FollowOptions, io: Io): Promise<number> {
  const progress = createProgress(io.stderr, options.loudness);
  let sessionShown = false;
  const onEvent = (event: { type: string; [key: string]: unknown }) => {
    if (event.type === "thread" && !options.json && !sessionShown) {
      sessionShown = true;
      io.stdout.write(`session_id=${String(event.threadId)}\n`);
    }
    progress.see(event);
  };
  if (options.first) onEvent(options.first);
  const line = openLine(options, onEvent);
  const stop = () => void line.then((open) => ("cancel" in open ? open.cancel("Ctrl-C") : undefined)).catch(() => {});
  const { timeoutMs } = options;
  const left = leaving(
    {
      goOn: `the run goes on; ${io.self("codex_runs")} wait ${options.runId}`,
      ...(options.ownsRun ? { cancel: stop } : {}),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    },
    io,
  );
  try {
    const sight = await Promise.race([watch(line, options.answer), left.signal]);
    progress.close();
    if (typeof sight === "number") return sight;
    const code = printReceipt(sight, io, { json: options.json, sessionShown, announced: options.announced ?? [] });
    await options.onPrinted?.(sight);
    return code;
  } finally {
    progress.close();
    left.release();
    // A line that never came up has nothing to let go of, and its error was thrown above.
    const open = await Promise.race([line, undefined]);
    if (open && "detach" in open) open.detach();
  }
}

async function openLine(
  options: FollowOptions,
  onEvent: (event: { type: string; [key: string]: unknown }) => void,
): Promise<Line> {
  // A moment later than now: whoever calls listens to the signals first.
  await undefined;
  const brokerPid = await options.launch?.();
  // Loaded while the broker comes up, which takes longer.
  const { attach } = await import("../broker/client.ts");
  return attach({
    runId: options.runId,
    dir: options.dir,
    line: options.line,
    onEvent,
    ...(brokerPid === undefined ? {} : { brokerPid }),
  });
}

/** What the line shows next: the receipt of a run that ended or asks. */
async function watch(line: Promise<Line>, answer: string | undefined): Promise<Receipt | number> {
  const open = await line;
  if ("ended" in open) return open.ended;
  if (answer !== undefined && !(await open.answer(answer))) return NOT_DELIVERED;
  return (await open.next()).receipt;
}

type Line = Attached | { ended: Receipt };

/** The question was answered by somebody else, or its time was up, just before. */
export const NOT_DELIVERED = -1;

/** Prints how a run ended; the exit code is the receipt's. */
export function printReceipt(
  receipt: Receipt,
  io: Io,
  options: Omit<ReceiptOptions, "self"> & { json: boolean },
): number {
  io.stdout.write(
    options.json
      ? `${JSON.stringify(receipt)}
`
      : renderReceipt(receipt, { ...options, self: io.self }),
  );
  return receipt.exit_code;
}
