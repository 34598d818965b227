import type { AuditChange, PolicyRecord } from "../../core/policy.ts";
import type { PathKey } from "../trees/path-key.ts";
import { fromKey, isWorkPath, toKey } from "./change-paths.ts";

/** What is at a path in a tree. */
export interface FileState {
  mode: string;
  blob: string;
}

/** One path of a change, before and after the run; null: nothing is there. */
export interface Side {
  path: PathKey;
  before: FileState | null;
  after: FileState | null;
}

/** The changes that undo is asked to take back. Ignored files are among them to be named: nobody has their contents. */
export function changesToUndo(record: PolicyRecord, outOfScope: boolean): AuditChange[] {
  if (outOfScope) return record.out_of_scope;
  const told = [...record.changed, ...record.out_of_scope];
  const paths = new Set(told.map(toKey));
  return [...told, ...record.ignored.changed.filter((change) => !paths.has(toKey(change)))];
}

/** A change as the paths that it is about (two for a rename), or why it can't be taken back whatever is on the disk. */
export function sidesOf(change: AuditChange): Side[] | string {
  const { mode_before, mode_after, blob_before, blob_after } = change;
  if (mode_before === REPOSITORY || mode_after === REPOSITORY)
    return "it is a repository inside, of which git keeps no contents";
  const before = stateOf(mode_before, blob_before);
  const after = stateOf(mode_after, blob_after);
  if (before === undefined || after === undefined || (before === null && after === null))
    return "its contents were not kept: git ignores it, or it is too large";
  const from = fromKey(change);
  const path = toKey(change);
  const sides: Side[] =
    from === undefined
      ? [{ path, before, after }]
      : [
          { path: from, before, after: null },
          { path, before: null, after },
        ];
  if (sides.some((side) => side.path.includes("[redacted:")))
    return "the record hides a part of its name: it looks like a secret";
  return sides.every((side) => isWorkPath(side.path)) ? sides : "its path does not lie in the work tree";
}

const REPOSITORY = "160000";

/** undefined: there is something, and nobody knows what. */
const stateOf = (mode: string | null, blob: string | null): FileState | null | undefined =>
  mode === null ? (blob === null ? null : undefined) : blob === null ? undefined : { mode, blob };

/** The hash of the repository, told by the length of its ids. */
export const formatOf = ({ before, after }: Side): "sha1" | "sha256" =>
  (before ?? after)?.blob.length === 64 ? "sha256" : "sha1";
