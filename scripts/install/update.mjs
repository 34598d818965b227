import {
  chmodSync,
  constants,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { bundleFiles } from "./bundle.mjs";
import { problem } from "./problem.mjs";
import { MADE_HERE, MANIFEST } from "./target.mjs";
import { hashOf, lookAt, makeFolderLike, walk } from "./tree.mjs";

/** @typedef {{ from: string, to: string }} Keep */
/** @typedef {{ files: string[], keep: Keep[], stale: string[] }} Plan */

/** What makes Claude Code run the hooks of an installed copy: in a copy without it, it finds none. */
export const HOOKS = "hooks/hooks.json";

/**
 * What an install over the present target would do, without doing it: which files it brings, which of the user's it
 * keeps (under another name where the bundle needs theirs), and which of an older bundle it drops.
 * @param {string} root the bundle
 * @param {string} path the target
 * @param {import("./target.mjs").Target} target
 * @param {boolean} [hooks] whether the copy gets the hooks; an update keeps what was chosen before
 * @returns {Plan}
 */
export function planCopy(
  root,
  path,
  target,
  hooks = target.kind === "copy" && lookAt(join(path, HOOKS)) !== undefined,
) {
  const all = bundleFiles(root);
  const files = all.filter((file) => hooks || file !== HOOKS);
  if (target.kind !== "copy") return { files, keep: [], stale: [] };
  const { added, edited, untouched } = sortFiles(path, target.manifest, files, all);
  const keep = added.map((from) => ({ from, to: from }));
  const taken = new Set([...files, ...added]);
  for (const from of edited) {
    const same = files.includes(from) && hashOf(join(path, from)) === hashOf(join(root, from));
    if (!same) keep.push({ from, to: freeName(from, taken) });
  }
  return { files, keep, stale: [...untouched, ...edited].filter((file) => !files.includes(file)) };
}

/**
 * The files of an installed copy by whose they are: added by the user, the bundle's but edited, simply the bundle's.
 * A copy without a manifest came from elsewhere; there the names in the new bundle are taken for the bundle's.
 * @param {string} path
 * @param {import("./target.mjs").Manifest | undefined} manifest
 * @param {string[]} files of the bundle that comes now
 * @param {string[]} [all] of the bundle, also those that this copy does without
 */
export function sortFiles(path, manifest, files, all = files) {
  const added = /** @type {string[]} */ ([]);
  const edited = /** @type {string[]} */ ([]);
  const untouched = /** @type {string[]} */ ([]);
  const installed = new Set(manifest?.files ?? all);
  for (const { path: file, kind } of walk(path, (name) => name === MANIFEST || MADE_HERE.includes(name))) {
    if (kind === "other") throw notKeepable(join(path, file));
    const sum = manifest?.sha256[file];
    if (!installed.has(file)) (isBlocked(file, files) ? edited : added).push(file);
    else (sum === undefined || sum === hashOf(join(path, file)) ? untouched : edited).push(file);
  }
  return { added, edited, untouched };
}

/** @param {string} path */
function notKeepable(path) {
  return problem(
    `${path} is neither a file nor a directory, so it can't be kept and nothing was changed; move it away and run this again`,
  );
}

/**
 * Whether the bundle needs this very name, as a file or as a directory.
 * @param {string} file
 * @param {string[]} files
 */
function isBlocked(file, files) {
  return files.some((other) => other === file || other.startsWith(`${file}/`));
}

/**
 * @param {string} file
 * @param {Set<string>} taken
 */
function freeName(file, taken) {
  let name = `${file}.edited`;
  for (let number = 2; taken.has(name); number++) name = `${file}.edited-${number}`;
  taken.add(name);
  return name;
}

/**
 * With their times of change, from which the build makes its stamp: the same clone gives the same tree again.
 * @param {string} root the bundle
 * @param {string[]} files
 * @param {string} staging
 */
export function copyBundle(root, files, staging) {
  mkdirSync(staging);
  for (const file of files) {
    mkdirSync(dirname(join(staging, file)), { recursive: true });
    copyFile(join(root, file), join(staging, file));
  }
}

/**
 * Written after the build, so that the fingerprints are those of the files as the user gets them.
 * @param {string} version
 * @param {string[]} files
 * @param {string} staging
 */
export function writeManifest(version, files, staging) {
  const sha256 = Object.fromEntries(files.map((file) => [file, hashOf(join(staging, file))]));
  const manifest = { version: 1, bundle: version, files, sha256 };
  writeFileSync(join(staging, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * Copies the user's files over rather than moving them: until the swap the old installation stays as it is.
 * @param {string} target
 * @param {Keep[]} keep
 * @param {string} staging
 */
export function keepFiles(target, keep, staging) {
  for (const { from, to } of keep) keepFile(join(target, from), join(staging, to));
  const old = lookAt(target);
  if (old?.isDirectory()) chmodSync(staging, old.mode & 0o7777);
}

/**
 * @param {string} from
 * @param {string} to
 */
function keepFile(from, to) {
  const stat = lstatSync(from);
  if (stat.isDirectory()) {
    makeFolderLike(from, to);
    return;
  }
  makeFolderLike(dirname(from), dirname(to));
  if (stat.isSymbolicLink()) {
    symlinkSync(readlinkSync(from), to);
    return;
  }
  copyFile(from, to);
}

/**
 * @param {string} from
 * @param {string} to
 */
function copyFile(from, to) {
  const { atime, mtime } = statSync(from);
  copyFileSync(from, to, constants.COPYFILE_EXCL);
  utimesSync(to, atime, mtime);
}
