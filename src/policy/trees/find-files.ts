import { explain, type Failure, gitInStore, type StorePlace } from "./git.ts";
import { entryOf, type RawRecord } from "./parse-diff.ts";
import { type PathKey, splitKeys } from "./path-key.ts";
import type { TreeEntry } from "./user-index.ts";

/** What git finds without reading more files than it must. */
export interface FoundFiles {
  /** Files that are not as the index says, with what it says; null for what it has no content of. */
  tracked: Map<PathKey, TreeEntry | null>;
  /** What the index has otherwise than HEAD. */
  staged: RawRecord[];
  untracked: PathKey[];
  /** Repositories inside that the index knows nothing of. */
  repositories: PathKey[];
  /** Directories that could not be listed. */
  unreadable: string[];
}

/**
 * One `git status` of the store, which looks into no repository inside and writes no index. (Two processes at once, one
 * for files and one for directories, take as long: either keeps two cores busy.)
 */
export async function findFiles(store: StorePlace, signal?: AbortSignal): Promise<FoundFiles | Failure> {
  const done = await gitInStore(store, STATUS, { signal });
  if (done.exitCode !== 0) return { failure: explain("status", done) };
  const unreadable = [...done.stderr.matchAll(/could not open directory '(.+?)\/?':/g)].map(([, path]) => path ?? "");
  const found: FoundFiles = { tracked: new Map(), staged: [], untracked: [], repositories: [], unreadable };
  for (const line of splitKeys(done.stdout)) readLine(found, line);
  return found;
}

const STATUS = [
  "status",
  "--porcelain=v2",
  "-z",
  "--untracked-files=all",
  "--no-renames",
  "--ignore-submodules=all",
] as const;

function readLine(found: FoundFiles, line: string): void {
  if (line.startsWith("? ")) {
    if (line.endsWith("/")) found.repositories.push(line.slice(2, -1));
    else found.untracked.push(line.slice(2));
    return;
  }
  const unmerged = UNMERGED.exec(line)?.[1];
  if (unmerged !== undefined) {
    found.tracked.set(unmerged, null);
    found.staged.push({ letter: "U", key: unmerged, before: null, after: null });
    return;
  }
  const [, x = ".", y = ".", modeBefore = "", modeAfter = "", idBefore = "", idAfter = "", key = ""] =
    ONE.exec(line) ?? [];
  const index = entryOf(modeAfter, idAfter);
  if (y !== ".") found.tracked.set(key, index);
  if (x !== ".") found.staged.push({ letter: x, key, before: entryOf(modeBefore, idBefore), after: index });
}

/** `1 XY sub`, the modes of HEAD, index and work tree, the ids of the first two, and the path, which may be anything. */
const ONE = /^1 (.)(.) \S+ (\d+) (\d+) \d+ (\w+) (\w+) ([\s\S]+)$/;
/** `u XY sub`, four modes, three ids, and the path. */
const UNMERGED = /^u .. \S+ (?:\S+ ){7}([\s\S]+)$/;
