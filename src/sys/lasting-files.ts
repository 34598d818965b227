import { closeSync, constants, existsSync, fsyncSync, linkSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { AskCodexError, errorCode } from "../core/errors.ts";
import { fileError, makePrivateDir, moveFile, putWhole } from "./files.ts";
import { PLATFORM } from "./platform.ts";

/** Replaces a file as a whole, and a power failure leaves the old text or the new one, too. */
export const writeLasting = (path: string, text: string): void =>
  putWhole(path, text, { lasting: true, put: moveFile });

/**
 * Makes a file that is whole from its first moment and survives a power failure; of several processes that try, one
 * is told true.
 */
export function makeOnce(path: string, text: string): boolean {
  try {
    putWhole(path, text, { lasting: true, put: linkSync });
  } catch (error) {
    if (error instanceof AskCodexError && errorCode(error.cause) === "EEXIST") return false;
    throw error;
  }
  syncDir(dirname(path));
  return true;
}

/** Makes a directory that only its user can read, and that survives a power failure. */
export function makeLastingDir(path: string): void {
  const isNew = !existsSync(path);
  if (isNew && !existsSync(dirname(path))) makeLastingDir(dirname(path));
  makePrivateDir(path);
  if (isNew) syncDir(dirname(path));
}

/** Network file systems that know no such thing, and directories that may be used and not read. */
const UNABLE = /^(EINVAL|ENOTSUP|EOPNOTSUPP|ENOSYS|EACCES)$/;

/** What was made in a directory is still in it after a power failure. */
function syncDir(path: string): void {
  // Windows opens no directory, and keeps its entries without being asked.
  if (PLATFORM === "win32") return;
  try {
    const dir = openSync(path, constants.O_RDONLY);
    try {
      fsyncSync(dir);
    } finally {
      closeSync(dir);
    }
  } catch (error) {
    if (!UNABLE.test(errorCode(error) ?? "")) throw fileError("write", path, error);
  }
}
