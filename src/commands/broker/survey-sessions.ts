import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { latestBroker, type SessionRef, sessionDir, sessionPath } from "../../broker/store/broker-record.ts";
import { brokerOfRun, listRuns, listSessionRefs, runDirOf } from "../../broker/store/list-sessions.ts";
import { readSessionView, type SessionView } from "../../broker/store/read-session.ts";
import { messageOf } from "../../core/errors.ts";
import { isBrokerId } from "../../core/ids.ts";
import { readIfThere } from "../../sys/files.ts";

/** A session that was found, with what it is. */
export interface SurveyedSession {
  view: SessionView;
  touchedAtMs: number;
}

export interface Survey {
  /** Those that live first, then the newest of the ended ones. */
  live: SurveyedSession[];
  ended: SurveyedSession[];
  /** Ended ones that are older than these. */
  older: number;
  broken: { broker_id: string; reason: string }[];
}

interface Candidate {
  ref: SessionRef;
  touchedAtMs: number;
  /** What its files say at a glance; one that looks alive is looked at closely. */
  over: boolean;
}

/** Finds the sessions of some workspaces; only those that may live, and the newest `endedCount` others, are read whole. */
export async function surveySessions(
  home: string,
  workspaceKeyDirs: readonly string[],
  endedCount: number,
): Promise<Survey> {
  const survey: Survey = { live: [], ended: [], older: 0, broken: [] };
  const found = workspaceKeyDirs.flatMap((dir) => candidates(home, dir));
  found.sort((one, two) => two.touchedAtMs - one.touchedAtMs);
  for (const one of found.filter(({ over }) => !over)) await take(survey, one);
  for (const one of found.filter(({ over }) => over)) {
    if (survey.ended.length < endedCount) await take(survey, one);
    else survey.older++;
  }
  survey.ended.sort((one, two) => two.touchedAtMs - one.touchedAtMs);
  survey.older += survey.ended.splice(endedCount).length;
  return survey;
}

async function take(survey: Survey, { ref, touchedAtMs }: Candidate): Promise<void> {
  try {
    const view = await readSessionView(ref);
    const over = view.state === "stopped" || view.state === "lost";
    survey[over ? "ended" : "live"].push({ view, touchedAtMs });
  } catch (error) {
    survey.broken.push({ broker_id: ref.brokerId, reason: messageOf(error) });
  }
}

function candidates(home: string, workspaceKeyDir: string): Candidate[] {
  const refs = new Map(listSessionRefs(home, workspaceKeyDir).map((ref) => [ref.brokerId, ref]));
  for (const brokerId of brokersAtWork(workspaceKeyDir)) refs.set(brokerId, { home, workspaceKeyDir, brokerId });
  return [...refs.values()].map((ref) => ({ ref, touchedAtMs: touchedAt(ref), over: isOver(ref) }));
}

/** The brokers of runs that have no receipt: before its thread is there, a run of `ask_codex` is in no session record. */
const brokersAtWork = (workspaceKeyDir: string): string[] =>
  listRuns(workspaceKeyDir)
    .map((runId) => runDirOf({ workspaceKeyDir }, runId))
    .filter((dir) => !existsSync(join(dir, "result.json")))
    .flatMap((dir) => brokerOfRun(dir) ?? [])
    .filter(isBrokerId);

/** When the session last changed: its record, or the records of its brokers. */
function touchedAt(ref: SessionRef): number {
  const paths = [sessionPath(ref), join(sessionDir(ref), "brokers")];
  const times = paths.map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  // One that has neither yet is younger than all others.
  return Math.max(...times) || Number.MAX_SAFE_INTEGER;
}

const WithRuns = z.looseObject({ runs: z.array(z.string()) });

/** What is broken is no more than over: who reads it whole says what is wrong. */
function isOver(ref: SessionRef): boolean {
  try {
    const broker = latestBroker(ref);
    if (broker) return broker.record.ended !== null;
    const last = WithRuns.parse(JSON.parse(readIfThere(sessionPath(ref)) ?? "")).runs.at(-1);
    return last !== undefined && existsSync(join(runDirOf(ref, last), "result.json"));
  } catch {
    return true;
  }
}
