import { mkdirSync, readdirSync, realpathSync, rmdirSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { AskCodexError, errorCode, usageError } from "../core/errors.ts";
import type { Power } from "../core/policy.ts";
import { fileError, fileReason } from "../sys/files.ts";
import { isGlob, kindOf, staticPart } from "./scope.ts";

/** What the kernel is asked to open for a run. */
export interface Grants {
  /** Real paths of directories that the run may write; each with everything below it. */
  directories: string[];
  /** Directories that do not exist yet and must, because the sandbox can't open what is not there; parents first. */
  toMake: string[];
}

/**
 * The directories that a run's power opens to the kernel: never a file (Codex's sandbox panics: CODEX.md A), so a file
 * or glob of the scope opens its directory, and the audit holds the exact paths. A path of the scope that is not there
 * yet is a directory if it ends with "/" or its name has no dot. One that leads out of the workspace by a link is bad
 * input. Looks at the disk, writes nothing.
 */
export function planGrants(workspace: string, power: Pick<Power, "write" | "scope" | "writable">): Grants {
  const wanted = power.write === "scope" ? power.scope.map((pattern) => directoryOf(workspace, pattern)) : [];
  if (power.write === "workspace") wanted.push(workspace);
  const toMake: string[] = [];
  const directories = wanted.map((path) => {
    const { real, missing } = locate(workspace, path);
    toMake.push(...missing);
    return expressible(workspace, real);
  });
  return { directories: outermost([...directories, ...power.writable]), toMake: [...new Set(toMake)] };
}

/** The directory that a pattern is about; a path where no directory can be is found out when it is looked up. */
function directoryOf(workspace: string, pattern: string): string {
  const path = join(workspace, staticPart(pattern)).replace(/[/\\]$/, "");
  if (isGlob(pattern)) return path;
  const kind = kindOf(path);
  if (kind === "link") return leadsTo(path) === "file" ? dirname(path) : path;
  if (pattern.endsWith("/") || kind === "directory") return path;
  return kind === "file" || basename(pattern).includes(".") ? dirname(path) : path;
}

function leadsTo(link: string): ReturnType<typeof kindOf> {
  try {
    return kindOf(realpathSync(link));
  } catch {
    return undefined;
  }
}

/** The real path of a directory below the workspace, and which of its parts are missing. */
function locate(workspace: string, path: string): { real: string; missing: string[] } {
  const missing: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    try {
      const real = realpathSync(at);
      if (real !== workspace && !real.startsWith(workspace + sep))
        throw usageError(
          `the write scope ${relative(workspace, path)} leads to ${real}, outside the workspace`,
          "name the place itself with --writable if Codex may write there",
        );
      // parseScope names the place itself: a link that is met here came later, maybe from a run, maybe to .git/hooks.
      if (real !== resolve(at))
        throw usageError(`the write scope ${relative(workspace, path)} leads to ${real} by a link`, "name that place");
      if (kindOf(real) !== "directory")
        throw usageError(
          `the write scope ${relative(workspace, path)} is below a file`,
          "name a directory, or a file in one",
        );
      return { real: join(real, relative(at, path)), missing };
    } catch (error) {
      if (error instanceof AskCodexError) throw error;
      // A link that leads nowhere is there, and can't be made.
      if (errorCode(error) !== "ENOENT" || at === workspace || kindOf(at) !== undefined)
        throw usageError(
          `the write scope ${relative(workspace, path)} can't be opened: ${fileReason(error)}`,
          "name a directory, or a file in one",
        );
      missing.unshift(at);
    }
  }
}

/** Codex takes a path with `*`, `?`, `[` or `{` in it for a glob, which can't be opened: its nearest plain parent is. */
function expressible(workspace: string, path: string): string {
  const parts = relative(workspace, path).split(sep);
  const first = parts.findIndex((part) => /[*?[\]{}]/.test(part));
  return first < 0 ? path : join(workspace, ...parts.slice(0, first));
}

/** Without those that lie below another. */
function outermost(paths: readonly string[]): string[] {
  const unique = [...new Set(paths)].sort();
  return unique.filter((path) => !unique.some((other) => other !== path && path.startsWith(other + sep)));
}

/** Makes the directories that a grant needs, all or none; what was made is returned, so that it can be taken away again. */
export function makeGranted(grants: Grants): string[] {
  const made: string[] = [];
  for (const path of grants.toMake) {
    try {
      mkdirSync(path);
      made.push(path);
    } catch (error) {
      if (errorCode(error) === "EEXIST") continue;
      removeIfEmpty(made);
      throw fileError("make the directory of the write scope", path, error);
    }
  }
  return made;
}

/** Takes away what was made for a grant and is still empty, deepest first. */
export function removeIfEmpty(made: readonly string[]): string[] {
  return [...made].reverse().filter((path) => {
    try {
      if (readdirSync(path).length > 0) return false;
      rmdirSync(path);
      return true;
    } catch {
      return false;
    }
  });
}
