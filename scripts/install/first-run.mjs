// The first call of a skill that nobody installed: a plugin and `npx skills add` bring the sources and nothing else.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isBundleFresh } from "../sources.mjs";
import { dropLock, emptyLock, LOCK, takeLock } from "./lock.mjs";
import { EXIT, isProblem, problem } from "./problem.mjs";
import { prepare } from "./run.mjs";

/** Inside node_modules, so that it comes and goes with what it describes: the fingerprint of the lock file it was made from. */
const MARK = join("node_modules", ".ask-codex-setup");
const WAIT_LIMIT_MS = 15 * 60_000;
/** So long a lock may have no holder that lives: one that takes it over needs a moment. */
const NOBODY_LIMIT_MS = 10_000;
const LOOK_EVERY_MS = 200;

/**
 * Whether a start has to set the skill up: there are no packages, or there is no bundle of these sources (nobody built
 * it, the files were updated, a set-up was killed). A clone where somebody develops is never touched: what git holds is
 * run from its sources as long as it has packages that the set-up did not bring.
 * @param {string} root
 */
export function needsSetup(root) {
  if (isBundleFresh()) return false;
  return !existsSync(join(root, "node_modules")) || existsSync(join(root, MARK)) || !isClone(root);
}

/**
 * What Claude Code keeps of a plugin is no clone for working in, whatever it came from.
 * @param {string} root
 */
function isClone(root) {
  return existsSync(join(root, ".git")) && !/[\\/]plugins[\\/]cache[\\/]/.test(root);
}

/**
 * Fetches the packages of the lock file into the skill's own folder and builds the bundle. One of many calls at once
 * does it and the others wait; packages and bundle each appear by one rename, and what a killed call left is made anew.
 * @param {string} root
 * @param {{ env: Record<string, string | undefined>, signal: AbortSignal, say: (line: string) => void }} how
 * @returns {Promise<void>} rejects with a problem whose message says why it can't be
 */
export async function setUp(root, { env, signal, say }) {
  const lock = await waitForLock(root, signal);
  if (lock === undefined) return;
  try {
    if (!needsSetup(root)) return;
    const where = { env: { ...env, ASK_CODEX_NO_SETUP: "1" }, signal };
    if (isCurrent(root)) say(`the bundle in ${root} is missing or older than its files: building it, once …`);
    else {
      say(`first call in ${root}: fetching its packages (npm ci) and building it, once …`);
      await bringPackages(root, lock, where);
    }
    await prepare({ ...where, cwd: root }, { dependencies: false, say: () => {} });
  } finally {
    emptyLock(lock);
    dropLock(lock);
  }
}

/**
 * @param {string} root
 * @param {AbortSignal} signal
 * @returns {Promise<string | undefined>} undefined: another call has done it meanwhile
 */
async function waitForLock(root, signal) {
  let nobody = 0;
  for (let waited = 0; waited < WAIT_LIMIT_MS; waited += LOOK_EVERY_MS) {
    signal.throwIfAborted();
    try {
      return takeLock(root);
    } catch (error) {
      if (!isProblem(error) || error.exitCode !== EXIT.refused) throw error;
      nobody = "pid" in error && error.pid !== undefined ? 0 : nobody + LOOK_EVERY_MS;
      if (nobody > NOBODY_LIMIT_MS) throw error;
    }
    await sleep(LOOK_EVERY_MS);
    if (!needsSetup(root)) return undefined;
  }
  throw problem(
    `another call has been setting it up for ${WAIT_LIMIT_MS / 60_000} minutes; remove ${join(root, LOCK)} if none does`,
  );
}

/**
 * Packages without our mark were brought by somebody else, as Claude Code does for a plugin (`npm ci`): they are theirs.
 * @param {string} root
 */
function isCurrent(root) {
  const mark = join(root, MARK);
  if (!existsSync(mark)) return existsSync(join(root, "node_modules"));
  return readFileSync(mark, "utf8") === fingerprint(root);
}

/** @param {string} root */
function fingerprint(root) {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

/**
 * @param {string} root
 * @param {string} lock
 * @param {{ env: Record<string, string | undefined>, signal: AbortSignal }} where
 */
async function bringPackages(root, lock, where) {
  emptyLock(lock);
  const [staging, old, modules] = [join(lock, `staging-${process.pid}`), join(lock, "old"), join(root, "node_modules")];
  mkdirSync(staging);
  for (const name of ["package.json", "package-lock.json"]) copyFileSync(join(root, name), join(staging, name));
  await prepare({ ...where, cwd: staging }, { dependencies: true, say: () => {} });
  // npm makes no folder where there is no package; the mark needs one.
  mkdirSync(join(staging, "node_modules"), { recursive: true });
  writeFileSync(join(staging, MARK), fingerprint(root));
  if (existsSync(modules)) renameSync(modules, old);
  renameSync(join(staging, "node_modules"), modules);
}
