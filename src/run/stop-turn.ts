import type { EndedProcesses } from "../core/record.ts";
import type { Thread } from "../engine/engine.ts";
import { lookBelow, stopProcesses } from "../sys/stop-processes.ts";

/*
 * All of it together stays below the 3 s that a stop of a session gives its broker, also for a Codex that does nothing
 * any more: 1.5 s and 0.2 s until it is clear that it hears neither, and 1 s until it is killed.
 */

/** How long an interrupted turn may take to end; it takes 0.02 s. */
const INTERRUPT_MS = 1_500;
/** How long Codex may take to go once its input is closed; it takes 0.05 s. */
const CLOSE_MS = 1_000;
/** The same for one that did not hear the interrupt: it won't hear this either. */
const DEAF_MS = 200;
const TERM_MS = 1_000;

export type Stopped = Omit<EndedProcesses, "removed_dirs">;

export interface StopOptions {
  /** What its processes carry. */
  markers: readonly string[];
  /** Whether its turn still goes on: that is ended first. `deaf`: that was tried. */
  goingOn: boolean | "deaf";
}

/**
 * The stop ladder, and after it the sweep: interrupt a turn that still goes on, close stdin, TERM and KILL what is
 * left of the tree and whatever carries one of the markers. Returns when no process of it is left, or says which.
 */
export async function stopThread(thread: Thread, { markers, goingOn }: StopOptions): Promise<Stopped> {
  const hears = goingOn === true ? await interruptTurn(thread) : goingOn !== "deaf";
  const seen = lookBelow(thread.roots);
  await thread.close(hears ? CLOSE_MS : DEAF_MS);
  return stopProcesses({ markers, roots: thread.roots, seen }, TERM_MS);
}

/** Asks Codex to end the turn, and waits for a moment; false: it did not. */
export const interruptTurn = (thread: Thread): Promise<boolean> =>
  Promise.race([thread.interrupt().then(() => true), pause(INTERRUPT_MS)]);

/** Ends what the commands of a turn have left behind, and nothing of the Codex that stays. */
export const sweepCommands = (marker: string): Promise<Stopped> => stopProcesses({ markers: [marker] }, TERM_MS);

const pause = (ms: number): Promise<false> => new Promise((resolve) => setTimeout(resolve, ms, false).unref());
