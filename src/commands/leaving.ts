import type { Io } from "../cli/define.ts";

export interface LeavingOptions {
  /** What is said to whoever goes: how to come back to what goes on. */
  goOn: string;
  /** Ctrl-C stops what was begun here; whoever only waits just goes. */
  cancel?: () => void;
  timeoutMs?: number;
}

/**
 * Resolves with an exit code when the client must go before the end: a signal, or its time is up. Only the first Ctrl-C
 * stops what was begun here; SIGTERM and SIGHUP never do, for the run is not ours to lose (DESIGN.md 3).
 */
export function leaving({ goOn, cancel, timeoutMs }: LeavingOptions, io: Io): Leaving {
  const undo: (() => void)[] = [];
  const signal = new Promise<number>((resolve) => {
    const detach = (code: number) => () => {
      io.stderr.write(`\ndetached: ${goOn}\n`);
      resolve(code);
    };
    let cancelling = false;
    const interrupt = () => {
      if (!cancel || cancelling) return detach(130)();
      cancelling = true;
      io.stderr.write("\ncancelling (Ctrl-C again: leave it to the broker)\n");
      cancel();
    };
    undo.push(
      io.onSignal("SIGINT", interrupt),
      io.onSignal("SIGTERM", detach(143)),
      io.onSignal("SIGHUP", detach(129)),
    );
    if (timeoutMs !== undefined) {
      const timer = setTimeout(() => {
        io.stderr.write(`still running: ${goOn}\n`);
        resolve(75);
      }, timeoutMs);
      undo.push(() => clearTimeout(timer));
    }
  });
  return { signal, release: () => undo.forEach((one) => void one()) };
}

export interface Leaving {
  signal: Promise<number>;
  release(): void;
}
