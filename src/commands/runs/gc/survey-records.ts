import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { sessionDir } from "../../../broker/store/broker-record.ts";
import { listSessionRefs } from "../../../broker/store/list-sessions.ts";
import { messageOf } from "../../../core/errors.ts";
import { isBrokerId, isRunId } from "../../../core/ids.ts";
import type { Receipt } from "../../../core/record.ts";
import { isUndelivered } from "../../../inbox/is-undelivered.ts";
import { readRun } from "../../../run/read-run.ts";
import { readReceipt, readRequest, readStatus } from "../../../run/record.ts";
import { attempt, isThere } from "../../../sys/files.ts";
import { isAlive } from "../../../sys/owner.ts";
import { isUndoing } from "../undo-record.ts";
import { type FoundSession, lookAtSession } from "./look-at-session.ts";

export type FoundRun = { id: string; dir: string } & (
  | {
      state: "over";
      workspace: string;
      endedAt: number;
      thread: string | null;
      /** The end of a background run that nobody has read. */
      isUndelivered: boolean;
    }
  | { state: "live"; workspace: string }
  | { state: "unreadable"; reason: string }
);

/** Everything that the state home holds of runs. */
export interface Survey {
  runs: FoundRun[];
  sessions: FoundSession[];
  /** Folders that an earlier removal left half-way. */
  halfGone: string[];
  temporary: { id: string; dir: string; touchedAt: number }[];
}

/** What a removed folder is called until all of it is gone: no id, so nobody finds half a record. */
export const HALF_GONE = ".gone-";

/**
 * Looks through the state home, following no link. Runs and sessions whose owner is dead are made `lost` on the way, if
 * that is wanted.
 */
export async function surveyRecords(home: string, temporaryRoot: string, reconcile: boolean): Promise<Survey> {
  const survey: Survey = { runs: [], sessions: [], halfGone: [], temporary: [] };
  const root = join(home, "workspaces");
  for (const workspace of realDirs(root)) {
    const runs = join(root, workspace, "runs");
    for (const name of realDirs(runs)) {
      if (isRunId(name)) survey.runs.push(...(await lookAtRun(name, join(runs, name), reconcile)));
      else if (name.startsWith(HALF_GONE)) survey.halfGone.push(join(runs, name));
    }
    const sessions = join(root, workspace, "sessions");
    for (const folder of [sessions, ...["run-keys", "reviews"].map((name) => join(root, workspace, name))])
      for (const name of realDirs(folder)) if (name.startsWith(HALF_GONE)) survey.halfGone.push(join(folder, name));
    for (const ref of isRealDir(sessions) ? listSessionRefs(home, join(root, workspace)) : [])
      if (!isLink(sessionDir(ref))) survey.sessions.push(...(await lookAtSession(ref, reconcile)));
  }
  // In the machine's temporary directory anybody may put something under our name.
  for (const id of isOwn(temporaryRoot) ? realDirs(temporaryRoot) : []) {
    const dir = join(temporaryRoot, id);
    const touchedAt = lstatSync(dir, { throwIfNoEntry: false })?.mtimeMs;
    if (touchedAt !== undefined && (isRunId(id) || isBrokerId(id))) survey.temporary.push({ id, dir, touchedAt });
  }
  survey.runs.sort((one, two) => (one.id < two.id ? -1 : 1));
  return survey;
}

/** None where another gc removes it at this moment. */
async function lookAtRun(id: string, dir: string, reconcile: boolean): Promise<FoundRun[]> {
  try {
    return [await readOne(id, dir, reconcile)];
  } catch (error) {
    return isThere(dir) ? [{ id, dir, state: "unreadable", reason: messageOf(error) }] : [];
  }
}

async function readOne(id: string, dir: string, reconcile: boolean): Promise<FoundRun> {
  const receipt = readReceipt(dir);
  if (receipt) return over(id, dir, receipt);
  const request = readRequest(dir);
  const { workspace } = request;
  const { owner, threadId } = readStatus(dir);
  if (isAlive(owner ?? request.starter)) return { id, dir, state: "live", workspace };
  if (!reconcile) {
    const thread = threadId ?? request.threadId ?? null;
    const isUndelivered = request.background !== undefined;
    return { id, dir, state: "over", workspace, endedAt: Date.parse(request.createdAt), thread, isUndelivered };
  }
  const view = await readRun(dir);
  return view.state === "ended" ? over(id, dir, view.receipt) : { id, dir, state: "live", workspace };
}

/** Nobody knows when a lost run ended, and it may have been found lost only now: its start counts. */
function over(id: string, dir: string, receipt: Receipt): FoundRun {
  const endedAt = Date.parse(receipt.verdict === "lost" ? receipt.started_at : receipt.ended_at);
  const { workspace, session_id: thread } = receipt;
  if (isUndoing(dir)) return { id, dir, state: "live", workspace };
  return {
    id,
    dir,
    state: "over",
    workspace,
    endedAt,
    thread,
    isUndelivered: attempt(() => isUndelivered(dir)) ?? false,
  };
}

const realDirs = (root: string): string[] =>
  (isRealDir(root) ? (attempt(() => readdirSync(root, { withFileTypes: true })) ?? []) : []).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );

const isRealDir = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;

const isOwn = (path: string): boolean =>
  process.getuid === undefined || lstatSync(path, { throwIfNoEntry: false })?.uid === process.getuid();
