import { renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { dropLock, emptyLock, takeLock } from "./lock.mjs";
import { codeOf } from "./problem.mjs";
import { lookAt, makeFolders, removeEmptyFolders } from "./tree.mjs";

/** @typedef {{ target: string, lock: string, staging: string, old: string }} Place */

/**
 * Runs a change of the target under the lock; however it ends, either the new or the old installation is whole,
 * and nothing temporary is left.
 * @template T
 * @param {string} target
 * @param {(line: string) => void} warn
 * @param {(place: Place) => T | Promise<T>} change
 * @returns {Promise<T>}
 */
export async function changeTarget(target, warn, change) {
  const parent = dirname(target);
  const created = makeFolders(parent);
  try {
    const lock = takeLock(parent);
    const place = { target, lock, staging: join(lock, `staging-${process.pid}`), old: join(lock, "old") };
    try {
      restore(place);
      emptyLock(place.lock);
      return await change(place);
    } finally {
      close(place, warn);
    }
  } finally {
    if (created !== undefined) removeEmptyFolders(parent, created);
  }
}

/**
 * Puts the staged installation in the target's place; between the two renames `restore` can still undo the first.
 * @param {Place} place
 */
export function swap({ target, staging, old }) {
  if (lookAt(target) !== undefined) rename(target, old);
  rename(staging, target);
}

/**
 * Where the target is missing and an old one was put aside, the swap didn't happen (an error now, a kill before).
 * @param {Place} place
 */
function restore({ target, old }) {
  if (lookAt(target) === undefined && lookAt(old) !== undefined) rename(old, target);
}

/**
 * What can't be tidied up is said, not thrown: it must not hide how the install itself ended, and the next one
 * finds this lock with a dead owner and tries again.
 * @param {Place} place
 * @param {(line: string) => void} warn
 */
function close(place, warn) {
  try {
    restore(place);
    emptyLock(place.lock);
    dropLock(place.lock);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    warn(`${place.lock} could not be tidied up (${why}); run this again, which restores what is in it or removes it`);
  }
}

/**
 * Windows refuses to rename while a virus scanner or an indexer looks at a file; that passes.
 * @param {string} from
 * @param {string} to
 */
function rename(from, to) {
  for (let attempt = 0; ; attempt++) {
    try {
      renameSync(from, to);
      return;
    } catch (error) {
      const passing = process.platform === "win32" && ["EPERM", "EACCES", "EBUSY"].includes(codeOf(error) ?? "");
      if (!passing || attempt === 30) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  }
}
