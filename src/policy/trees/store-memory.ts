import type { TreeChanges } from "./import-tree.ts";
import type { RawRecord } from "./parse-diff.ts";
import type { PathKey } from "./path-key.ts";
import type { TreeEntry } from "./user-index.ts";

/** What the first snapshot learnt: the second reads only what is not as it was. */
export interface StoreMemory {
  files: Map<PathKey, SeenFile>;
  /** Repositories inside: whether their files are in the trees, which is decided when they are first seen. */
  repositories: Map<PathKey, "covered" | "named">;
  /** Ids of clean converted files: as long as a file has this one, it is as git left it. */
  clean: Map<PathKey, string>;
  /** The names of the user's indexes that were seen, by their own checksums (name-index.ts). */
  indexes: Map<string, string>;
  /** What differs from the index of the store in a tree of it. */
  differences: Map<string, RawRecord[]>;
  /** What is staged, by commit and index. */
  staged: Map<string, RawRecord[]>;
  last: { changes: TreeChanges; tree: string } | undefined;
  looks: number;
  /** Imports so far: each leaves its tree behind a ref of its own. */
  imports: number;
  /** Sentences about what is not covered. */
  notes: Set<string>;
}

export interface SeenFile {
  /** What the base tree has there. */
  base: TreeEntry | null;
  now: SeenNow;
}

/** A file as it was when it was last read. */
export interface SeenNow {
  /** undefined while there is nothing to compare with: it was not there, or could not be read. */
  signature?: string;
  /** It changed so shortly before it was read that a second change may have left the same times. */
  racy: boolean;
  /** null: it is not in the tree. */
  entry: TreeEntry | null;
  large: boolean;
}

export const newMemory = (notes: readonly string[]): StoreMemory => ({
  files: new Map(),
  repositories: new Map(),
  clean: new Map(),
  indexes: new Map(),
  differences: new Map(),
  staged: new Map(),
  last: undefined,
  looks: 0,
  imports: 0,
  notes: new Set(notes),
});

/** The name of the index that a store was opened with. */
export const FIRST_INDEX = "index";

interface Remembering {
  memory: StoreMemory;
}

/** What is staged in an index against a commit, which is told again as long as neither moves. */
export function rememberStaged(
  { memory }: Remembering,
  commit: string | null,
  staged: RawRecord[],
  index: string = FIRST_INDEX,
): void {
  memory.staged.set(`${commit} ${index}`, staged);
}

export const recallStaged = ({ memory }: Remembering, commit: string | null, index: string): RawRecord[] | undefined =>
  memory.staged.get(`${commit} ${index}`);
