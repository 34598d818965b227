import type { AuditChange } from "../../core/policy.ts";
import { keyOf, nameOf, type PathKey } from "./path-key.ts";
import type { TreeEntry } from "./user-index.ts";

/** One record of `git diff-tree --raw -z` and its like. */
export interface RawRecord {
  letter: string;
  key: PathKey;
  /** Where it was, if it was renamed or copied. */
  from?: PathKey;
  before: TreeEntry | null;
  after: TreeEntry | null;
}

const COLON = 0x3a;

/** Reads `:mode mode id id LETTER[score] NUL path NUL [path NUL]`, in bytes: a path may be anything but NUL. */
export function parseRecords(diff: Buffer): RawRecord[] {
  const records: RawRecord[] = [];
  let at = 0;
  const next = (): string | undefined => {
    const end = diff.indexOf(0, at);
    if (end === -1) return undefined;
    const field = keyOf(diff.subarray(at, end));
    at = end + 1;
    return field;
  };
  while (at < diff.length) {
    const meta = diff[at] === COLON ? META.exec(next() ?? "") : null;
    if (!meta) break;
    const [, modeBefore = "", modeAfter = "", idBefore = "", idAfter = "", letter = ""] = meta;
    const first = next();
    const second = letter === "R" || letter === "C" ? next() : undefined;
    if (first === undefined) break;
    records.push({
      letter,
      key: second ?? first,
      ...(second === undefined ? {} : { from: first }),
      before: entryOf(modeBefore, idBefore),
      after: entryOf(modeAfter, idAfter),
    });
  }
  return records;
}

const META = /^:(\d+) (\d+) (\S+) (\S+) ([A-Z])\d*$/;

/** A side of a change; modes and ids of zeros stand for nothing. */
export const entryOf = (mode: string, id: string): TreeEntry | null => (/^0+$/.test(mode) ? null : { mode, id });

const WORDS: Record<string, AuditChange["change"]> = { A: "created", C: "created", D: "deleted", R: "renamed" };

/** The record as policy.json tells it. A copy is something new: nothing was taken away for it. */
export function changeOf({ letter, key, from, before, after }: RawRecord): AuditChange {
  const was = letter === "C" ? null : before;
  const source = letter === "R" && from !== undefined ? nameOf(from) : undefined;
  return {
    ...nameOf(key),
    change: WORDS[letter] ?? "modified",
    ...(source === undefined ? {} : { from: source.path }),
    ...(source?.path_base64 === undefined ? {} : { from_base64: source.path_base64 }),
    mode_before: was?.mode ?? null,
    mode_after: after?.mode ?? null,
    blob_before: idOf(was),
    blob_after: idOf(after),
  };
}

/** A file that is too large to be kept has something else in its place. */
const idOf = (entry: TreeEntry | null): string | null => (entry && /^[0-9a-f]+$/.test(entry.id) ? entry.id : null);

/** Reads `git diff-tree -r -z -M --raw`, in the order of the paths' bytes. */
export const parseRawDiff = (diff: Buffer): AuditChange[] =>
  parseRecords(diff)
    .sort((one, two) => (one.key < two.key ? -1 : one.key > two.key ? 1 : 0))
    .map(changeOf);
