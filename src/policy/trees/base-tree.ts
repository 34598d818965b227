import { explain, type Failure, gitInStore, gitOfUser, type StorePlace } from "./git.ts";
import type { TreeChanges } from "./import-tree.ts";
import { parseRecords } from "./parse-diff.ts";
import { isBelow } from "./path-key.ts";
import type { Repository } from "./repository.ts";
import type { UserIndex } from "./user-index.ts";

/** What the index holds, as a tree that is there and what is staged on top of it. */
export interface BaseTree {
  tree: string;
  staged: TreeChanges;
}

export const EMPTY_TREES = {
  sha1: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
  sha256: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
} as const;

/**
 * Mostly git has written the tree of the index down; else it is HEAD's with what is staged. `git write-tree` would tell,
 * too, but sets the times of the user's own objects where it would write the same ones.
 */
export async function findBase(
  place: StorePlace,
  repository: Repository,
  index: UserIndex,
): Promise<BaseTree | Failure> {
  const staged = new Map();
  if (index.tree !== null) return { tree: index.tree, staged };
  const head = await gitOfUser(place, ["rev-parse", "--verify", "--quiet", "HEAD^{tree}"]);
  const tree = head.stdout.toString("latin1").trim() || EMPTY_TREES[repository.objectFormat];
  const args = ["diff-index", "--cached", "--raw", "-z", "--no-renames", "--ignore-submodules=none", tree];
  const listed = await gitInStore(place, args);
  if (listed.exitCode !== 0) return { failure: explain("diff-index", listed) };
  const sparse = new Set(index.sparse.keys());
  // Of what is not resolved the index has no one content: those are looked at anyway.
  for (const { key, letter, after } of parseRecords(listed.stdout))
    if (!isBelow(key, sparse)) staged.set(key, letter === "U" ? null : after);
  for (const [key, id] of index.sparse) staged.set(key, { mode: "040000", id });
  return { tree, staged };
}
