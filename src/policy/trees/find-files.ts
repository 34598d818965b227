import { statSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
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
 * One `git status` of the store: it looks into no repository inside, and writes no index. In a large repository on a
 * machine with nothing else to do, two processes share files and directories; where cores are taken, that takes longer.
 */
export async function findFiles(
  store: StorePlace,
  signal?: AbortSignal,
  apart: boolean = isLarge(store) && isIdle(),
): Promise<FoundFiles | Failure> {
  const [done, listed] = await Promise.all([
    gitInStore(store, [...STATUS, `--untracked-files=${apart ? "no" : "all"}`], { signal }),
    apart ? gitInStore(store, ["ls-files", "--others", "--exclude-standard", "-z"], { signal }) : undefined,
  ]);
  if (done.exitCode !== 0) return { failure: explain("status", done) };
  if (listed && listed.exitCode !== 0) return { failure: explain("ls-files", listed) };
  const warnings = [...(listed ?? done).stderr.matchAll(/could not open directory '(.+?)\/?':/g)];
  const unreadable = warnings.map(([, path]) => path ?? "");
  const found: FoundFiles = { tracked: new Map(), staged: [], untracked: [], repositories: [], unreadable };
  for (const line of splitKeys(done.stdout)) readLine(found, line);
  for (const key of splitKeys(listed?.stdout ?? Buffer.alloc(0))) addOther(found, key);
  return found;
}

const STATUS = ["status", "--porcelain=v2", "-z", "--no-renames", "--ignore-submodules=all"] as const;

const LARGE_BYTES = 1024 * 1024;

const isLarge = ({ dir }: StorePlace): boolean =>
  (statSync(join(dir, "index"), { throwIfNoEntry: false })?.size ?? 0) > LARGE_BYTES;

const isIdle = (): boolean => (loadavg()[0] ?? 0) < availableParallelism() / 2;

function addOther({ repositories, untracked }: FoundFiles, key: PathKey): void {
  if (key.endsWith("/")) repositories.push(key.slice(0, -1));
  else untracked.push(key);
}

function readLine(found: FoundFiles, line: string): void {
  if (line.startsWith("? ")) {
    addOther(found, line.slice(2));
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
