import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { isAskCodex, versionOf } from "./bundle.mjs";
import { problem } from "./problem.mjs";
import { lookAt } from "./tree.mjs";

/** What an install leaves in the target, so that an update and an uninstall know what is theirs. */
export const MANIFEST = ".ask-codex-install.json";
/** Made on the spot by npm and the build: never in the manifest, always ours. */
export const MADE_HERE = ["node_modules", "dist"];

/** @typedef {{ version: 1, bundle: string, files: string[], sha256: Record<string, string> }} Manifest */
/** @typedef {{ kind: "absent" }
 *         | { kind: "link", to: string }
 *         | { kind: "copy", manifest: Manifest | undefined, version: string | undefined }} Target */

/**
 * What is at the target now; whatever is not ask-codex is refused and left alone.
 * @param {string} path
 * @returns {Target}
 */
export function readTarget(path) {
  const stat = lookAt(path);
  if (stat === undefined) return { kind: "absent" };
  if (stat.isSymbolicLink()) return readLink(path);
  if (!stat.isDirectory()) throw notOurs(path, "it is not a directory");
  if (readdirSync(path).length === 0) return { kind: "absent" };
  const manifest = readManifest(path);
  if (manifest === undefined && !isAskCodex(path)) throw notOurs(path, "it was not put there by this installer");
  return { kind: "copy", manifest, version: manifest?.bundle ?? versionOf(path) };
}

/**
 * A link to nothing is ours to replace: no file can be lost by it.
 * @param {string} path
 * @returns {Target}
 */
function readLink(path) {
  const to = resolve(dirname(path), readlinkSync(path));
  if (existsSync(path) && !isAskCodex(path)) throw notOurs(path, `it is a link to ${to}, which is not ask-codex`);
  return { kind: "link", to };
}

/**
 * @param {string} path
 * @param {string} why
 */
function notOurs(path, why) {
  return problem(
    `${path} exists and is not ask-codex (${why}), so it was left alone; move it away, or choose another place with CLAUDE_SKILLS_DIR`,
  );
}

/**
 * @param {string} target
 * @returns {Manifest | undefined}
 */
function readManifest(target) {
  const path = join(target, MANIFEST);
  if (lookAt(path) === undefined) return undefined;
  const manifest = parseManifest(readFileSync(path, "utf8"));
  if (manifest !== undefined) return manifest;
  throw problem(
    `${path} can't be understood, so it is unclear which files are yours and nothing was changed; move ${target} away and run this again`,
  );
}

/**
 * Checked field by field: a path in it is going to be deleted, so it must not lead out of the target.
 * @param {string} text
 * @returns {Manifest | undefined}
 */
function parseManifest(text) {
  try {
    const { version, bundle, files, sha256 = {} } = JSON.parse(text);
    const good =
      version === 1 && typeof bundle === "string" && Array.isArray(files) && files.every(isInside) && isTexts(sha256);
    return good ? { version, bundle, files, sha256 } : undefined;
  } catch {
    return undefined;
  }
}

/** @param {unknown} path */
function isInside(path) {
  return (
    typeof path === "string" &&
    !/^[/\\]|^[A-Za-z]:|\\/.test(path) &&
    !path.split("/").some((part) => /^\.{0,2}$/.test(part))
  );
}

/** @param {unknown} value */
function isTexts(value) {
  return typeof value === "object" && value !== null && Object.values(value).every((text) => typeof text === "string");
}

/**
 * Whether the bundle itself lies at the target: then there is nothing to copy or to link.
 * @param {string} target
 * @param {string} root
 */
export function isInPlace(target, root) {
  const stat = lookAt(target);
  return stat !== undefined && !stat.isSymbolicLink() && realpathSync(target) === realpathSync(root);
}

/**
 * A clone at the target belongs to its owner: an update from elsewhere would mix two versions into its history.
 * @param {string} path
 * @param {Target} target
 */
export function refuseClone(path, target) {
  if (target.kind !== "copy" || target.manifest !== undefined || lookAt(join(path, ".git")) === undefined) return;
  throw problem(
    `${path} is a git clone of its own, so it was left alone; run git pull and ./install.sh in it, or move it away`,
  );
}
