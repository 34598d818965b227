import { chmodSync, lstatSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errorCode } from "../../../core/errors.ts";
import { attempt, isThere } from "../../../sys/files.ts";
import { HALF_GONE } from "./survey-records.ts";

/** Two that remove the same tree disturb each other at most once for each thing in it. */
const TRIES = 100;

/**
 * Removes a folder with everything in it, also what a run made unwritable (Go's module cache); links are not followed.
 * What another gc removes at this moment is no fault.
 */
export function removeTree(path: string): void {
  for (let tries = 1; ; tries++) {
    try {
      rmSync(path, { recursive: true, force: true, maxRetries: 3 });
      return;
    } catch (error) {
      if (!isThere(path)) return;
      if (tries === TRIES || !/^(EACCES|EPERM|ENOTEMPTY|ENOENT|ENOTDIR|EEXIST)$/.test(errorCode(error) ?? ""))
        throw error;
      if (tries === 1) openDirs(path);
      else if (errorCode(error) === "EACCES" || errorCode(error) === "EPERM") throw error;
    }
  }
}

function openDirs(path: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  attempt(() => chmodSync(path, 0o700));
  for (const name of attempt(() => readdirSync(path)) ?? []) openDirs(join(path, name));
}

/**
 * Removes the record of a run: at no moment is there half a record under its name. False: it was gone already, another
 * gc took it.
 */
export function removeRecord(dir: string): boolean {
  const away = join(dirname(dir), `${HALF_GONE}${basename(dir)}`);
  removeTree(away);
  try {
    renameSync(dir, away);
  } catch (error) {
    if (errorCode(error) === "ENOENT" && !isThere(dir)) return false;
    throw error;
  }
  removeTree(away);
  return true;
}
