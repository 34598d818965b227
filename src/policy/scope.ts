import { lstatSync, realpathSync } from "node:fs";
import { posix, win32 } from "node:path";
import picomatch from "picomatch";
import { usageError } from "../core/errors.ts";
import { PLATFORM } from "../sys/platform.ts";

const GLOB = /[*?{]/;
/**
 * Folders that no scope opens: git's own, because a hook in it would run outside the sandbox, Codex's settings, from
 * which the next Codex takes programs and power, and our answers.
 */
const CLOSED = new Set([".git", ".codex", ".agents", ".ask-codex"]);
const HINT = "name files, directories or globs below the workspace, or none";

/**
 * A write scope as the caller gave it, as patterns relative to the workspace ("/" between, no leading "./", a directory
 * with "/" at its end where that was said). Empty: no writes at all; undefined: the whole workspace. Whatever leads
 * outside is bad input; what is relative begins at `base`. Globs know `*`, `**`, `?` and `{a,b}`; brackets and
 * parentheses are plain, for routes are named so.
 */
export function parseScope(
  entries: readonly string[],
  workspace: string,
  base = workspace,
  platform = PLATFORM,
): string[] | undefined {
  const words = entries.map((entry) => entry.trim());
  const nothing = words.filter((word) => /^(none|read-only)$/i.test(word));
  if (nothing.length > 0 && words.length > 1)
    throw usageError(`the write scope says ${nothing[0]} and more than that`, "give none alone, or leave it out");
  if (nothing.length > 0) return [];
  const patterns = words.map((word) => parsePattern(word, { workspace, base, platform }));
  return patterns.includes("") ? undefined : [...new Set(patterns)];
}

interface ScopePlace {
  workspace: string;
  base: string;
  platform: NodeJS.Platform;
}

function parsePattern(word: string, place: ScopePlace): string {
  const { workspace, base, platform } = place;
  const { isAbsolute, relative, resolve, sep } = pathsOf(platform);
  if (word === "") throw usageError("the write scope has an empty entry", HINT);
  if (word.includes("\0")) throw usageError("the write scope has a NUL character in it", HINT);
  if (isGlob(word) && word.split(platform === "win32" ? /[/\\{},]/ : /[/{},]/).includes(".."))
    throw usageError(`the write scope ${word} goes up in a glob, which can't be followed`, HINT);
  const path = relative(workspace, inWorkspace(resolve(base, word), place));
  if (path === ".." || path.startsWith(`..${sep}`) || isAbsolute(path))
    throw usageError(`the write scope ${word} lies outside the workspace ${workspace}`, HINT);
  const pattern = path.split(sep).join("/");
  if (platform === "win32" && pattern.includes(":"))
    throw usageError(`the write scope ${word} has a colon in a name, which Windows takes for something else`, HINT);
  const names = pattern.split("/").map((name) => meantBy(name, platform));
  const first = names[0] ?? "";
  if (names.includes(".git") || CLOSED.has(first))
    throw usageError(`the write scope ${word} opens ${CLOSED.has(first) ? first : ".git"}, which stays closed`, HINT);
  return /[/\\]$/.test(word) && pattern !== "" ? `${pattern}/` : pattern;
}

/** A path may reach a place by another name (a link in it or above it), but git knows it by its real one: what exists is looked up. */
function inWorkspace(word: string, { workspace, platform }: ScopePlace): string {
  const { join, relative, sep } = pathsOf(platform);
  const kept = staticPart(word.split(sep).join("/"));
  const up = kept.split("/");
  for (let depth = up.length; depth > 0; depth--) {
    const head = up.slice(0, depth).join("/") || "/";
    try {
      // Windows takes a name in any case, and git's trees have it in the one that it was made with.
      const real = platform === "win32" ? realpathSync.native(head.replace(/^[A-Za-z]:$/, "$&/")) : realpathSync(head);
      return relative(workspace, real).startsWith("..") ? word : join(real, word.slice(head.length));
    } catch {
      // Not there yet: its parent may be.
    }
  }
  return word;
}

const pathsOf = (platform: NodeJS.Platform) => (platform === "win32" ? win32 : posix);

/** A name as the file system takes it: on macOS and Windows in any case, on Windows with dots and blanks behind it too. */
function meantBy(name: string, platform: NodeJS.Platform): string {
  if (platform !== "win32" && platform !== "darwin") return name;
  const lower = name.toLowerCase();
  if (platform === "darwin") return lower;
  // The short name that Windows gives to the first such folder.
  return lower === "git~1" ? ".git" : lower.replace(/[. ]+$/, "");
}

/** Whether a pattern names more than one path. */
export const isGlob = (pattern: string): boolean => GLOB.test(pattern);

/** The folders of a pattern before its first wildcard; a pattern without one is its own. */
export function staticPart(pattern: string): string {
  const parts = pattern.split("/");
  const first = parts.findIndex(isGlob);
  return first < 0 ? pattern : parts.slice(0, first).join("/");
}

/** Tells whether a path (relative, "/") is in the scope: named, below a named directory, or matched by a glob. */
export function scopeMatcher(patterns: readonly string[]): (path: string) => boolean {
  const globs = patterns.filter(isGlob).map((pattern) => matcher(pattern));
  const plain = patterns.filter((pattern) => !isGlob(pattern)).map((pattern) => pattern.replace(/\/$/, ""));
  return (path) =>
    plain.some((one) => path === one || path.startsWith(`${one}/`)) || globs.some((matches) => matches(path));
}

/** A glob with "/" at its end means what is below the directories that it matches. */
function matcher(pattern: string): (path: string) => boolean {
  const escaped = pattern.replace(/[()[\]!+@|\\]/g, "\\$&");
  return picomatch(escaped.endsWith("/") ? `${escaped}**` : escaped, { dot: true, flags: "s" });
}

/**
 * Whether everything that `asked` allows is allowed by `had`, as far as that can be told without trying: the same
 * pattern, or one that begins in a named directory. In doubt it is more, and more is refused.
 */
export function scopeCovers(had: readonly string[], asked: readonly string[]): boolean {
  const directories = had.map((pattern) => pattern.replace(/\/(\*\*)?$/, "")).filter((pattern) => !isGlob(pattern));
  return asked.every((pattern) => {
    const start = staticPart(pattern).replace(/\/$/, "");
    const inside = directories.some((dir) => start === dir || start.startsWith(`${dir}/`));
    return had.includes(pattern) || ((inside || had.includes("**")) && !pattern.split("/").includes(".."));
  });
}

/** What is at a path itself, without following a link there; undefined where nothing can be. */
export function kindOf(path: string): "file" | "directory" | "link" | undefined {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (!found) return undefined;
    return found.isSymbolicLink() ? "link" : found.isDirectory() ? "directory" : "file";
  } catch {
    return undefined;
  }
}
