import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { latestBroker, type SessionRef } from "../../broker/store/broker-record.ts";
import { runDirOf } from "../../broker/store/list-sessions.ts";
import { RunStatus } from "../../core/record.ts";
import { parseIfThere } from "../../run/record.ts";
import { isThere } from "../../sys/files.ts";

const WAIT_MS = 900;
const LOOK_AGAIN_MS = 15;

/** Waits for Codex's thread of a run that begins, but no longer than a caller may be held up, and not when all is over. */
export async function awaitThread(ref: SessionRef, runId: string): Promise<string | undefined> {
  const dir = runDirOf(ref, runId);
  for (const until = Date.now() + WAIT_MS; ; ) {
    const threadId = parseIfThere(join(dir, "status.json"), RunStatus)?.threadId;
    if (threadId !== undefined) return threadId;
    const over = isThere(join(dir, "result.json")) || (latestBroker(ref)?.record.ended ?? null) !== null;
    if (over || Date.now() >= until) return undefined;
    await sleep(LOOK_AGAIN_MS);
  }
}
