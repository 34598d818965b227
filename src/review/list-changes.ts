import { closeSync, lstatSync, openSync, readSync } from "node:fs";
import { parseRecords, type RawRecord } from "../policy/trees/parse-diff.ts";
import { placeOf, splitKeys, textOf } from "../policy/trees/path-key.ts";
import type { ChangedFileLines } from "./changed-lines.ts";
import { type FileDiff, readDiff } from "./read-diff.ts";
import type { ResolvedTarget } from "./resolve-target.ts";
import { mustGit, type ReviewGit } from "./review-git.ts";

export const CHANGE_KINDS = ["created", "modified", "deleted", "renamed", "untracked"] as const;

/** A file of the change, with how much there is to look at. */
export interface Change extends ChangedFileLines {
  kind: (typeof CHANGE_KINDS)[number];
  /** Of its diff; of an untracked file its size. */
  bytes: number;
  binary: boolean;
  /** A repository inside: only the commit that is checked out is another one. */
  submodule: boolean;
}

/** Everything that differs, by path. What git ignores is not looked at. */
export async function listChanges(git: ReviewGit, { from, to }: ResolvedTarget): Promise<Change[]> {
  const range = to === null ? [from] : [from, to];
  const [raw, diffs, untracked] = await Promise.all([
    mustGit(git, ["diff", ...QUIET, "--raw", "-z", ...range, "--"]),
    readDiffs(git, range),
    to === null ? mustGit(git, ["ls-files", "--others", "--exclude-standard", "-z"]) : Buffer.alloc(0),
  ]);
  // What a merge left open is told twice.
  const records = parseRecords(raw).filter(({ letter }) => letter !== "U");
  const tracked = joinDiffs(records, diffs);
  const changes = [...tracked, ...splitKeys(untracked).flatMap((key) => lookAtUntracked(git.workspace, key))];
  return changes.sort((one, two) => (one.file < two.file ? -1 : one.file > two.file ? 1 : 0));
}

/** Whatever the user has set for diffs: no program is run, and all of it can be read. */
const QUIET = [
  "--no-ext-diff",
  "--no-textconv",
  "--no-color",
  "--no-relative",
  "--full-index",
  "--ignore-submodules=dirty",
  "--submodule=short",
  "-M",
  "-l400",
] as const;

async function readDiffs(git: ReviewGit, range: readonly string[]): Promise<FileDiff[]> {
  const reader = readDiff();
  await mustGit(git, ["diff", ...QUIET, "-p", "-U3", "--inter-hunk-context=0", ...range, "--"], (piece) => {
    reader.push(piece);
    return true;
  });
  return reader.end();
}

/** The two lists have one order; of a file that became a link, or a link a file, there are two diffs. */
function joinDiffs(records: readonly RawRecord[], diffs: readonly FileDiff[]): Change[] {
  let at = 0;
  return records.map((record) => {
    const taken = diffs.slice(at, at + (record.letter === "T" ? 2 : 1));
    at += taken.length;
    const last = taken.at(-1);
    return {
      file: textOf(record.key),
      ...(record.from === undefined ? {} : { from: textOf(record.from) }),
      ...(record.after === null ? { deleted: true } : {}),
      kind: kindOf(record),
      bytes: taken.reduce((sum, { bytes }) => sum + bytes, 0),
      binary: taken.some(({ binary }) => binary),
      submodule: record.before?.mode === "160000" || record.after?.mode === "160000",
      ranges: record.after === null ? [] : (last?.ranges ?? []),
    };
  });
}

function kindOf({ letter }: RawRecord): Change["kind"] {
  if (letter === "A" || letter === "C") return "created";
  return letter === "D" ? "deleted" : letter === "R" ? "renamed" : "modified";
}

const PIECE = 64 * 1024;
/** git, too, looks only here for whether a file is text. */
const TEXT_BYTES = 8_000;

/** A file that git does not know is new as a whole. One that is gone again is no change. */
function lookAtUntracked(workspace: string, key: string): Change[] {
  const change = { file: textOf(key).replace(/\/$/, ""), kind: "untracked", binary: false, submodule: false } as const;
  if (key.endsWith("/")) return [{ ...change, submodule: true, bytes: 0, ranges: [] }];
  const place = placeOf(workspace, key);
  const stat = lstatSync(place, { throwIfNoEntry: false });
  if (!stat || stat.isDirectory()) return [];
  if (!stat.isFile()) return [{ ...change, binary: !stat.isSymbolicLink(), bytes: stat.size, ranges: [] }];
  const { lines, binary } = countLines(place);
  return [{ ...change, binary, bytes: stat.size, ranges: binary || lines === 0 ? [] : [[1, lines]] }];
}

function countLines(place: Buffer): { lines: number; binary: boolean } {
  let fd: number;
  try {
    fd = openSync(place, "r");
  } catch {
    // What we can't read, Codex can't either; its name is still a part of the change.
    return { lines: 0, binary: false };
  }
  try {
    const piece = Buffer.alloc(PIECE);
    let [lines, at, last] = [0, 0, 0x0a];
    for (let read = readSync(fd, piece); read > 0; read = readSync(fd, piece)) {
      if (at === 0 && piece.subarray(0, Math.min(read, TEXT_BYTES)).includes(0)) return { lines: 0, binary: true };
      for (let end = piece.indexOf(0x0a); end !== -1 && end < read; end = piece.indexOf(0x0a, end + 1)) lines++;
      last = piece[read - 1] ?? last;
      at += read;
    }
    return { lines: last === 0x0a ? lines : lines + 1, binary: false };
  } finally {
    closeSync(fd);
  }
}
