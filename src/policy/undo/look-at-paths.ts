import { createHash } from "node:crypto";
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from "node:fs";
import { errorCode } from "../../core/errors.ts";
import { fileReason } from "../../sys/files.ts";
import { keyOf, type PathKey, placeOf } from "../trees/path-key.ts";
import { aboveOf } from "./change-paths.ts";
import type { FileStamp, Present, Seen } from "./look.ts";

const PIECE = 1024 * 1024;

/** Looks at a path of the workspace without following any link on the way; contents become git's blob ids. */
export function lookAtPath(workspace: string, path: PathKey, format: "sha1" | "sha256"): Seen {
  const absent: Present = { kind: "absent" };
  for (const dir of aboveOf(path)) {
    const found = statOf(workspace, dir);
    if (!found) return { present: absent, behind: null };
    if (!found.isDirectory()) return { present: absent, behind: { path: dir, link: found.isSymbolicLink() } };
  }
  return { present: presentAt(workspace, path, format), behind: null };
}

/** The stat of the path itself; undefined where nothing is. */
export function statOf(workspace: string, path: PathKey): BigIntStats | undefined {
  try {
    return lstatSync(placeOf(workspace, path), { bigint: true });
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

export const stampOf = (stat: BigIntStats): FileStamp => ({
  identity: `${stat.dev}:${stat.ino}`,
  // Without the inode's own time: it moves when another name of the same file goes.
  moment: [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.mode].join(":"),
  links: Number(stat.nlink),
  permissions: stat.isSymbolicLink() ? null : Number(stat.mode & 0o777n),
});

function presentAt(workspace: string, path: PathKey, format: string): Present {
  try {
    const stat = statOf(workspace, path);
    if (!stat) return { kind: "absent" };
    if (stat.isDirectory()) return { kind: "directory", ...listBelow(workspace, path) };
    const stamp = stampOf(stat);
    if (stat.isSymbolicLink()) {
      const target = readlinkSync(placeOf(workspace, path), { encoding: "buffer" });
      return { kind: "file", mode: "120000", blob: blobId(target, format), stamp };
    }
    if (!stat.isFile()) return { kind: "other", what: "it is neither a file nor a directory now" };
    const blob = hashFile(placeOf(workspace, path), format);
    return { kind: "file", mode: isExecutable(stat) ? "100755" : "100644", blob, stamp };
  } catch (error) {
    return { kind: "other", what: `it can't be read: ${fileReason(error)}` };
  }
}

/** As git sees it: the owner's bit. */
const isExecutable = (stat: BigIntStats): boolean => (stat.mode & 0o100n) !== 0n;

function listBelow(workspace: string, dir: PathKey): { files: PathKey[]; dirs: PathKey[] } {
  const found: { files: PathKey[]; dirs: PathKey[] } = { files: [], dirs: [] };
  for (const entry of readdirSync(placeOf(workspace, dir), { withFileTypes: true, encoding: "buffer" })) {
    const path = `${dir}/${keyOf(entry.name)}`;
    if (!entry.isDirectory()) {
      found.files.push(path);
      continue;
    }
    const below = listBelow(workspace, path);
    found.files.push(...below.files);
    found.dirs.push(path, ...below.dirs);
  }
  return found;
}

const blobId = (bytes: Buffer, format: string): string =>
  createHash(format).update(`blob ${bytes.length}\0`).update(bytes).digest("hex");

/** What `git hash-object --no-filters` says, for any name: its list of names is one of lines. */
function hashFile(place: Buffer, format: string): string {
  const file = openSync(place, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const { size } = fstatSync(file);
    const hash = createHash(format).update(`blob ${size}\0`);
    const piece = Buffer.allocUnsafe(Math.min(PIECE, size + 1));
    let read = 0;
    for (let count = readSync(file, piece); count > 0; count = readSync(file, piece)) {
      hash.update(piece.subarray(0, count));
      read += count;
    }
    if (read !== size) throw new Error("it is being written");
    return hash.digest("hex");
  } finally {
    closeSync(file);
  }
}
