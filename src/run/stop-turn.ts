import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Receipt } from "../core/record.ts";
import type { Turn } from "../engine/engine.ts";
import { stopProcesses } from "../sys/stop-processes.ts";

const INTERRUPT_MS = 2_000;
const CLOSE_MS = 1_500;
const TERM_MS = 1_000;

/** Directories that Codex's sandbox makes in the workspace and, when it is interrupted, leaves there (CODEX.md surprise 17). */
const SANDBOX_DIRS = [".git", ".codex", ".agents", ".aws"];

export const missingSandboxDirs = (workspace: string): string[] =>
  SANDBOX_DIRS.filter((name) => !existsSync(join(workspace, name)));

/**
 * The stop ladder, and after it the sweep: interrupt a turn that still goes on, close stdin, TERM and KILL what is
 * left of the tree and whatever carries the run's marker. Returns when no process of the run is left, or says which.
 */
export async function stopTurn(
  turn: Turn,
  options: { runId: string; goingOn: boolean },
): Promise<Receipt["processes"]> {
  if (options.goingOn) await Promise.race([turn.interrupt(), pause(INTERRUPT_MS)]);
  await turn.close(CLOSE_MS);
  const swept = await stopProcesses(options.runId, turn.roots, TERM_MS);
  return { ...swept, removed_dirs: [] };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());
