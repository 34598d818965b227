import { existsSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { bundleFiles } from "./bundle.mjs";
import { changeTarget, swap } from "./place.mjs";
import { EXIT, problem } from "./problem.mjs";
import { prepare } from "./run.mjs";
import { isInPlace, readTarget, refuseClone } from "./target.mjs";
import { list } from "./text.mjs";
import { copyBundle, keepFiles, planCopy, sortFiles, writeManifest } from "./update.mjs";

/**
 * @typedef {object} Context everything an action needs from outside
 * @property {{ root: string, version: string }} bundle
 * @property {string} target
 * @property {import("./places.mjs").Env} env
 * @property {AbortSignal} signal
 * @property {boolean} dryRun
 * @property {boolean} [hooks] what was said of them on the command line
 * @property {(line: string) => void} say progress
 * @property {(line: string) => void} warn
 */
/** @typedef {import("./target.mjs").Target} Target */

/**
 * Copies the bundle; until the last moment everything happens beside the target.
 * @param {Context} context
 * @returns {Promise<string[]>} the lines that say what was done
 */
export async function installCopy(context) {
  const { bundle, target, env, signal, say, warn } = context;
  if (isInPlace(target, bundle.root)) return await useInPlace(context);
  if (context.dryRun) return dryRunLines(context, checkTarget(target));
  return await changeTarget(target, warn, async (place) => {
    const before = checkTarget(target);
    const { files } = planCopy(bundle.root, target, before, context.hooks);
    copyBundle(bundle.root, files, place.staging);
    await prepare({ cwd: place.staging, env, signal }, { dependencies: true, say });
    writeManifest(bundle.version, files, place.staging);
    // Planned again, since npm took its time and a file of the user may have come or changed.
    const { keep } = planCopy(bundle.root, target, before, context.hooks);
    keepFiles(target, keep, place.staging);
    swap(place);
    return [`${whatHappened(before, bundle.version)} in ${target}`, ...keptLines(keep)];
  });
}

/**
 * Makes the target a link to the clone, which is prepared where it lies.
 * @param {Context} context
 * @returns {Promise<string[]>}
 */
export async function installLink(context) {
  const { bundle, target, dryRun, warn } = context;
  if (isInPlace(target, bundle.root)) return await useInPlace(context);
  if (dryRun) {
    refuseToHide(context, checkTarget(target));
    return [`would link ${target} to ${bundle.root} (ask-codex ${bundle.version})`];
  }
  return await changeTarget(target, warn, async (place) => {
    refuseToHide(context, checkTarget(target));
    await prepareClone(context);
    symlinkSync(realpathSync(bundle.root), place.staging, process.platform === "win32" ? "junction" : "dir");
    swap(place);
    return [`linked ask-codex ${bundle.version}: ${target} -> ${bundle.root}`];
  });
}

/**
 * A clone that lies at the target itself, or the installed copy run from within: only what is missing is made.
 * @param {Context} context
 */
async function useInPlace(context) {
  const { bundle, target, dryRun, hooks } = context;
  if (hooks !== undefined) {
    const wanted = hooks === true && !existsSync(join(target, "hooks", "hooks.json"));
    throw problem(
      wanted
        ? `${target} is a copy without hooks and can't make them itself, so nothing was done; run the installer with --hooks from a clone`
        : `${target} is this bundle itself, so --hooks and --no-hooks change nothing there and nothing was done; leave them out, or run the installer from a clone elsewhere`,
      EXIT.usage,
    );
  }
  if (dryRun) return [`would prepare ask-codex ${bundle.version} where it lies, in ${target}`];
  await changeTarget(target, context.warn, () => prepareClone(context));
  return [`prepared ask-codex ${bundle.version} where it lies, in ${target}`];
}

/** @param {Context} context */
async function prepareClone({ bundle, env, signal, say }) {
  const modules = join(bundle.root, "node_modules");
  const missing = !existsSync(modules);
  try {
    await prepare({ cwd: bundle.root, env, signal }, { dependencies: missing, say });
  } catch (error) {
    if (missing) rmSync(modules, { recursive: true, force: true });
    throw error;
  }
}

/**
 * @param {string} path
 * @returns {Target}
 */
function checkTarget(path) {
  const target = readTarget(path);
  refuseClone(path, target);
  return target;
}

/**
 * A link has no room for the user's files, so one that would take them away is refused.
 * @param {Context} context
 * @param {Target} target
 */
function refuseToHide({ bundle, target: path }, target) {
  if (target.kind !== "copy") return;
  const { added, edited } = sortFiles(path, target.manifest, bundleFiles(bundle.root));
  const users = [...added, ...edited];
  if (users.length === 0) return;
  throw problem(
    `${path} holds files of yours (${list(users)}) that a link would take away, so nothing was changed; move them away and run this again`,
  );
}

/**
 * @param {Target} before
 * @param {string} version
 */
function whatHappened(before, version) {
  if (before.kind === "link") return `installed ask-codex ${version} (instead of a link to ${before.to})`;
  if (before.kind === "absent" || before.version === undefined) return `installed ask-codex ${version}`;
  if (before.version === version) return `installed ask-codex ${version} again`;
  return `updated ${before.version} -> ${version}`;
}

/** @param {import("./update.mjs").Keep[]} keep */
function keptLines(keep) {
  if (keep.length === 0) return [];
  return [`kept your files: ${list(keep.map(({ from, to }) => (from === to ? to : `${from} as ${to}`)))}`];
}

/**
 * @param {Context} context
 * @param {Target} before
 */
function dryRunLines({ bundle, target, hooks }, before) {
  const plan = planCopy(bundle.root, target, before, hooks);
  return [
    `would have ${whatHappened(before, bundle.version)} in ${target}`,
    `would copy ${plan.files.length} files, run npm ci there, build, check the result, and then put it in place`,
    ...keptLines(plan.keep).map((line) => `would have ${line}`),
    ...(plan.stale.length > 0 ? [`would remove what the bundle no longer has: ${list(plan.stale)}`] : []),
  ];
}
