import { messageOf } from "../../core/errors.ts";
import { EMPTY_TREES } from "./base-tree.ts";
import { explain, type Failure, gitInStore } from "./git.ts";
import { quote } from "./import-tree.ts";
import { keptIndex, NONE } from "./name-index.ts";
import { parseRecords, type RawRecord } from "./parse-diff.ts";
import { isBelow, type PathKey, textOf } from "./path-key.ts";
import type { RepositoryState } from "./repository-state.ts";
import type { Snapshot } from "./snapshot.ts";
import type { TreeStore } from "./store.ts";
import { FIRST_INDEX, recallStaged, rememberStaged } from "./store-memory.ts";
import type { TreeEntry, UserIndex } from "./user-index.ts";

/** What `git status` would tell, worked out from HEAD, the index and a snapshot. */
export interface WorkStatus {
  head: RepositoryState["head"];
  /** What differs from HEAD to the index, and from the index to the work tree. */
  staged: RawRecord[];
  unstaged: RawRecord[];
}

/** HEAD, index and snapshot compared in one process at the most, without a `git status`, which could run filters. */
export async function readStatus(
  store: TreeStore,
  state: RepositoryState,
  snapshot: Snapshot,
): Promise<WorkStatus | Failure> {
  try {
    const { index } = await store.prepared();
    const [staged, unstaged] = await Promise.all([
      readStaged(store, state),
      readUnstaged(store, state, snapshot, index),
    ]);
    const sparse = new Set(index.sparse.keys());
    const seen = (records: RawRecord[]) => records.filter(({ key, after }) => after !== null || !isBelow(key, sparse));
    return { head: state.head, staged: seen(staged), unstaged: asGitSees(store, index, snapshot, seen(unstaged)) };
  } catch (error) {
    return { failure: messageOf(error) };
  }
}

const RAW = ["--raw", "-z", "--no-renames", "--ignore-submodules=none"] as const;

const treeishOf = ({ repository }: TreeStore, commit: string | null): string =>
  commit ?? EMPTY_TREES[repository.objectFormat];

/** Without an index that can be read, what is staged is not known, and HEAD stands for it. */
async function readStaged(store: TreeStore, state: RepositoryState): Promise<RawRecord[]> {
  if (state.index === null) return [];
  const { commit } = state.head;
  const known = recallStaged(store, commit, state.index);
  if (known !== undefined) return known;
  const args = ["diff-index", "--cached", ...RAW, treeishOf(store, commit)];
  const found = await records(store, args, keptIndex(store, state.index));
  rememberStaged(store, commit, found, state.index);
  return found;
}

/** As long as the index is the one that the store was opened with, its snapshots know what differs from it. */
async function readUnstaged(store: TreeStore, state: RepositoryState, { tree }: Snapshot, { unmerged }: UserIndex) {
  const known = state.index === FIRST_INDEX && !unmerged ? store.memory.differences.get(tree) : undefined;
  if (known !== undefined) return known;
  if (state.index === null)
    return records(
      store,
      ["diff-tree", "-r", ...RAW, treeishOf(store, state.head.commit), tree],
      keptIndex(store, NONE),
    );
  return records(store, ["diff-index", "--cached", "-R", ...RAW, tree], keptIndex(store, state.index));
}

async function records(store: TreeStore, args: string[], index?: string): Promise<RawRecord[]> {
  const done = await gitInStore(store, args, index === undefined ? {} : { index });
  if (done.exitCode !== 0) throw new Error(explain("diff-index", done));
  return parseRecords(done.stdout);
}

/** Leaves out what differs from the index only because our trees are as the disk is, and git calls clean. */
function asGitSees(
  { memory }: TreeStore,
  index: UserIndex,
  snapshot: Snapshot,
  records: readonly RawRecord[],
): RawRecord[] {
  const inside = new Set(Object.keys(snapshot.repositories).filter((key) => memory.repositories.has(key)));
  const apart = new Map<PathKey, RawRecord>();
  const kept = records.filter((record) => {
    const { key, after } = record;
    const known = memory.clean.get(key);
    if (inside.has(key) || key in snapshot.large) apart.set(key, record);
    else if (isBelow(key, inside) || (after === null && index.skipped.has(key))) return false;
    else return known === undefined || known !== after?.id;
    return false;
  });
  for (const key of inside) {
    const before = apart.get(key)?.before ?? null;
    const commit = snapshot.repositories[key] ?? "";
    if (!apart.has(key) && memory.repositories.get(key) === "named") continue;
    if (before?.id !== commit) kept.push(recordOf(key, before, { mode: "160000", id: commit }));
  }
  for (const [key, signature] of Object.entries(snapshot.large)) {
    const before = apart.get(key)?.before ?? null;
    if (memory.clean.get(key) !== signature)
      kept.push(recordOf(key, before, { mode: before?.mode ?? "100644", id: signature }));
  }
  return kept;
}

const recordOf = (key: PathKey, before: TreeEntry | null, after: TreeEntry): RawRecord => ({
  letter: before ? "M" : "A",
  key,
  before,
  after,
});

/** Like `git status --short --branch --untracked-files=all`. */
export function statusText({ head, staged, unstaged }: WorkStatus): string {
  const lines: [key: PathKey, letters: string][] = [];
  const inTree = new Map(unstaged.map((record) => [record.key, record.letter]));
  for (const { key, letter } of staged) {
    const right = inTree.get(key) ?? " ";
    if (letter === "D" && right === "A") lines.push([key, "D "]);
    else {
      lines.push([key, `${letter}${right}`]);
      inTree.delete(key);
    }
  }
  for (const [key, letter] of inTree) lines.push([key, letter === "A" ? "??" : letter === "U" ? "UU" : ` ${letter}`]);
  lines.sort(([one], [two]) => (one < two ? -1 : one > two ? 1 : 0));
  return [branchLine(head), ...lines.map(([key, letters]) => `${letters} ${textOf(quote(key))}`)]
    .join("\n")
    .concat("\n");
}

function branchLine({ ref, commit }: RepositoryState["head"]): string {
  if (ref === null) return "## HEAD (no branch)";
  const branch = ref.replace(/^refs\/heads\//, "");
  return commit === null ? `## No commits yet on ${branch}` : `## ${branch}`;
}

/** Paths whose contents or mode are not HEAD's, or that are not resolved. */
export function dirtyPaths({ staged, unstaged }: WorkStatus): string[] {
  const was = new Map<PathKey, TreeEntry | null>();
  const is = new Map<PathKey, TreeEntry | null>();
  const dirty = new Set<PathKey>();
  for (const { key, letter, before, after } of [...staged, ...unstaged]) {
    if (letter === "U") dirty.add(key);
    if (!was.has(key)) was.set(key, before);
    is.set(key, after);
  }
  for (const [key, before] of was) {
    const after = is.get(key);
    if (before?.id !== after?.id || before?.mode !== after?.mode) dirty.add(key);
  }
  return [...dirty].sort().map(textOf);
}
