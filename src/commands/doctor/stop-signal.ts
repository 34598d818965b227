import type { Io } from "../../cli/define.ts";

const EXITS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export interface Stop {
  signal: AbortSignal;
  /** Rejects at the first signal that ends us. */
  stopped: Promise<never>;
  /** The code to end with then. */
  exitCode(): number;
  release(): void;
}

/** Ctrl-C and its like end what is under way, so that nothing of it is left. */
export function stopSignal(io: Io): Stop {
  const controller = new AbortController();
  let code: number = EXITS.SIGINT;
  const stop = (name: keyof typeof EXITS) => () => {
    code = EXITS[name];
    controller.abort(new Error(`stopped by ${name}`));
  };
  const undo = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((name) => io.onSignal(name, stop(name)));
  const stopped = new Promise<never>((_, reject) => {
    controller.signal.addEventListener("abort", () => reject(controller.signal.reason), { once: true });
  });
  // Whoever is done before the signal never listens to it.
  stopped.catch(() => {});
  return { signal: controller.signal, stopped, exitCode: () => code, release: () => undo.forEach((one) => void one()) };
}
