import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
} from "node:fs";
import { errorCode } from "../../core/errors.ts";
import { type PathKey, placeOf } from "./path-key.ts";

/** What is at a path of the work tree; nothing that git keeps (a pipe, a socket, a directory) is `absent`. */
export type Found =
  | { is: "absent" }
  | { is: "unreadable" }
  | { is: "directory" }
  | { is: "file" | "link"; stat: BigIntStats };

/** Looks at paths of one work tree at one moment: a path that leads through a symbolic link is not in it. */
export class WorkTreeLook {
  readonly workspace: string;
  private readonly directories = new Map<PathKey, boolean>([["", true]]);

  constructor(workspace: string) {
    this.workspace = workspace;
  }

  at(key: PathKey): Found {
    if (!this.isDirectory(key.slice(0, Math.max(0, key.lastIndexOf("/"))))) return { is: "absent" };
    try {
      const stat = lstatSync(placeOf(this.workspace, key), { bigint: true, throwIfNoEntry: false });
      if (stat?.isFile()) return { is: "file", stat };
      if (stat?.isSymbolicLink()) return { is: "link", stat };
      return { is: stat?.isDirectory() ? "directory" : "absent" };
    } catch (error) {
      return { is: isGone(error) ? "absent" : "unreadable" };
    }
  }

  /** A real directory all the way; one that can't be entered counts, for its files are only unreadable. */
  isDirectory(key: PathKey): boolean {
    const known = this.directories.get(key);
    if (known !== undefined) return known;
    const above = this.isDirectory(key.slice(0, Math.max(0, key.lastIndexOf("/"))));
    const is = above && this.lookForDirectory(key);
    this.directories.set(key, is);
    return is;
  }

  /** The highest directory above a path that is not there, or the path itself when it alone is missing. */
  highestMissing(key: PathKey): PathKey {
    for (let at = key.indexOf("/"); at !== -1; at = key.indexOf("/", at + 1)) {
      const directory = key.slice(0, at);
      if (!this.isDirectory(directory)) return directory;
    }
    return key;
  }

  private lookForDirectory(key: PathKey): boolean {
    try {
      return lstatSync(placeOf(this.workspace, key), { throwIfNoEntry: false })?.isDirectory() ?? false;
    } catch (error) {
      return !isGone(error);
    }
  }
}

const isGone = (error: unknown): boolean => /^(ENOENT|ENOTDIR|ELOOP|ENAMETOOLONG)$/.test(errorCode(error) ?? "");

/** What of a file's stat changes with every change of it. */
export const signatureOf = (stat: Pick<BigIntStats, "size" | "mtimeNs" | "ctimeNs" | "ino" | "mode">): string =>
  `${stat.size} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.ino} ${stat.mode}`;

/** The target of a link, in bytes. */
export const readLink = (workspace: string, key: PathKey): Buffer =>
  readlinkSync(placeOf(workspace, key), { encoding: "buffer" });

const PIECE_BYTES = 1024 * 1024;

/**
 * The bytes of a plain file in pieces: exactly as many as it had when it was opened, so that its length can be said
 * before. A file that shrinks or breaks meanwhile is filled up with NULs, and what broke it is thrown at the end.
 */
export function* readPieces(workspace: string, key: PathKey, size: (bytes: number) => void): Generator<Buffer> {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const file = openSync(placeOf(workspace, key), flags);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw Object.assign(new Error("not a file any more"), { code: "ENOENT" });
    size(stat.size);
    let broken: unknown;
    for (let left = stat.size; left > 0; ) {
      const piece = Buffer.allocUnsafe(Math.min(left, PIECE_BYTES));
      let read = 0;
      try {
        if (broken === undefined) read = readSync(file, piece, 0, piece.length, null);
      } catch (error) {
        broken = error;
      }
      if (read === 0) piece.fill(0);
      const bytes = read === 0 ? piece : piece.subarray(0, read);
      left -= bytes.length;
      yield bytes;
    }
    if (broken !== undefined) throw broken;
  } finally {
    closeSync(file);
  }
}
