import { rmSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { LOCK } from "./lock.mjs";
import { changeTarget } from "./place.mjs";
import { problem } from "./problem.mjs";
import { MADE_HERE, MANIFEST, readTarget, refuseClone } from "./target.mjs";
import { list } from "./text.mjs";
import { lookAt, removeEmptyFolders, walk } from "./tree.mjs";

/** @typedef {import("./install.mjs").Context} Context */

/**
 * Takes away what an install put there, and only that.
 * @param {Context} context
 * @param {string} stateHome
 * @returns {Promise<string[]>} the lines that say what was done
 */
export async function uninstall(context, stateHome) {
  const { target, dryRun, warn } = context;
  const records = `records of runs stay in ${stateHome}; remove that directory yourself if you don't need them`;
  const absent = [`ask-codex is not installed in ${target}: nothing to remove`, records];
  if (lookAt(target) === undefined && (dryRun || lookAt(join(dirname(target), LOCK)) === undefined)) return absent;
  if (dryRun) {
    const found = removable(target);
    return [`would have ${found.line}`, ...keptLine(target, found.kept, "would keep"), records];
  }
  // A lock with a dead owner may hold the installation itself, which comes back as soon as it is taken over.
  return await changeTarget(target, warn, () => {
    if (lookAt(target) === undefined) return absent;
    const found = removable(target);
    found.remove();
    return [found.line, ...keptLine(target, found.kept, "kept"), records];
  });
}

/**
 * @param {string} path
 * @returns {{ line: string, kept: string[], remove: () => void }}
 */
function removable(path) {
  const target = readTarget(path);
  refuseClone(path, target);
  if (target.kind === "link") {
    return {
      line: `removed the link ${path}; what it led to stays in ${target.to}`,
      kept: [],
      remove: () => unlinkSync(path),
    };
  }
  if (target.kind === "absent") {
    return { line: `removed the empty directory ${path}`, kept: [], remove: () => removeEmptyFolders(path, path) };
  }
  const { manifest } = target;
  if (manifest === undefined) {
    throw problem(
      `${path} has no list of what was installed, so it is unclear which files are yours and nothing was removed; remove that directory yourself`,
    );
  }
  const ours = /** @type {string[]} */ ([]);
  const kept = /** @type {string[]} */ ([]);
  for (const leaf of walk(path, (name) => name === MANIFEST || MADE_HERE.includes(name))) {
    (leaf.kind !== "empty" && manifest.files.includes(leaf.path) ? ours : kept).push(leaf.path);
  }
  return { line: `removed ask-codex ${manifest.bundle} from ${path}`, kept, remove: () => removeCopy(path, ours) };
}

/**
 * SKILL.md first, so that Claude Code never sees half a skill; the manifest last, so that a second try can finish.
 * @param {string} path
 * @param {string[]} ours as found by a walk that follows no link, so nothing outside is reached
 */
function removeCopy(path, ours) {
  const first = ours.filter((file) => file === "SKILL.md");
  for (const file of new Set([...first, ...ours])) {
    rmSync(join(path, file), { force: true });
    removeEmptyFolders(dirname(join(path, file)), path);
  }
  for (const name of MADE_HERE) rmSync(join(path, name), { recursive: true, force: true });
  rmSync(join(path, MANIFEST), { force: true });
  removeEmptyFolders(path, path);
}

/**
 * @param {string} target
 * @param {string[]} kept
 * @param {string} verb
 */
function keptLine(target, kept, verb) {
  return kept.length === 0 ? [] : [`${verb} your files in ${target}: ${list(kept)}`];
}
