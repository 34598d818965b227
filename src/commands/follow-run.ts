import type { Attached } from "../broker/client.ts";
import type { Io } from "../cli/define.ts";
import type { Receipt } from "../core/record.ts";
import { createProgress, type Loudness } from "./progress.ts";
import { type ReceiptOptions, renderReceipt } from "./render-receipt.ts";

export interface FollowOptions {
  runId: string;
  dir: string;
  socket: string;
  /** Brings the run's broker to life and resolves with its process id; called when the signals are listened to. */
  launch?: () => Promise<number>;
  /** Warnings that were said already. */
  announced?: readonly string[];
  /** Said to the parked question as soon as the line is open. */
  answer?: string;
  json: boolean;
  loudness: Loudness;
  /** Ctrl-C cancels the run of whoever started it; whoever only waits just goes. */
  ownsRun: boolean;
  timeoutMs?: number;
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
  const line = openLine(options, onEvent);
  const left = leaving(line, options, io);
  try {
    const sight = await Promise.race([watch(line, options.answer), left.signal]);
    progress.close();
    return typeof sight === "number"
      ? sight
      : printReceipt(sight, io, { json: options.json, sessionShown, announced: options.announced ?? [] });
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
    dir: options.dir,
    socket: options.socket,
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

/** Resolves with an exit code when the client must go before the run ends. Listens before the line is up: Ctrl-C may come first. */
function leaving(
  line: Promise<Line>,
  options: FollowOptions,
  io: Io,
): { signal: Promise<number>; release: () => void } {
  const undo: (() => void)[] = [];
  const signal = new Promise<number>((resolve) => {
    const goOn = `the run goes on; ${io.self("codex_runs")} wait ${options.runId}`;
    const detach = (code: number) => () => {
      io.stderr.write(`\ndetached: ${goOn}\n`);
      resolve(code);
    };
    let cancelling = false;
    const interrupt = () => {
      if (!options.ownsRun || cancelling) return detach(130)();
      cancelling = true;
      io.stderr.write("\ncancelling (Ctrl-C again: leave it to the broker)\n");
      void line.then((open) => ("cancel" in open ? open.cancel("Ctrl-C") : undefined)).catch(() => {});
    };
    undo.push(
      io.onSignal("SIGINT", interrupt),
      io.onSignal("SIGTERM", detach(143)),
      io.onSignal("SIGHUP", detach(129)),
    );
    if (options.timeoutMs !== undefined) {
      const timer = setTimeout(() => {
        io.stderr.write(`still running: ${goOn}\n`);
        resolve(75);
      }, options.timeoutMs);
      undo.push(() => clearTimeout(timer));
    }
  });
  return { signal, release: () => undo.forEach((one) => void one()) };
}
