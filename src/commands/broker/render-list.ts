import { join } from "node:path";
import { oneLine, shortLine } from "../../core/one-line.ts";
import type { SessionState } from "../../core/session.ts";
import { headOf } from "../../sys/growing-file.ts";
import { oneLinePath } from "../render-receipt.ts";
import { cutBytes } from "./fit-lines.ts";
import { shortTime } from "./short-time.ts";
import type { SurveyedSession } from "./survey-sessions.ts";

const GOAL_CHARS = 60;
const HEAD_BYTES = 1_024;
const PATH_BYTES = 120;

/** A session in a list. */
export interface ListedSession {
  broker_id: string;
  name: string | null;
  status: SessionState;
  /** How long it is in this state. */
  for_s: number;
  session_id: string | null;
  run_id: string | null;
  last_verdict: string | null;
  queue_depth: number;
  goal: string;
  workspace: string;
}

/** What a list says of a session. */
export function listedSession({ view, touchedAtMs }: SurveyedSession, clockMs: number): ListedSession {
  const { run, session } = view;
  const live = run && run.view.state !== "ended" ? run.view : undefined;
  const receipt = run?.view.state === "ended" ? run.view.receipt : undefined;
  const since = view.idleSince ?? live?.status.question?.askedAt ?? live?.request.createdAt;
  return {
    broker_id: view.ref.brokerId,
    name: view.name,
    status: view.state,
    for_s: Math.max(
      0,
      Math.round((clockMs - (since === undefined ? Math.min(touchedAtMs, clockMs) : Date.parse(since))) / 1000),
    ),
    session_id: session?.session_id ?? receipt?.session_id ?? live?.status.threadId ?? null,
    run_id: run?.runId ?? null,
    last_verdict: receipt?.verdict ?? null,
    queue_depth: view.waiting.length,
    goal: shortLine(goalOf(view), GOAL_CHARS),
    workspace: view.workspace,
  };
}

/** What the session was begun with; a message that waits stands for it while there was no run. */
function goalOf({ ref, session, run, waiting }: SurveyedSession["view"]): string {
  const first = session?.runs[0] ?? run?.runId;
  const goal = first && headOf(join(ref.workspaceKeyDir, "runs", first, "task.md"), HEAD_BYTES);
  return goal || (waiting[0]?.text ?? "");
}

/** One aligned line a session. Without a workspace the list is of all of them, and each line names its own. */
export function renderList(list: {
  sessions: readonly ListedSession[];
  older: number;
  workspace: string | undefined;
}): string {
  const { sessions, older, workspace } = list;
  if (sessions.length === 0)
    return workspace === undefined
      ? "no sessions\n"
      : `no sessions in ${oneLinePath(workspace)}; --all lists those of every workspace\n`;
  const rows = sessions.map((one) => [
    one.broker_id,
    one.status,
    shortTime(one.for_s * 1000),
    one.last_verdict ?? "-",
    one.queue_depth > 0 ? `+${one.queue_depth}` : "-",
    [
      ...(one.name === null ? [] : [`[${oneLine(one.name)}]`]),
      one.goal,
      ...(workspace === undefined ? [`in ${cutBytes(oneLinePath(one.workspace), PATH_BYTES)}`] : []),
    ].join(" "),
  ]);
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, at) => Math.max(most[at] ?? 0, cell.length)), []);
  const lines = rows.map((row) =>
    row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join("  "),
  );
  return `${[...lines, ...(older > 0 ? [`and ${older} older ones that have ended`] : [])].join("\n")}\n`;
}
