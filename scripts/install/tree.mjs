import { createHash } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { codeOf } from "./problem.mjs";

/** @typedef {{ path: string, kind: "file" | "link" | "empty" | "other" }} Leaf */

/**
 * Every leaf below a directory, as paths with slashes; links are leaves, so that nothing outside is ever met.
 * @param {string} root
 * @param {(path: string) => boolean} skip
 * @param {string} [below]
 * @returns {Leaf[]}
 */
export function walk(root, skip, below = "") {
  const leaves = /** @type {Leaf[]} */ ([]);
  for (const entry of readdirSync(join(root, below), { withFileTypes: true })) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (skip(path)) continue;
    if (entry.isDirectory()) {
      const inside = walk(root, skip, path);
      leaves.push(...inside);
      if (inside.length === 0 && readdirSync(join(root, path)).length === 0) leaves.push({ path, kind: "empty" });
    } else {
      leaves.push({ path, kind: entry.isFile() ? "file" : entry.isSymbolicLink() ? "link" : "other" });
    }
  }
  return leaves.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * What lies at a path, links not followed; undefined where nothing does.
 * @param {string} path
 */
export function lookAt(path) {
  try {
    return lstatSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * The fingerprint of a leaf's contents, to tell an edited file from an untouched one.
 * @param {string} path
 */
export function hashOf(path) {
  const stat = lstatSync(path);
  const content = stat.isSymbolicLink() ? readlinkSync(path) : stat.isFile() ? readFileSync(path) : "";
  return createHash("sha256").update(content).digest("hex");
}

/**
 * Makes a directory and its parents. Node's own recursive mkdir never ends where the system answers ENOENT below an
 * existing directory (as in /proc), so this asks step by step.
 * @param {string} path
 * @returns {string | undefined} the topmost directory that was made
 */
export function makeFolders(path) {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  const parent = dirname(path);
  const created = parent === path ? undefined : makeFolders(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    const made = codeOf(error) === "EEXIST" && statSync(path, { throwIfNoEntry: false })?.isDirectory();
    if (!made && created !== undefined) removeEmptyFolders(parent, created);
    if (!made) throw error;
  }
  return created ?? path;
}

/**
 * Makes a directory like another one, its mode too: a private directory of the user must not become a public one.
 * @param {string} from
 * @param {string} to
 */
export function makeFolderLike(from, to) {
  if (lookAt(to) !== undefined) return;
  makeFolderLike(dirname(from), dirname(to));
  mkdirSync(to);
  chmodSync(to, statSync(from).mode & 0o7777);
}

/**
 * Removes a directory and its parents up to, and with, the last one as far as they are empty.
 * @param {string} folder
 * @param {string} last
 */
export function removeEmptyFolders(folder, last) {
  for (let path = folder; path.startsWith(last); path = dirname(path)) {
    try {
      rmdirSync(path);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") return;
    }
  }
}
