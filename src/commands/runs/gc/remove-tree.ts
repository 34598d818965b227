import { chmodSync, lstatSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errorCode } from "../../../core/errors.ts";
import { HALF_GONE } from "./survey-records.ts";

/** Removes a folder with everything in it, also what a run made unwritable (Go's module cache); links are not followed. */
export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    if (!/^(EACCES|EPERM|ENOTEMPTY)$/.test(errorCode(error) ?? "")) throw error;
    openDirs(path);
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  }
}

function openDirs(path: string): void {
  if (!lstatSync(path).isDirectory()) return;
  chmodSync(path, 0o700);
  for (const name of readdirSync(path)) openDirs(join(path, name));
}

/** Removes the record of a run: at no moment is there half a record under its name. */
export function removeRecord(dir: string): void {
  const away = join(dirname(dir), `${HALF_GONE}${basename(dir)}`);
  removeTree(away);
  renameSync(dir, away);
  removeTree(away);
}
