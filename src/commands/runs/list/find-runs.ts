import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { listRuns, runDirOf, workspaceKeyDirs } from "../../../broker/store/list-sessions.ts";
import { usageError } from "../../../core/errors.ts";
import { EXIT_TABLE, START_TABLE } from "../../../core/exit-table.ts";
import { nearest } from "../../../core/nearest.ts";
import { workspaceDir } from "../../../sys/paths.ts";
import { type BriefRun, briefRun } from "./brief-run.ts";

const STATES = ["queued", "running", "waiting_input", "ended", "unreadable"];
const LIVE = new Set(["queued", "running", "waiting_input"]);
const WORDS = [...STATES, ...[...EXIT_TABLE, ...START_TABLE].map((row) => row.verdict)];

/** Which runs are asked for: those in one of these states, or with one of these verdicts; undefined: all of them. */
export type Wanted = ReadonlySet<string> | undefined;

/** What `--state` says; a word that no run can have is bad input. */
export function wantedOf(states: readonly string[] | undefined): Wanted {
  for (const word of states ?? []) {
    if (WORDS.includes(word)) continue;
    const meant = nearest(word, WORDS);
    throw usageError(
      `--state ${word} is neither a state nor a verdict`,
      meant === undefined ? `states and verdicts: ${WORDS.join(", ")}` : `did you mean ${meant}?`,
    );
  }
  return states === undefined ? undefined : new Set(states);
}

/** Some runs, the newest first. */
export interface FoundRuns {
  runs: BriefRun[];
  /** Those asked for that are older than these. */
  more: number;
  /** Of them the ones that have no receipt. */
  moreLive: number;
}

/**
 * The newest runs of a workspace, or of all of them (undefined). Ids sort by time, so that of the older ones no more
 * than the names are read, unless the question is about more than names.
 */
export async function findRuns(
  home: string,
  about: { workspace: string | undefined; wanted: Wanted; limit: number },
): Promise<FoundRuns> {
  const { workspace, wanted } = about;
  const limit = about.limit === 0 ? Number.POSITIVE_INFINITY : about.limit;
  const dirs = workspace === undefined ? workspaceKeyDirs(home) : [workspaceDir(home, workspace)];
  const all = dirs
    .flatMap((workspaceKeyDir) => listRuns(workspaceKeyDir).map((runId) => runDirOf({ workspaceKeyDir }, runId)))
    .sort((one, two) => (basename(one) < basename(two) ? 1 : -1));
  const found: FoundRuns = { runs: [], more: 0, moreLive: 0 };
  for (const dir of all) {
    const isFull = found.runs.length >= limit;
    if (isFull && wanted === undefined) {
      found.more++;
      if (!hasReceipt(dir)) found.moreLive++;
      continue;
    }
    if (wanted && !mayBe(dir, wanted)) continue;
    const run = await briefRun(basename(dir), dir);
    if (run === undefined || (wanted && !isWanted(run, wanted))) continue;
    if (!isFull) found.runs.push(run);
    else {
      found.more++;
      if (LIVE.has(run.state)) found.moreLive++;
    }
  }
  found.runs.sort(byStart);
  return found;
}

/** Ids tell the second; of those begun in the same one the records tell more. The newest first. */
function byStart(one: BriefRun, two: BriefRun): number {
  const second = (run: BriefRun) => run.run_id.slice(0, "r-20261121-051103".length);
  const keys = (run: BriefRun) => [second(run), run.created_at ?? "", run.run_id];
  const [mine, others] = [keys(one), keys(two)];
  const at = mine.findIndex((key, place) => key !== others[place]);
  return at < 0 ? 0 : (mine[at] ?? "") < (others[at] ?? "") ? 1 : -1;
}

const hasReceipt = (dir: string): boolean => existsSync(join(dir, "result.json"));

/** Whether a look at the record is worth it: one with a receipt is not live any more. */
const mayBe = (dir: string, wanted: ReadonlySet<string>): boolean =>
  [...wanted].some((word) => !LIVE.has(word)) || !hasReceipt(dir);

const isWanted = (run: BriefRun, wanted: ReadonlySet<string>): boolean =>
  wanted.has(run.state) || (run.verdict !== null && wanted.has(run.verdict));
