import { chmodSync, closeSync, constants, lstatSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { writeFileSync as writeAtomically } from "atomically";
import { AskCodexError, errorCode, messageOf } from "../core/errors.ts";

/** Why a path can't be used, in words; `failed` unless it is the place itself that can't work (read-only, full, no permission). */
export function fileError(action: string, path: string, cause: unknown): AskCodexError {
  const reasons: Record<string, string> = {
    EACCES: "permission denied",
    EROFS: "the file system is read-only",
    ENOSPC: "no space left on the device",
    EDQUOT: "the disk quota is used up",
    ENOTDIR: "a part of the path is not a directory",
    EISDIR: "it is a directory",
    ELOOP: "it is a symbolic link",
    ENOENT: "it does not exist",
    EEXIST: "it already exists",
  };
  const reason = reasons[errorCode(cause) ?? ""] ?? messageOf(cause);
  return new AskCodexError("fatal", `can't ${action} ${path}: ${reason}`, {
    cause,
    hint: "make room or set ASK_CODEX_HOME to a directory you can write",
  });
}

/** Makes a directory that only its user can read. A symbolic link in its place is refused: it could lead anywhere. */
export function makePrivateDir(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const found = lstatSync(path);
    if (found.isSymbolicLink() || !found.isDirectory())
      throw Object.assign(new Error("not a directory of its own"), { code: "ELOOP" });
    if (process.platform !== "win32" && (found.mode & 0o077) !== 0) chmodSync(path, 0o700);
  } catch (error) {
    throw fileError("use the directory", path, error);
  }
}

/** Makes a directory that must not exist yet. */
export function makeNewDir(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    throw fileError("create", path, error);
  }
}

/** Replaces a file as a whole: a reader sees the old text or the new one, never a half. */
export function writeWhole(path: string, text: string): void {
  try {
    writeAtomically(path, text, { encoding: "utf8", mode: 0o600, fsync: false });
  } catch (error) {
    throw fileError("write", path, error);
  }
}

/** Writes a file that must not exist yet, following no link. */
export function writeNew(path: string, text: string): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  try {
    const file = openSync(path, flags, 0o600);
    try {
      const bytes = Buffer.from(text, "utf8");
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw fileError("write", path, error);
  }
}

/** The text of a file, or undefined when there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
    throw fileError("read", path, error);
  }
}
