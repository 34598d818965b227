import { statSync } from "node:fs";
import { join } from "node:path";
import { exitCodeOf } from "../core/exit-table.ts";
import type { Receipt, RunStatus } from "../core/record.ts";
import type { Owner, RunRequest } from "../core/request.ts";
import { policyWord } from "../policy/permission-profile.ts";
import { checksMarker } from "../sys/environment.ts";
import { attempt } from "../sys/files.ts";
import { isAlive, ownerOf } from "../sys/owner.ts";
import { homeOfRecord } from "../sys/paths.ts";
import { stillRoots, stopProcesses } from "../sys/stop-processes.ts";
import { closeLeftPower } from "./open-power.ts";
import { markersOf, powerPlace } from "./power-place.ts";
import { readReceipt, readRequest, readStatus, writeReceipt } from "./record.ts";
import { isHeld } from "./session-holder.ts";

/** How long a run may be without an owner after its starter died: the broker claims it within a tenth of a second. */
const CLAIM_MS = 10_000;

export type RunView =
  | { state: "ended"; receipt: Receipt }
  | { state: "queued" | "running" | "waiting_input"; status: RunStatus; request: RunRequest };

/**
 * What a run is, truly: an owner that is dead in a record that has not ended makes it `lost`, here and now, and what
 * is left of its processes is ended. `brokerPid` is known to a client that has just started the broker; null: the
 * broker is known to be dead.
 */
export async function readRun(dir: string, brokerPid?: number | null): Promise<RunView> {
  const done = readReceipt(dir);
  if (done) return { state: "ended", receipt: done };
  const status = readStatus(dir);
  const request = readRequest(dir);
  // Between the two last files of an end its owner still lives: for a reader the run goes on until the receipt is there.
  if (status.state === "ended" && status.owner && isAlive(status.owner)) return { state: "running", status, request };
  if (status.state !== "ended" && hasOwner(dir, status, request.starter, brokerPid))
    return { state: status.state, status, request };
  // The owner may have ended it between the two looks.
  const late = readReceipt(dir);
  if (late) return { state: "ended", receipt: late };
  return { state: "ended", receipt: await declareLost(dir, status, request) };
}

function hasOwner(dir: string, status: RunStatus, starter: Owner, brokerPid: number | null | undefined): boolean {
  if (status.owner) return isAlive(status.owner);
  if (brokerPid === null) return false;
  // Whoever started the broker knows whether it still comes up; the claim takes it a tenth of a second.
  if (brokerPid !== undefined) return ownerOf(brokerPid) !== undefined;
  return mayStillStart(starter, join(dir, "status.json"));
}

/** Whether the broker that a record waits for may still come up. */
export const mayStillStart = (starter: Owner, path: string): boolean =>
  isAlive(starter) || Date.now() - statSync(path).mtimeMs < CLAIM_MS;

async function declareLost(dir: string, status: RunStatus, request: RunRequest): Promise<Receipt> {
  const place = powerPlace(dir, request);
  const goesOn = request.live && isHeld(place.dir);
  const markers = goesOn ? [checksMarker(request.runId)] : markersOf(place, request.runId);
  const swept = await stopProcesses({ markers, roots: stillRoots(status.codex) }, 1_000);
  const removed = goesOn ? [] : (attempt(() => closeLeftPower(homeOfRecord(dir), place, request.workspace)) ?? []);
  const now = new Date();
  const sessionId = status.threadId ?? request.threadId ?? null;
  const receipt: Receipt = {
    ...emptyReceipt(dir, request, now),
    session_id: sessionId,
    verdict: "lost",
    exit_code: exitCodeOf("lost"),
    reason: whyLost(status),
    next: `codex_runs resume ${request.runId}${sessionId ? " goes on: what Codex did so far is in the session" : " starts it again"}`,
    processes: { killed: swept.killed, left: swept.left, removed_dirs: removed },
  };
  attempt(() => writeReceipt(dir, receipt));
  return receipt;
}

function whyLost({ owner, waiting }: RunStatus): string {
  if (!owner) return "the broker never started";
  return waiting ? "the broker died while the run waited for its start" : "the broker died before the run ended";
}

/** A receipt with what the request alone tells; every end of a run fills in the rest. */
export function emptyReceipt(dir: string, request: RunRequest, now: Date): Receipt {
  return {
    version: 1,
    run_id: request.runId,
    broker_id: request.brokerId,
    session_id: request.threadId ?? null,
    verdict: "failed",
    exit_code: exitCodeOf("failed"),
    reason: "",
    workspace: request.workspace,
    role: request.packet.role,
    power: request.power,
    policy: policyWord(request.power),
    verification: "none",
    engine: { name: request.engine, requested: request.engine },
    model: request.model ?? null,
    reasoning: request.reasoning ?? null,
    output_path: null,
    record: dir,
    answer: "",
    answer_truncated: false,
    files_changed: null,
    out_of_scope: [],
    concurrent: [],
    tokens: null,
    limits: request.limits,
    counts: { turns: 0, commands: 0, failed_commands: 0, edits: 0, messages: 0, retries: 0, questions: 0 },
    processes: { killed: [], left: [], removed_dirs: [] },
    ...(request.quota ? { quota: request.quota } : {}),
    warnings: request.warnings,
    started_at: request.createdAt,
    ended_at: now.toISOString(),
    elapsed_ms: now.getTime() - new Date(request.createdAt).getTime(),
  };
}
