import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../core/errors.ts";
import { type BaseTree, findBase } from "./base-tree.ts";
import { findConverted } from "./conversion.ts";
import { type CopiedIndex, copyIndex, needsSorting, sortIndex } from "./copy-index.ts";
import { type Failure, failed, type StorePlace } from "./git.ts";
import { commitIn } from "./nested.ts";
import type { PathKey } from "./path-key.ts";
import { findRepository, type Repository } from "./repository.ts";
import { gitDirectoryFiles } from "./store-files.ts";
import { FIRST_INDEX, newMemory, type StoreMemory } from "./store-memory.ts";
import type { ConvertedEntry, UserIndex } from "./user-index.ts";

/** Opened once a run; both snapshots, the diff and the states come from it. */
export interface TreeStore extends StorePlace {
  readonly repository: Repository;
  readonly memory: StoreMemory;
  /** What is read of the user's index, once: while git is at work, so that it costs no time of its own. */
  readonly prepared: () => Promise<Prepared>;
}

export interface Prepared {
  /** The user's index when the store was opened; of HEAD or empty where it can't be read. */
  index: UserIndex;
  /** HEAD when the store was opened; undefined where the store does not compare with it. */
  head: string | null | undefined;
  /** Whether the store's index is another than git may have begun to read. */
  renewed: boolean;
  /** The content of that index, which the snapshots are told as changes of. */
  base: BaseTree;
  /** Files whose blob is not what is on disk although they are clean. */
  converted: ReadonlyMap<PathKey, ConvertedEntry>;
}

/** A git directory of our own for the trees of this workspace: nothing of the user's configuration, hooks or filters is in force. */
export async function openTreeStore(place: StorePlace): Promise<TreeStore | Failure> {
  const repository = await findRepository(place);
  if (failed(repository)) return repository;
  const memory = newMemory(standingNotes(repository));
  try {
    for (const name of ["objects/info", "objects/pack", "refs", "info"])
      mkdirSync(join(place.dir, name), { recursive: true, mode: 0o700 });
    const head = commitIn(repository.gitDir);
    for (const [name, content] of gitDirectoryFiles(place, repository, head))
      writeFileSync(join(place.dir, name), content, { mode: 0o600 });
    const copied = copyIndex(place, repository);
    let preparing: Promise<Prepared> | undefined;
    const prepared = () => {
      preparing ??= prepare(place, repository, memory, copied, head);
      return preparing;
    };
    if (needsSorting(repository)) {
      const early = { ...(await prepared()), renewed: false };
      preparing = Promise.resolve(early);
    }
    return { ...place, repository, memory, prepared };
  } catch (error) {
    return { failure: `the audit can't be prepared: ${messageOf(error)}` };
  }
}

/** Throws what can't be had: both snapshots need all of it. */
async function prepare(
  place: StorePlace,
  repository: Repository,
  memory: StoreMemory,
  copied: CopiedIndex,
  commit: string | null,
): Promise<Prepared> {
  const { index, bytes, checksum, problem, renewed } = await sortIndex(place, repository, copied);
  if (problem !== undefined) memory.notes.add(problem);
  if (checksum !== undefined) memory.indexes.set(checksum, FIRST_INDEX);
  const [base, converted] = await Promise.all([
    findBase(place, repository, index),
    findConverted(place, repository, index, bytes),
  ]);
  if (failed(base)) throw new Error(base.failure);
  if (failed(converted)) throw new Error(converted.failure);
  return { index, head: index.sparse.size > 0 ? undefined : commit, renewed, base, converted };
}

function standingNotes({ config }: Repository): string[] {
  const notes: string[] = [];
  if (config.get("core.trustctime") === "false" || config.get("core.checkstat") === "minimal")
    notes.push(
      "git is told to look at fewer times of a file (core.trustctime, core.checkStat): a change that keeps the size and sets the time back is not seen",
    );
  if (config.has("extensions.partialclone"))
    notes.push("this is a partial clone: contents that were never fetched can't be shown or restored");
  return notes;
}

/** What the trees of this store can't tell, in sentences; complete after the last snapshot. */
export const notCovered = (store: TreeStore): string[] => [...store.memory.notes];
