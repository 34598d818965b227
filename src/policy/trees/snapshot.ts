import { messageOf } from "../../core/errors.ts";
import { findFiles } from "./find-files.ts";
import { type Failure, failed } from "./git.ts";
import type { TreeChanges } from "./import-tree.ts";
import { WorkTreeLook } from "./look-at.ts";
import type { RawRecord } from "./parse-diff.ts";
import type { PathKey } from "./path-key.ts";
import { findPlain, type LookPlan, planLook } from "./plan-look.ts";
import { type Reading, readChanged } from "./read-changed.ts";
import type { TreeStore } from "./store.ts";
import { rememberStaged } from "./store-memory.ts";
import type { TreeEntry, UserIndex } from "./user-index.ts";
import { writeTree } from "./write-tree.ts";

/** The working tree at one moment; the keys of its tables are paths in bytes (path-key.ts). */
export interface Snapshot {
  tree: string;
  /** Paths whose contents could not be read. */
  unreadable: string[];
  /** Repositories inside the workspace, submodules too, with the commit that is checked out. */
  repositories: Record<PathKey, string | null>;
  /** Files too large to be kept, with what changes when they do; they are not in the tree. */
  large: Record<PathKey, string>;
}

/** Takes the working tree as it is on disk, byte for byte; the second of a store reads only what changed. */
export async function snapshot(store: TreeStore, signal?: AbortSignal): Promise<Snapshot | Failure> {
  try {
    const finding = findFiles(store, signal);
    const prepared = await store.prepared();
    // While git is at work: thousands of directories are asked.
    const plain = findPlain(prepared, new WorkTreeLook(store.workspace));
    let found = await finding;
    if (prepared.renewed && store.memory.looks++ === 0) found = await findFiles(store, signal);
    if (signal?.aborted) return { failure: messageOf(signal.reason) };
    if (failed(found)) return found;
    if (prepared.head !== undefined) rememberStaged(store, prepared.head, found.staged);
    const look = new WorkTreeLook(store.workspace);
    const plan = await planLook(store, prepared, look, found, plain, signal);
    const reading: Reading = { unreadable: new Set(found.unreadable), large: new Map(), bytes: 0n };
    let differences: RawRecord[] = [];
    const changes = (): TreeChanges => {
      differences = differencesOf(store, prepared.index, plan);
      const differing = differences.map(({ key, after }) => [key, after] as const);
      return new Map([...prepared.base.staged, ...plan.fixed, ...differing]);
    };
    const blobs = readChanged(store, look, plan.candidates, prepared.converted, reading, signal);
    const tree = await writeTree(store, prepared.base.tree, blobs, changes, signal);
    if (typeof tree !== "string") return tree;
    store.memory.differences.set(tree, differences);
    for (const path of reading.unreadable)
      store.memory.notes.add(`${path} can't be read: its contents are not compared`);
    return {
      tree,
      unreadable: [...reading.unreadable].sort(),
      repositories: Object.fromEntries(plan.commits),
      large: Object.fromEntries(reading.large),
    };
  } catch (error) {
    return { failure: messageOf(error) };
  }
}

/** Everything that is not as the index says. */
function differencesOf({ memory }: TreeStore, index: UserIndex, { candidates, fixed, commits }: LookPlan): RawRecord[] {
  const records: RawRecord[] = [];
  const add = (key: PathKey, before: TreeEntry | null, after: TreeEntry | null) => {
    if (before?.id === after?.id && before?.mode === after?.mode) return;
    const letter = !before ? "A" : !after ? "D" : before.mode.slice(0, 3) === after.mode.slice(0, 3) ? "M" : "T";
    records.push({ letter, key, before, after });
  };
  for (const [key, base] of candidates) add(key, base, memory.files.get(key)?.now.entry ?? null);
  for (const [key, entry] of fixed) if (commits.has(key)) add(key, index.links.get(key) ?? null, entry);
  return records;
}
