import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { AskCodexError, errorCode, messageOf } from "../core/errors.ts";
import { PLATFORM } from "./platform.ts";

const REASONS: Record<string, string> = {
  EACCES: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left on the device",
  EDQUOT: "the disk quota is used up",
  EFBIG: "it would be larger than a file may be here",
  ENOTDIR: "a part of the path is not a directory",
  EISDIR: "it is a directory",
  ELOOP: "it is a symbolic link",
  ENOENT: "it does not exist",
  EEXIST: "it already exists",
};

/** What went wrong with a path, in words that need no manual. */
export const fileReason = (cause: unknown): string => REASONS[errorCode(cause) ?? ""] ?? messageOf(cause);

/** Why a path can't be used: always `fatal`, for it is the place itself that can't work. */
export function fileError(action: string, path: string, cause: unknown): AskCodexError {
  return new AskCodexError("fatal", `can't ${action} ${path}: ${fileReason(cause)}`, {
    cause,
    hint: "make room or set ASK_CODEX_HOME to a directory you can write",
  });
}

/**
 * Does what is mended on the way: a full disk or a read-only home must not keep a reader from saying what is true.
 */
export function attempt<Result>(act: () => Result): Result | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/** Makes a directory that only its user can read. A symbolic link in its place is refused: it could lead anywhere. */
export function makePrivateDir(path: string): void {
  try {
    makeDir(path);
    const found = lstatSync(path);
    if (found.isSymbolicLink()) throw Object.assign(new Error("a link"), { code: "ELOOP" });
    if (!found.isDirectory()) throw Object.assign(new Error("a file"), { code: "ENOTDIR" });
    // Closing a directory that everybody shares (/tmp as the state home, by root) would break the machine.
    if ((found.mode & STICKY) !== 0) throw new Error("it is shared by all users; name a directory of your own");
    // In /tmp anybody may have been there first, and would hold the door of what is put inside.
    if (found.uid !== (process.getuid?.() ?? found.uid) && (lstatSync(dirname(path)).mode & STICKY) !== 0)
      throw new Error("it belongs to another user");
    if (PLATFORM !== "win32" && (found.mode & 0o077) !== 0) chmodSync(path, 0o700);
  } catch (error) {
    throw fileError("use the directory", path, error);
  }
}

const STICKY = 0o1000;

/** With its parents; Node's own `recursive` never ends where a file system knows no new directories (/proc). */
function makeDir(path: string): void {
  try {
    makeOne(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    // The second try also serves a parent that another process has just made, in the moment after the first.
    if (!existsSync(dirname(path))) makeDir(dirname(path));
    makeOne(path);
  }
}

function makeOne(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // What is there instead is looked at next, and said better than "it exists".
    if (errorCode(error) !== "EEXIST") throw error;
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

/**
 * Replaces a file as a whole: a reader sees the old text or the new one, never a half, and a link in its place is
 * replaced, never followed. (atomically 2.1.1 takes a short write, which is how a disk fills up, for a whole one.)
 */
export const writeWhole = (path: string, text: string): void => putWhole(path, text, { lasting: false, put: moveFile });

/**
 * Brings a file to its place as a whole, by `put`. `lasting`: a power failure leaves no half of it either.
 */
export function putWhole(
  path: string,
  text: string,
  { lasting, put }: { lasting: boolean; put: (staged: string, path: string) => void },
): void {
  const staged = join(dirname(path), `.ask-codex-${randomBytes(6).toString("hex")}.tmp`);
  try {
    create(staged, text, lasting);
    put(staged, path);
  } catch (error) {
    throw fileError("write", path, error);
  } finally {
    rmSync(staged, { force: true });
  }
}

/** Writes a file that must not exist yet, following no link. */
export function writeNew(path: string, text: string): void {
  try {
    create(path, text, false);
  } catch (error) {
    throw fileError("write", path, error);
  }
}

function create(path: string, text: string, lasting: boolean): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  const file = openSync(path, flags, 0o600);
  try {
    const bytes = Buffer.from(text, "utf8");
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    if (lasting) fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

const REPLACE_TRIES = 100;

/** Windows refuses while somebody has the file open for a moment (a reader, a virus scanner): it is asked again for a second. */
export function moveFile(from: string, to: string, { platform = PLATFORM, rename = renameSync } = {}): void {
  for (let tries = 1; ; tries++) {
    try {
      rename(from, to);
      return;
    } catch (error) {
      const busy = platform === "win32" && /^(EPERM|EACCES|EBUSY)$/.test(errorCode(error) ?? "");
      if (!busy || tries === REPLACE_TRIES) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

/** Whether there is anything by this name, a link that leads nowhere included. */
export function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // Below a file, in a loop of links, behind a door: nothing that could be used.
    return false;
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
