import { existsSync } from "node:fs";
import type { SessionRecord } from "../core/record.ts";
import { runDir } from "../sys/paths.ts";
import { readReceipt } from "./record.ts";

/**
 * Whether a turn of a session's thread is known to have come to an end. Codex writes a thread down with its first turn,
 * a moment after it has got the prompt: a thread without one may be known to nobody any more (0.169.0).
 */
export const hasSpoken = (home: string, { runs, workspace }: SessionRecord): boolean =>
  runs.some((runId) => {
    const dir = runDir(home, workspace, runId);
    // A record that was removed since is one of a run that is long over.
    return !existsSync(dir) || (readReceipt(dir)?.counts.turns ?? 0) > 0;
  });
