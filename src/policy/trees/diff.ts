import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { AuditChange } from "../../core/policy.ts";
import { fileReason } from "../../sys/files.ts";
import type { QuickFinished } from "../../sys/run-quick.ts";
import { explain, type Failure, type GitOptions, gitInStore } from "./git.ts";
import { mergeLooks } from "./merge-looks.ts";
import { changeOf, parseRecords } from "./parse-diff.ts";
import type { Snapshot } from "./snapshot.ts";
import type { TreeStore } from "./store.ts";

/** A snapshot, or just a tree that was kept. */
export type Looked = Pick<Snapshot, "tree"> & Partial<Pick<Snapshot, "repositories" | "large">>;

/**
 * Of more pairs of new and deleted files than 400 × 400, only those with the same contents or the same last name are told
 * as renamed, the others as created and deleted: comparing all with all would take longer than the run.
 */
const RENAMES = ["-M", "-l400"] as const;

/** It would read the index of 100,000 files first, for nothing: it gets one of none. */
const diffTree = (store: TreeStore, args: readonly string[], options: GitOptions = {}): Promise<QuickFinished> =>
  gitInStore(store, ["diff-tree", ...args], { ...options, index: join(store.dir, "no-index") });

/** What differs between two snapshots, by path; a repository inside that came, went or moved is a change of mode 160000. */
export async function diffTrees(store: TreeStore, before: Looked, after: Looked): Promise<AuditChange[] | Failure> {
  let raw: Buffer = Buffer.alloc(0);
  if (before.tree !== after.tree) {
    const args = ["-r", "-z", "--raw", "--no-commit-id"];
    let done = await diffTree(store, [...args, ...RENAMES, before.tree, after.tree]);
    // A partial clone may lack a blob that looking for renames needs.
    if (done.exitCode !== 0) done = await diffTree(store, [...args, "--no-renames", before.tree, after.tree]);
    if (done.exitCode !== 0) return { failure: explain("diff-tree", done) };
    raw = done.stdout;
  }
  const records = mergeLooks(parseRecords(raw), before, after);
  return records.sort((one, two) => (one.key < two.key ? -1 : one.key > two.key ? 1 : 0)).map(changeOf);
}

/** `git diff --stat` of the change; why there is none, if there is none. */
export async function diffStat(store: TreeStore, before: Looked, after: Looked): Promise<string> {
  if (before.tree === after.tree) return "";
  const args = ["-r", ...RENAMES, "--stat=100", "--no-commit-id", before.tree, after.tree];
  const done = await diffTree(store, args);
  return done.exitCode === 0 ? done.stdout.toString("utf8") : `${explain("diff-tree", done)}\n`;
}

const MOST_BYTES = 64 * 1024 * 1024;

export interface Patch {
  bytes: number;
  /** False when it was larger than the cap, and is cut there. */
  complete: boolean;
}

/** Writes the change into a new file as a patch that `git apply` takes; over the cap it ends with a line that says so. */
export async function writePatch(
  store: TreeStore,
  before: Looked,
  after: Looked,
  file: string,
  mostBytes: number = MOST_BYTES,
): Promise<Patch | Failure> {
  let output: number;
  try {
    output = openSync(file, "wx", 0o600);
  } catch (error) {
    return { failure: `can't write ${file}: ${fileReason(error)}` };
  }
  const patch: Patch = { bytes: 0, complete: true };
  const put = (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; ) at += writeSync(output, bytes, at);
    patch.bytes += bytes.length;
  };
  let broken: unknown;
  const sink = (piece: Buffer) => {
    try {
      put(piece.subarray(0, mostBytes - patch.bytes));
      patch.complete = patch.complete && patch.bytes < mostBytes;
      if (!patch.complete) put(Buffer.from(`\n# The patch ends here: it is larger than ${sizeText(mostBytes)}.\n`));
    } catch (error) {
      broken = error;
    }
    return patch.complete && broken === undefined;
  };
  try {
    if (before.tree === after.tree) return patch;
    const args = ["-r", "-p", "--binary", "--full-index", "--no-ext-diff", "--no-textconv", ...RENAMES];
    const done = await diffTree(store, [...args, "--no-commit-id", before.tree, after.tree], { sink });
    if (broken !== undefined) return { failure: `can't write ${file}: ${fileReason(broken)}` };
    return done.exitCode === 0 ? patch : { failure: explain("diff-tree", done) };
  } finally {
    closeSync(output);
  }
}

const sizeText = (bytes: number): string =>
  bytes < 1024 * 1024 ? `${bytes} bytes` : `${Math.round(bytes / 1024 / 1024)} MiB`;
