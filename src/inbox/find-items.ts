import { statSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { messageOf } from "../core/errors.ts";
import { isRunId } from "../core/ids.ts";
import type { What } from "../core/inbox.ts";
import type { Question, Receipt } from "../core/record.ts";
import { Background } from "../core/request.ts";
import { readRun } from "../run/read-run.ts";
import { listDir, parseFile, readReceipt } from "../run/record.ts";
import { attempt, isThere, readIfThere } from "../sys/files.ts";
import { inboxDir, workspaceKey } from "../sys/paths.ts";
import { isAcknowledged } from "./item-store.ts";
import type { Party } from "./whom.ts";

/** What a background run has to tell that nobody has acknowledged. */
export interface InboxItem {
  runId: string;
  dir: string;
  what: What;
  /** The Claude session that started the run; null: none did, or nobody can say. */
  claude: Party | null;
  workspace: string | null;
  /** When it ended or asked, in milliseconds. */
  since: number;
  /** Read when it is shown: a receipt carries the whole answer. */
  read(): Content;
}

export type Content =
  | { kind: "finished"; receipt: Receipt }
  | { kind: "question"; question: Question }
  | { kind: "unreadable"; reason: string };

/** Where to look: the items of one workspace, or of all; and in any workspace those of a session that stands elsewhere. */
export interface Where {
  home: string;
  workspace: string | "all";
  caller: Party | null;
  now: number;
}

/** How long an item waits in another workspace for its session to look here; then the next one there gets it. */
const ELSEWHERE_MS = 7 * 86_400_000;

/**
 * What is in the inbox: questions first, for they wait only minutes, then the ends in the order of their starts. A run
 * whose owner is dead is made `lost` on the way. Of a run that nobody started in the background nothing is read: with
 * hundreds of them the inbox must stay cheap enough for every prompt.
 */
export async function findItems({ home, workspace, caller, now }: Where): Promise<InboxItem[]> {
  const root = join(home, "workspaces");
  const here = workspace === "all" ? undefined : workspaceKey(workspace);
  const oldest = `r-${new Date(now - ELSEWHERE_MS).toISOString().slice(0, 10).replaceAll("-", "")}`;
  const items: InboxItem[] = [];
  for (const key of listDir(root)) {
    const elsewhere = here !== undefined && key !== here;
    if (elsewhere && caller === null) continue;
    for (const runId of listDir(join(root, key, "runs")).filter(isRunId)) {
      if (elsewhere && runId < oldest) continue;
      const dir = join(root, key, "runs", runId);
      const item = await findItem(runId, dir, elsewhere ? caller?.session : undefined);
      if (item) items.push(item);
    }
  }
  return items.sort((one, two) => rank(one) - rank(two) || (one.runId < two.runId ? -1 : 1));
}

const rank = ({ what }: InboxItem): number => (what.startsWith("question:") ? 0 : 1);

/** The one thing that a run has to tell now, as far as it was started in the background (by `only`, where that is given). */
export async function findItem(runId: string, dir: string, only?: string): Promise<InboxItem | undefined> {
  if (!isThere(inboxDir(dir)) || isAcknowledged(dir, "finished")) return undefined;
  const path = join(dir, "request.json");
  const item = { runId, dir, claude: null, workspace: null };
  try {
    const start = readStart(path, only);
    if (start === undefined || (only !== undefined && start.claude?.session !== only)) return undefined;
    return await tellNow({ ...item, ...start });
  } catch (error) {
    // While it is being made it may be half there; and whom it is for is known to nobody.
    const writtenAt = attempt(() => statSync(path).mtimeMs) ?? 0;
    return only !== undefined || Date.now() - writtenAt < BEING_MADE_MS ? undefined : unreadable(item, error);
  }
}

const BEING_MADE_MS = 10_000;

/** What the inbox must know of a request; the rest is not checked here. */
const Start = z.looseObject({ version: z.literal(1), workspace: z.string(), background: Background.optional() });

/** How a run was started in the background, undefined if it was not, or not by `only`. */
function readStart(path: string, only: string | undefined): { workspace: string; claude: Party | null } | undefined {
  const text = readIfThere(path);
  if (text === undefined || (only !== undefined && !text.includes(JSON.stringify(only)))) return undefined;
  const { workspace, background } = parseFile(path, Start);
  return background && { workspace, claude: background.claude };
}

type Started = Omit<InboxItem, "what" | "since" | "read">;

async function tellNow(item: Started): Promise<InboxItem | undefined> {
  const { dir } = item;
  const result = join(dir, "result.json");
  const ended = () => ({ ...item, what: "finished" as const, since: attempt(() => statSync(result).mtimeMs) ?? 0 });
  if (isThere(result)) return { ...ended(), read: () => readEnd(dir) };
  try {
    const view = await readRun(dir);
    if (view.state === "ended") return { ...ended(), read: () => ({ kind: "finished", receipt: view.receipt }) };
    const { question } = view.status;
    if (view.state !== "waiting_input" || question === undefined) return undefined;
    const what: What = `question:${question.callId}`;
    if (isAcknowledged(dir, what)) return undefined;
    return { ...item, what, since: Date.parse(question.askedAt), read: () => ({ kind: "question", question }) };
  } catch (error) {
    return unreadable(item, error);
  }
}

/** Nobody knows when it ended; what gc has just removed is no news. */
function unreadable(item: Started, error: unknown): InboxItem | undefined {
  if (!isThere(join(item.dir, "request.json")) || isAcknowledged(item.dir, "unreadable")) return undefined;
  return { ...item, what: "unreadable", since: 0, read: () => ({ kind: "unreadable", reason: messageOf(error) }) };
}

function readEnd(dir: string): Content {
  try {
    const receipt = readReceipt(dir);
    return receipt ? { kind: "finished", receipt } : { kind: "unreadable", reason: `${dir} is gone` };
  } catch (error) {
    return { kind: "unreadable", reason: messageOf(error) };
  }
}
