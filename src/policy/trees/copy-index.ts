import {
  chmodSync,
  constants,
  copyFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { errorCode, messageOf } from "../../core/errors.ts";
import { explain, gitInStore, gitOfUser, type StorePlace } from "./git.ts";
import { checksumOf } from "./parse-index.ts";
import { isOn, type Repository } from "./repository.ts";
import { NO_HEAD } from "./store-files.ts";
import { stripSparse } from "./strip-sparse.ts";
import { readUserIndex, type UserIndex } from "./user-index.ts";

/** The store's index, sorted. */
export interface SortedIndex {
  index: UserIndex;
  bytes: Buffer;
  /** Of the user's, where the store's is that. */
  checksum?: string;
  /** Why it is not, in a sentence. */
  problem?: string;
  /** The store's index is not the copy any more: what was found out with that one does not count. */
  renewed: boolean;
}

/** Why the user's index could not be copied, if it could not. */
export interface CopiedIndex {
  error?: unknown;
}

/**
 * Copies the user's index, because its stat data spares reading every unchanged file. Git trusts a file that is older
 * than the index it stands in; a copy that looks younger would be trusted too much.
 */
export function copyIndex({ dir }: StorePlace, { indexFile }: Repository): CopiedIndex {
  const path = join(dir, "index");
  try {
    const { atime, mtime } = statSync(indexFile);
    copyFileSync(indexFile, path, constants.COPYFILE_FICLONE);
    chmodSync(path, 0o600);
    utimesSync(path, atime, mtime);
    return {};
  } catch (error) {
    return { error };
  }
}

/** Whether git could not work with the mere copy: half of the index is elsewhere, or directories stand for files in it. */
export const needsSorting = ({ gitDir, config }: Repository): boolean =>
  isOn(config, "core.sparsecheckout", false) || sharedIndexes(gitDir).length > 0;

/** Reads the copy; makes another index, of HEAD, where it is no good. */
export async function sortIndex(place: StorePlace, repository: Repository, copied: CopiedIndex): Promise<SortedIndex> {
  const path = join(place.dir, "index");
  if (copied.error !== undefined) {
    rmSync(path, { force: true });
    // A repository without an index tracks nothing: every file is read.
    if (errorCode(copied.error) === "ENOENT") return { index: NOTHING, bytes: Buffer.alloc(0), renewed: false };
    return startFromHead(place, repository, messageOf(copied.error));
  }
  const bytes = readFileSync(path);
  const index = readUserIndex(bytes, repository.objectFormat);
  if ("failure" in index) return startFromHead(place, repository, index.failure);
  const checksum = checksumOf(bytes);
  if (index.split) return makeWhole(place, repository, checksum);
  const renewed = index.sparse.size > 0;
  if (renewed) {
    const { atime, mtime } = statSync(path);
    writeFileSync(path, stripSparse(bytes, repository.objectFormat));
    utimesSync(path, atime, mtime);
    // Everything that is left out would be told as deleted since HEAD: that may be a million files.
    writeFileSync(join(place.dir, "HEAD"), NO_HEAD);
  }
  return { index, bytes, checksum, renewed };
}

/** Brings the halves of split indexes that are not in the index itself. */
export function copyShared(place: StorePlace, repository: Repository): void {
  for (const name of sharedIndexes(repository.gitDir))
    copyFileSync(join(repository.gitDir, name), join(place.dir, name));
}

const sharedIndexes = (gitDir: string): string[] =>
  readdirSync(gitDir).filter((name) => name.startsWith("sharedindex."));

/** An index whose other half is elsewhere is written out by git. */
async function makeWhole(place: StorePlace, repository: Repository, checksum: string): Promise<SortedIndex> {
  copyShared(place, repository);
  const written = await gitInStore(place, ["update-index", "--no-split-index", "--force-write-index"]);
  if (written.exitCode !== 0) return startFromHead(place, repository, explain("update-index", written));
  const bytes = readFileSync(join(place.dir, "index"));
  const index = readUserIndex(bytes, repository.objectFormat);
  if ("failure" in index) return startFromHead(place, repository, index.failure);
  return { index, bytes, checksum, renewed: true };
}

async function startFromHead(place: StorePlace, repository: Repository, why: string): Promise<SortedIndex> {
  const path = join(place.dir, "index");
  rmSync(path, { force: true });
  const problem = `the index of the repository can't be read (${why}): every file was read instead, and what is staged is not known`;
  const head = await gitOfUser(place, ["rev-parse", "--verify", "--quiet", "HEAD^{tree}"]);
  const tree = head.stdout.toString("latin1").trim();
  const read = tree === "" ? undefined : await gitInStore(place, ["read-tree", tree]);
  if (read?.exitCode !== 0) return { index: NOTHING, bytes: Buffer.alloc(0), problem, renewed: true };
  const bytes = readFileSync(path);
  const index = readUserIndex(bytes, repository.objectFormat);
  return { index: "failure" in index ? NOTHING : index, bytes, problem, renewed: true };
}

/** Of no entries. */
const NOTHING: UserIndex = {
  version: 2,
  entries: 0,
  checksum: "",
  tree: null,
  split: false,
  sparse: new Map(),
  look: new Map(),
  unmerged: false,
  skipped: new Map(),
  links: new Map(),
  directories: new Set(),
  attributeFiles: [],
};
