import { existsSync } from "node:fs";
import type { FoundFiles } from "./find-files.ts";
import { explain, gitInStore } from "./git.ts";
import type { WorkTreeLook } from "./look-at.ts";
import { coverRepositories } from "./nested-cover.ts";
import { type PathKey, placeOf, splitKeys, textOf } from "./path-key.ts";
import type { Prepared, TreeStore } from "./store.ts";
import type { TreeEntry } from "./user-index.ts";

/** What a snapshot has to look at, and what it need not. */
export interface LookPlan {
  /** Paths to look at, with what the base tree has there. */
  candidates: Map<PathKey, TreeEntry | null>;
  /** What is known to differ from the base tree: what a sparse checkout leaves out, and repositories inside. */
  fixed: Map<PathKey, TreeEntry | null>;
  /** Repositories inside, with the commit that is checked out. */
  commits: Map<PathKey, string | null>;
}

/** Everything that git found, everything that git would believe without looking, and everything that was ever in a tree. */
export async function planLook(
  store: TreeStore,
  { index, converted }: Prepared,
  look: WorkTreeLook,
  found: FoundFiles,
  plain: readonly PathKey[],
  signal?: AbortSignal,
): Promise<LookPlan> {
  const candidates = new Map<PathKey, TreeEntry | null>(found.tracked);
  for (const [key, base] of [...index.look, ...converted]) candidates.set(key, base);
  const fixed = new Map<PathKey, TreeEntry | null>();
  for (const [key, base] of index.skipped) {
    if (look.at(key).is === "absent") fixed.set(look.highestMissing(key), null);
    else candidates.set(key, base);
  }
  for (const [directory, tree] of index.sparse) {
    if (look.isDirectory(directory)) {
      for (const [key, base] of await filesOf(store, directory, tree)) {
        if (look.at(key).is === "absent") fixed.set(look.highestMissing(key), null);
        else candidates.set(key, base);
      }
    } else fixed.set(look.highestMissing(directory), null);
  }
  const inside = [...found.repositories];
  for (const [key, base] of index.links) {
    if (look.at(key).is !== "directory") candidates.set(key, base);
    else if (isRepository(look, key)) inside.push(key);
  }
  const { commits, covered, files } = await coverRepositories(store, look, inside, plain, signal);
  for (const key of inside) {
    const base = index.links.get(key) ?? null;
    const commit = commits.get(key);
    const entry = covered.has(key) || !commit ? null : { mode: "160000", id: commit };
    if (entry?.id !== base?.id) fixed.set(key, entry);
  }
  for (const key of [...found.untracked, ...files]) if (!candidates.has(key)) candidates.set(key, null);
  for (const [key, { base }] of store.memory.files) candidates.set(key, base);
  leaveOutForbidden(store, candidates);
  return { candidates, fixed, commits };
}

/** Directories of files in the index that are repositories: git lists their files like all others, and says nothing. */
export function findPlain({ index }: Prepared, look: WorkTreeLook): PathKey[] {
  return [...index.directories].filter((key) => isRepository(look, key) && !index.links.has(key));
}

/** The files of a directory that a sparse checkout leaves out, and that is there nevertheless. */
async function filesOf(store: TreeStore, directory: PathKey, tree: string): Promise<[PathKey, TreeEntry][]> {
  const listed = await gitInStore(store, ["ls-tree", "-r", "-z", "--full-tree", tree]);
  if (listed.exitCode !== 0) throw new Error(explain("ls-tree", listed));
  return splitKeys(listed.stdout).map((line) => {
    const [, mode = "", id = "", key = ""] = /^(\d+) \w+ (\w+)\t([\s\S]*)$/.exec(line) ?? [];
    return [`${directory}/${key}`, { mode, id }];
  });
}

/**
 * Asked of every directory that the index knows: the quick answer is mostly no. What Codex's sandbox puts in the place
 * of a `.git` that is not there, an empty directory or file, is none to git either; HEAD may be a link to nothing.
 */
function isRepository(look: WorkTreeLook, key: PathKey): boolean {
  if (!existsSync(placeOf(look.workspace, `${key}/.git`))) return false;
  const found = look.at(`${key}/.git`);
  if (found.is === "directory") return look.at(`${key}/.git/HEAD`).is !== "absent";
  return found.is === "file" ? found.stat.size > 0n : found.is !== "absent";
}

/** No tree of git's may have a `.git` in any letters; where letters count, one in capitals is a file like others. */
function leaveOutForbidden(store: TreeStore, candidates: Map<PathKey, TreeEntry | null>): void {
  for (const key of candidates.keys()) {
    if (!/(^|\/)\.git(\/|$)/i.test(key)) continue;
    candidates.delete(key);
    store.memory.notes.add(`${textOf(key)} is called like a git directory: it is not compared`);
  }
}
