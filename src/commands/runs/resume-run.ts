import { join } from "node:path";
import type { Io } from "../../cli/define.ts";
import { AskCodexError, usageError } from "../../core/errors.ts";
import type { Receipt } from "../../core/record.ts";
import type { RunRequest } from "../../core/request.ts";
import { refuseRecursion } from "../../gate/recursion.ts";
import { type Draft, withoutGaps } from "../../packet/draft.ts";
import { readRun } from "../../run/read-run.ts";
import { findRunDir, readRequest, readStatus } from "../../run/record.ts";
import { findSession } from "../../run/session-record.ts";
import { attempt } from "../../sys/files.ts";
import { stateHome } from "../../sys/paths.ts";
import { delegate } from "../ask/delegate.ts";
import { findNamedSession } from "../ask/find-named-session.ts";
import type { AskFlags } from "../ask/flags.ts";
import type { Target } from "./target.ts";
import type { Flags } from "./verb.ts";

/**
 * Goes on with a run that ended before it was done, as `ask_codex --session` does: same thread, same power, the checks
 * of its own packet. A run that never got a thread is begun again from its request.
 */
export async function resumeRun({ runId, dir }: Target, flags: Flags, io: Io): Promise<number> {
  refuseRecursion(io.env);
  const view = await readRun(dir);
  if (view.state !== "ended")
    throw new AskCodexError("refused", `the run ${runId} is ${view.state}`, { hint: `codex_runs wait ${runId}` });
  const { receipt } = view;
  refuseOver(runId, receipt);
  const home = stateHome(io.env);
  const request = readRequest(dir);
  const threadId = receipt.session_id ?? undefined;
  if (threadId !== undefined) refuseLeftBehind(home, runId);
  const goal = threadId !== undefined && isHeard(dir) ? { goal: goOn(receipt) } : {};
  const packet = { ...packetDraft(request), ...goal };
  const draft: Draft =
    threadId === undefined ? { ...packet, ...anewDraft(request) } : { ...packet, allowDirtyOverlap: true };
  const said = [{ source: `run ${runId}`, draft }];
  // Paths of the packet are the workspace's, wherever the caller stands.
  const there: Io = Object.create(io, { cwd: { value: request.workspace } });
  const asked: AskFlags = {
    ...outputFlags(flags),
    ...(threadId === undefined ? powerFlags(request) : { session: threadId }),
  };
  const found = await findNamedSession(home, asked.session, said, there);
  return delegate({ said, home, found, flags: asked, before: request }, there);
}

/** What ended as it should, or waits for a person, is not gone on with by a word of ours. */
function refuseOver(runId: string, { verdict }: Receipt): void {
  const why: Partial<Record<Receipt["verdict"], [what: string, hint: string]>> = {
    done: ["is done", `ask_codex --session ${runId} "…" goes on in its session`],
    question: ["asked something", `answer it: ask_codex --session ${runId} "…"`],
    blocked: ["needs something from you", `clear the way, then say so: ask_codex --session ${runId} "…"`],
    violation: [
      "changed what it may not",
      `show it to the user; codex_runs undo ${runId} --out-of-scope takes that back, ask_codex --session ${runId} "…" goes on`,
    ],
  };
  const found = why[verdict];
  if (found) throw usageError(`the run ${runId} ${found[0]}, so there is nothing to resume`, found[1]);
}

/** A later run that Codex never heard of changed nothing. */
function refuseLeftBehind(home: string, runId: string): void {
  const runs = findSession(home, runId)?.runs ?? [];
  const last = runs.slice(runs.indexOf(runId) + 1).findLast((id) => isHeard(findRunDir(home, id)));
  if (runs.includes(runId) && last !== undefined)
    throw usageError(`the session of ${runId} has gone on since: its last run is ${last}`, `codex_runs show ${last}`);
}

/** Whether Codex was given the prompt of a run; of a record that is gone nobody can say so. */
const isHeard = (dir: string | undefined): boolean =>
  dir === undefined || attempt(() => readStatus(dir))?.sent === true;

/** What Codex is told; how the run ended is news to it. */
const goOn = ({ verdict, reason }: Receipt): string =>
  `The run before this one ended before the work was done (${verdict}: ${reason}). Look at what is done already, then finish the task and report as you were asked to.`;

/** What a packet asks for, whoever carries it out. */
function packetDraft({ packet, limits, workspace, verifyBase, autoReview, output }: RunRequest): Draft {
  const { goal, nonGoals, verify, verifyProse, expectFiles, deliverable } = packet;
  const seconds = (ms: number) => ms / 1000;
  return withoutGaps({
    ...{ goal, nonGoals, verify, verifyProse, deliverable, verifyBase, autoReview, output },
    expectFiles: expectFiles.map((path) => join(workspace, path)),
    timeoutS: seconds(limits.totalMs),
    idleTimeoutS: seconds(limits.idleMs),
    verifyTimeoutS: seconds(limits.checkMs),
    maxSteps: limits.maxSteps,
  });
}

/** What a session would know. */
function anewDraft({ packet, power, workspace, model, reasoning, engine, enginePinned }: RunRequest): Draft {
  const { role, files, context, plan, taskId, allowDirtyOverlap } = packet;
  return withoutGaps({
    ...{ role, files, context, plan, taskId, allowDirtyOverlap, workspace, model, reasoning },
    engine: enginePinned ? engine : undefined,
    scope: power.scope.length > 0 ? power.scope : undefined,
  });
}

function powerFlags({ power }: RunRequest): AskFlags {
  const { write, network, writable, tmp, env } = power;
  return {
    ...(write === "everything" ? { sandbox: "danger-full-access" as const } : {}),
    ...(write === "none" ? { sandbox: "read-only" as const } : {}),
    ...(network && write !== "everything" ? { network } : {}),
    ...(writable.length > 0 ? { writable } : {}),
    ...(!tmp && write !== "none" ? { "no-tmp": true } : {}),
    ...(env.length > 0 ? { env } : {}),
  };
}

function outputFlags({ json, quiet, verbose, background, park, force }: Flags): AskFlags {
  return {
    ...(json ? { json } : {}),
    ...(quiet ? { quiet } : {}),
    ...(verbose ? { verbose } : {}),
    ...(background ? { background } : {}),
    ...(park ? { park } : {}),
    ...(force ? { force } : {}),
  };
}
