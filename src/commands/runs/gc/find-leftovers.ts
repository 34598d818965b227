import { lstatSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import * as z from "zod";
import { slotsDir } from "../../../broker/slots.ts";
import { runDirOf, workspaceKeyDirs } from "../../../broker/store/list-sessions.ts";
import { isReviewId, isRunId, newRunId } from "../../../core/ids.ts";
import { Owner } from "../../../core/request.ts";
import { quotaPath } from "../../../gate/quota-place.ts";
import { latestNumber } from "../../../run/numbered-file.ts";
import { listDir } from "../../../run/record.ts";
import { isListening } from "../../../sys/bind-socket.ts";
import { attempt, isThere, readIfThere } from "../../../sys/files.ts";
import { isAlive } from "../../../sys/owner.ts";
import { socketPath } from "../../../sys/paths.ts";
import { PLATFORM } from "../../../sys/platform.ts";
import { removeRecord } from "./remove-tree.ts";

/** A file or an empty folder that only runs needed which are over. */
export interface Leftover {
  kind: "slot" | "socket" | "quota" | "key" | "review";
  path: string;
  /** The runs that a key or a review stands for: as long as one of their records is there, it stays. */
  runIds?: readonly string[];
}

/** A socket that is younger may belong to a broker that comes up. */
const SOCKET_MS = 60 * 60 * 1000;
const DAY_MS = 24 * SOCKET_MS;
const QUOTA_MS = 30 * DAY_MS;

/**
 * What lies in the state home beside the records, and nobody will ask for again; what is not ours is not among it.
 * `going`: the runs whose records are about to go.
 */
export async function findLeftovers(home: string, going: ReadonlySet<string>, now: number): Promise<Leftover[]> {
  const ofRuns = [...keys(home, going, now), ...reviews(home, going, now)];
  return [...slots(home), ...ofRuns, ...quotas(home, now), ...(await sockets(home, now))];
}

const Ticket = z.looseObject({ version: z.literal(1), run_id: z.string(), owner: Owner });

/** Places in the line of the background runs whose owner is dead. */
const slots = (home: string): Leftover[] =>
  filesIn(slotsDir(home), /^\d+\.json$/).flatMap((path): Leftover[] => {
    const ticket = attempt(() => Ticket.parse(JSON.parse(readIfThere(path) ?? "")));
    return ticket && !isAlive(ticket.owner) ? [{ kind: "slot", path }] : [];
  });

const KeyClaim = z.looseObject({ version: z.literal(1), run_id: z.string() });

const PlanOfReview = z.looseObject({
  version: z.literal(1),
  runs: z.array(z.looseObject({ run_id: z.string().refine(isRunId) })),
});

/** Reviews of which no run has a record any more, so that nobody can collect them; the ledger of their branch stays. */
const reviews = (home: string, going: ReadonlySet<string>, now: number): Leftover[] =>
  workspaceKeyDirs(home).flatMap((workspaceKeyDir) => {
    const root = join(workspaceKeyDir, "reviews");
    return listDir(root)
      .filter(isReviewId)
      .flatMap((name): Leftover[] => {
        const path = join(root, name);
        const plan = attempt(() => PlanOfReview.parse(JSON.parse(readIfThere(join(path, "plan.json")) ?? "")));
        const runIds = plan?.runs.map((run) => run.run_id);
        const isGone = (id: string) => going.has(id) || !isThere(runDirOf({ workspaceKeyDir }, id));
        return runIds?.every(isGone) && isOlder(path, now - DAY_MS) ? [{ kind: "review", path, runIds }] : [];
      });
  });

/** Keys whose last run has no record any more; a start that is under way may be about to take a younger one. */
const keys = (home: string, going: ReadonlySet<string>, now: number): Leftover[] =>
  workspaceKeyDirs(home).flatMap((workspaceKeyDir) => {
    const root = join(workspaceKeyDir, "run-keys");
    const names = listDir(root).filter((name) => /^[0-9a-f]{64}$/.test(name));
    return names.flatMap((name): Leftover[] => {
      const path = join(root, name);
      const last = join(path, `${latestNumber(path)}.json`);
      const runId = attempt(() => KeyClaim.parse(JSON.parse(readIfThere(last) ?? "")))?.run_id;
      if (runId === undefined || !isRunId(runId) || !isOlder(path, now - DAY_MS)) return [];
      const isGone = going.has(runId) || !isThere(runDirOf({ workspaceKeyDir }, runId));
      return isGone ? [{ kind: "key", path, runIds: [runId] }] : [];
    });
  });

/** What was last heard of a quota that nobody has asked for in a long time. */
const quotas = (home: string, now: number): Leftover[] =>
  filesIn(dirname(quotaPath(home, "")), /^[0-9a-f]{12}\.json$/).flatMap((path): Leftover[] =>
    isOlder(path, now - QUOTA_MS) ? [{ kind: "quota", path }] : [],
  );

/** Sockets that nobody listens on, and the folder that a state home with a long path has for them, once it is empty. */
async function sockets(home: string, now: number): Promise<Leftover[]> {
  if (PLATFORM === "win32") return [];
  const dir = dirname(socketPath(home, newRunId(new Date(now))));
  const stat = attempt(() => lstatSync(dir));
  // In the machine's temporary directory anybody may put something under our name.
  if (!stat?.isDirectory() || (process.getuid !== undefined && stat.uid !== process.getuid())) return [];
  const found: Leftover[] = [];
  for (const path of listDir(dir).map((name) => join(dir, name))) {
    const isSocket = attempt(() => lstatSync(path).isSocket()) ?? false;
    if (isSocket && isOlder(path, now - SOCKET_MS) && !(await isListening(path))) found.push({ kind: "socket", path });
  }
  const isSpare = !dir.startsWith(join(home, "sockets")) && listDir(dir).length === found.length;
  return isSpare && (found.length > 0 || isOlder(dir, now - SOCKET_MS))
    ? [...found, { kind: "socket", path: dir }]
    : found;
}

const isOlder = (path: string, than: number): boolean => attempt(() => lstatSync(path).mtimeMs < than) ?? false;

/** Whole files of a folder, no links. */
const filesIn = (dir: string, named: RegExp): string[] =>
  listDir(dir)
    .filter((name) => named.test(name))
    .map((name) => join(dir, name))
    .filter((path) => attempt(() => lstatSync(path).isFile()) ?? false);

/** Removes it; the folder of sockets only when it is empty by then. False: it was gone already. */
export function removeLeftover({ kind, path }: Leftover): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  if (kind === "key" || kind === "review") return removeRecord(path);
  if (!stat.isDirectory()) rmSync(path, { force: true });
  else attempt(() => rmdirSync(path));
  return true;
}
