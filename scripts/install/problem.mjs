/** The exit codes of the installer; the same numbers mean the same in every command of ask-codex. */
export const EXIT = { ok: 0, failed: 1, usage: 64, refused: 75, stopped: 130 };

/** @typedef {Error & { exitCode: number }} Problem */

/**
 * A failure the user can act on: its message is the whole sentence to print, without the closing full stop.
 * @param {string} message
 * @param {number} [exitCode]
 * @returns {Problem}
 */
export function problem(message, exitCode = EXIT.failed) {
  return Object.assign(new Error(message), { exitCode });
}

/**
 * @param {unknown} error
 * @returns {error is Problem}
 */
export function isProblem(error) {
  return error instanceof Error && "exitCode" in error && typeof error.exitCode === "number";
}

/**
 * The errno name of a system error, so that callers can tell "not there" from "not allowed".
 * @param {unknown} error
 */
export function codeOf(error) {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

const NOT_ALLOWED =
  "this user may not do that; correct the permissions, or choose another place with CLAUDE_SKILLS_DIR";
const NO_ROOM = "no room is left on the disk; make room and run this again";
const NOT_A_FOLDER =
  "a part of the path is not a directory; correct it, or choose another place with CLAUDE_SKILLS_DIR";

/**
 * Why the system said no, and what to do next, by errno name.
 * @type {Record<string, string>}
 */
const REASONS = {
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EROFS: "the file system is read-only; choose another place with CLAUDE_SKILLS_DIR",
  ENOSPC: NO_ROOM,
  EDQUOT: NO_ROOM,
  ENOENT: "a part of the path leads nowhere; correct it, or choose another place with CLAUDE_SKILLS_DIR",
  ENOTDIR: NOT_A_FOLDER,
  EEXIST: NOT_A_FOLDER,
  EBUSY: "another program uses it; close that program and run this again",
};

/**
 * One sentence for whatever went wrong: a problem as it is, a system error with what was tried and the way out.
 * @param {unknown} error
 * @param {string} what what could not be done, as the start of a sentence
 */
export function sentenceOf(error, what) {
  if (isProblem(error)) return error.message;
  const reason = REASONS[codeOf(error) ?? ""];
  if (reason !== undefined) return `${what}: ${attemptOf(error)} failed, because ${reason}`;
  return `${what}: ${error instanceof Error ? error.message : String(error)}; run this again, and report it if that does not help`;
}

/** @param {unknown} error */
function attemptOf(error) {
  const { syscall = "writing", path = "", dest = "" } = /** @type {Record<string, string>} */ (Object(error));
  return [syscall, path, dest === "" ? "" : `to ${dest}`].filter((word) => word !== "").join(" ");
}
