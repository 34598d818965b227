import type { Looked } from "./diff.ts";
import type { RawRecord } from "./parse-diff.ts";
import type { PathKey } from "./path-key.ts";
import type { TreeEntry } from "./user-index.ts";

/**
 * Adds what the trees don't hold: repositories whose files are in the trees instead of their commit, and files that are
 * too large to be kept. One path has one record; what is no id in it (a signature) only says whether two are the same.
 */
export function mergeLooks(records: readonly RawRecord[], before: Looked, after: Looked): RawRecord[] {
  const outside = new Map<PathKey, { before: TreeEntry | null; after: TreeEntry | null }>();
  const paths = new Set(
    [before, after].flatMap((look) => [look.repositories, look.large]).flatMap((of) => Object.keys(of ?? {})),
  );
  for (const key of paths) outside.set(key, { before: beyondTree(before, key), after: beyondTree(after, key) });
  const merged: RawRecord[] = [];
  for (const record of records) {
    const told = outside.get(record.key);
    if (told === undefined || record.from !== undefined) merged.push(record);
    else {
      told.before ??= record.before;
      told.after ??= record.after;
    }
  }
  for (const [key, { before: was, after: is }] of outside) {
    if (was?.mode === is?.mode && was?.id === is?.id) continue;
    const letter = was === null ? "A" : is === null ? "D" : "M";
    merged.push({ letter, key, before: was, after: is });
  }
  return merged;
}

function beyondTree({ repositories, large }: Looked, key: PathKey): TreeEntry | null {
  const commit = repositories && Object.hasOwn(repositories, key) ? repositories[key] : undefined;
  if (commit !== undefined) return { mode: "160000", id: commit ?? "no commit" };
  const signature = large && Object.hasOwn(large, key) ? large[key] : undefined;
  return signature === undefined ? null : { mode: isExecutable(signature) ? "100755" : "100644", id: signature };
}

/** The mode is the last of a signature's numbers. */
const isExecutable = (signature: string): boolean => (Number(signature.split(" ").at(-1)) & 0o100) !== 0;
