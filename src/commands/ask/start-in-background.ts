import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { askBroker } from "../../broker/client.ts";
import { isCut } from "../../broker/line.ts";
import type { Io } from "../../cli/define.ts";
import type { RunRequest } from "../../core/request.ts";
import { keepSession } from "../../run/keep-run.ts";
import { readRun } from "../../run/read-run.ts";
import { readReceipt, readRequest, readStatus } from "../../run/record.ts";
import { readSession } from "../../run/session-record.ts";
import { attempt } from "../../sys/files.ts";
import { homeOfRecord } from "../../sys/paths.ts";
import { printFields } from "../broker/print-fields.ts";
import { NOT_DELIVERED } from "../follow-run.ts";
import type { WaitingRun } from "./resolve-session.ts";

/** How long a start waits for its broker's first word, so that what is said of the run is what it is. */
const UP_MS = 400;
const LOOK_AGAIN_MS = 10;

/** Begins a run whose record is written, says where it is to be found, and leaves it to its broker. */
export async function startInBackground(
  { request, dir, launch }: { request: RunRequest; dir: string; launch: () => Promise<number> },
  json: boolean,
  io: Io,
): Promise<number> {
  holdSession(dir, request);
  const brokerPid = await launch();
  for (const until = Date.now() + UP_MS; !isUp(dir) && Date.now() < until; ) await sleep(LOOK_AGAIN_MS);
  const { state } = await readRun(dir, brokerPid);
  tellRun({ request, dir, status: state, isNew: true }, json, io);
  return 0;
}

/** A run may wait for long before it has its thread: whoever looks at the session sees from now on that it is taken. */
function holdSession(dir: string, request: RunRequest): void {
  const home = homeOfRecord(dir);
  const { threadId, workspace, brokerId, model, createdAt } = request;
  if (threadId !== undefined && readSession(home, workspace, brokerId))
    keepSession(home, request, { sessionId: threadId, model, now: createdAt });
}

/** Whether a broker has said that the run waits, or that it goes on. */
function isUp(dir: string): boolean {
  const status = attempt(() => readStatus(dir));
  return status?.owner !== undefined && (status.state !== "queued" || status.waiting !== undefined);
}

/** Says where the run is to be found that was begun before with the same key. */
export async function tellEarlier(
  { runId, dir }: { runId: string; dir: string },
  json: boolean,
  io: Io,
): Promise<number> {
  const { state } = await readRun(dir);
  if (!json) io.stdout.write(`run_id=${runId}\n`);
  tellRun({ request: readRequest(dir), dir, status: state, isNew: false }, json, io);
  return 0;
}

/** Puts the answer into the turn that waits for it, and leaves the run to its broker; the run's id was said before. */
export async function answerAndLeave(
  { runId, dir, line }: WaitingRun,
  answer: string,
  json: boolean,
  io: Io,
): Promise<number> {
  const said = await askBroker(line, (open) => open.answer(answer, runId)).catch((error: unknown) => {
    // Gone before it answered: the record tells how the run ended.
    if (isCut(error)) return undefined;
    throw error;
  });
  if (said === undefined || said === "silent" || !said.said.delivered) return NOT_DELIVERED;
  tellRun({ request: readRequest(dir), dir, status: "running", isNew: true }, json, io);
  return 0;
}

export interface Told {
  request: RunRequest;
  dir: string;
  status: string;
  /** False: it was there before this call. */
  isNew: boolean;
  /** The command that waits for its end. */
  next?: string;
}

/** Where a run is to be found that goes on by itself. Its id is said already where this is no object. */
export function tellRun({ request, dir, status, isNew, next }: Told, json: boolean, io: Io): void {
  const { runId, threadId, workspace, output, background } = request;
  const thread = threadId ?? attempt(() => readStatus(dir))?.threadId ?? null;
  const receipt = attempt(() => readReceipt(dir));
  const fields = {
    session_id: receipt?.session_id ?? thread,
    status,
    record: dir,
    output_path: receipt?.output_path ?? output ?? join(workspace, ".ask-codex", `${runId}.md`),
    parked_until: background?.notBefore ?? null,
    started: json || !isNew ? isNew : null,
    next: next ?? `${io.self("codex_runs")} wait ${runId}`,
  };
  printFields(json ? { run_id: runId, ...fields } : fields, json, io);
}
