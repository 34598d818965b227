import type { Receipt } from "../core/record.ts";
import type { Turn } from "../engine/engine.ts";
import { stopProcesses } from "../sys/stop-processes.ts";

const INTERRUPT_MS = 2_000;
const CLOSE_MS = 1_500;
const TERM_MS = 1_000;

/**
 * The stop ladder, and after it the sweep: interrupt a turn that still goes on, close stdin, TERM and KILL what is
 * left of the tree and whatever carries the run's marker. Returns when no process of the run is left, or says which.
 */
export async function stopTurn(
  turn: Turn,
  options: { runId: string; goingOn: boolean },
): Promise<Omit<Receipt["processes"], "removed_dirs">> {
  if (options.goingOn) await Promise.race([turn.interrupt(), pause(INTERRUPT_MS)]);
  await turn.close(CLOSE_MS);
  return stopProcesses(options.runId, turn.roots, TERM_MS);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());
