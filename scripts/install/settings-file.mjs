import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { codeOf } from "./problem.mjs";

/**
 * Where Claude Code keeps the user's settings, and those of a project that git does not share.
 * @param {string} configDir
 * @param {string} cwd
 */
export function settingsPaths(configDir, cwd) {
  return { user: join(configDir, "settings.json"), project: join(cwd, ".claude", "settings.local.json") };
}

/**
 * The text of a settings file; empty where there is none yet. A directory or what can't be read is an error.
 * @param {string} path
 */
export function readSettings(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "";
    throw error;
  }
}

/**
 * Replaces the text of a settings file at once, so that nobody ever reads half of it. A link stays a link, the mode
 * stays what it was; a file that somebody has changed in the meantime is left as it is.
 * @param {string} path
 * @param {string} before what the change was made from
 * @param {string} text
 * @returns {boolean} false: it was changed meanwhile, and nothing was written
 */
export function writeSettings(path, before, text) {
  const file = targetOf(path);
  mkdirSync(dirname(file), { recursive: true });
  const staging = `${file}.ask-codex-${process.pid}`;
  try {
    writeFileSync(staging, text, { mode: 0o600 });
    chmodSync(staging, existsSync(file) ? statSync(file).mode & 0o7777 : 0o644);
    if (readSettings(path) !== before) return false;
    renameSync(staging, file);
    return true;
  } finally {
    rmSync(staging, { force: true });
  }
}

/** @param {string} path */
function targetOf(path) {
  if (existsSync(path)) return realpathSync(path);
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink();
  return isLink ? resolve(dirname(path), readlinkSync(path)) : path;
}
