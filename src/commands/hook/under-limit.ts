import type { Io } from "../../cli/define.ts";
import { messageOf } from "../../core/errors.ts";

/**
 * Does something within the gate's own limit, which ends before the hook's does; and when Claude Code ends the hook
 * (SIGTERM, and a second later SIGKILL: measured), the runs are cancelled in that second. What is not cancelled in time ends
 * at its own limit: runs live in a broker that Claude Code can't reach.
 */
export async function underLimit<Result extends object>(
  limitS: number,
  io: Io,
  act: (signal: AbortSignal) => Promise<Result>,
): Promise<Result | { failure: string; late?: Result }> {
  const controller = new AbortController();
  const end = (why: string) => controller.abort(why);
  const timer = setTimeout(() => end(`the gate's limit of ${limitS} s was reached`), limitS * 1000);
  const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
  const quiet = signals.map((name) => io.onSignal(name, () => end("the hook was stopped")));
  try {
    const result = await act(controller.signal);
    return controller.signal.aborted ? { failure: messageOf(controller.signal.reason), late: result } : result;
  } catch (error) {
    return { failure: messageOf(controller.signal.aborted ? controller.signal.reason : error) };
  } finally {
    clearTimeout(timer);
    for (const off of quiet) off();
  }
}
