import { mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf, EXIT, problem } from "./problem.mjs";
import { lookAt } from "./tree.mjs";

/**
 * One directory beside the target is both the lock and the place for everything temporary: one level deeper than
 * Claude Code looks for skills, on the file system of the target, and whoever takes over a dead owner's lock finds
 * there all that the dead one left.
 */
export const LOCK = ".ask-codex-install.lock";

/**
 * Takes the lock or says who has it; a lock whose owner is dead is taken over.
 * @param {string} parent the directory of the target
 * @returns {string} the lock's directory
 */
export function takeLock(parent) {
  const lock = join(parent, LOCK);
  for (let attempt = 0; attempt < 5; attempt++) {
    if (!claim(lock)) {
      const owner = readOwner(lock);
      if (owner === undefined) continue;
      if (isAlive(owner)) throw busy(lock, `process ${owner.pid}`, owner.pid);
      takeOver(lock);
    }
    sweep(parent);
    return lock;
  }
  throw busy(lock, "another process");
}

/**
 * Removes what an owner that was killed left in the lock; the name of the owner stays.
 * @param {string} lock
 */
export function emptyLock(lock) {
  for (const name of readdirSync(lock)) {
    if (name !== "owner.json") rmSync(join(lock, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Gives the lock back by one rename, so that no one ever sees a lock without an owner.
 * @param {string} lock
 */
export function dropLock(lock) {
  const gone = `${lock}.${process.pid}`;
  renameSync(lock, gone);
  rmSync(gone, { recursive: true });
}

/**
 * A process killed while it made or dropped its lock leaves a directory that carries its pid.
 * @param {string} parent
 */
function sweep(parent) {
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(`${LOCK}.`) ? Number(name.slice(LOCK.length + 1)) : Number.NaN;
    if (pid > 0 && !isAlive({ pid, started: null })) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

/**
 * The lock appears together with its owner, by one rename, which fails while a lock is there.
 * @param {string} lock
 */
function claim(lock) {
  const own = `${lock}.${process.pid}`;
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own);
  try {
    writeOwner(own);
    renameSync(own, lock);
    return true;
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    if (lookAt(lock) === undefined) throw error;
    return false;
  }
}

/**
 * Two that find the same dead owner must not both win: the second directory lets one of them in, which looks again.
 * @param {string} lock
 */
function takeOver(lock) {
  const gate = `${lock}.takeover`;
  try {
    mkdirSync(gate);
  } catch (error) {
    if (codeOf(error) === "EEXIST") throw busy(gate, "another process");
    throw error;
  }
  try {
    const owner = readOwner(lock);
    if (owner === undefined || isAlive(owner)) throw busy(lock, owner ? `process ${owner.pid}` : "another process");
    writeOwner(lock);
  } finally {
    rmdirSync(gate);
  }
}

/**
 * @param {string} lock
 * @param {string} who
 * @param {number} [pid] of a holder that lives: waiting for it makes sense
 */
function busy(lock, who, pid) {
  const refused = problem(
    `another install is running (${who} holds ${lock}), so nothing was changed; run this again when it is over, or remove that directory if no install runs`,
    EXIT.refused,
  );
  return Object.assign(refused, { pid });
}

/** @typedef {{ pid: number, started: string | null }} Owner */

/** @param {string} folder */
function writeOwner(folder) {
  const path = join(folder, "owner.json");
  writeFileSync(`${path}.new`, `${JSON.stringify({ version: 1, pid: process.pid, started: startOf(process.pid) })}\n`);
  renameSync(`${path}.new`, path);
}

/**
 * @param {string} lock
 * @returns {Owner | undefined} undefined: the lock was given back in this moment
 */
function readOwner(lock) {
  try {
    const { pid, started } = JSON.parse(readFileSync(join(lock, "owner.json"), "utf8"));
    if (Number.isSafeInteger(pid) && pid > 0) return { pid, started: typeof started === "string" ? started : null };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
  }
  throw busy(lock, "a process that can't be named");
}

/** @param {Owner} owner */
function isAlive({ pid, started }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
  const now = startOf(pid);
  return now !== "ended" && (started === null || now === null || started === now);
}

/**
 * The start time of a process where the system tells it cheaply (Linux): a pid alone may belong to somebody new.
 * @param {number} pid
 */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? "ended" : (fields[19] ?? null);
  } catch {
    return null;
  }
}
