import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import picomatch from "picomatch";

const SKIPPED = new Set([".git", "node_modules"]);

/**
 * The files below a directory that one of the globs names, relative with "/", as deep as `depth` folders. Where Codex
 * would look them up itself but can't, because the directory's own path has a wildcard character in it.
 */
export function findMatching(root: string, globs: readonly string[], depth: number): string[] {
  const matches = picomatch([...globs], { dot: true });
  const found: string[] = [];
  const walk = (dir: string, left: number): void => {
    for (const entry of entriesOf(join(root, dir))) {
      const path = dir === "" ? entry.name : `${dir}/${entry.name}`;
      if (matches(path)) found.push(path);
      else if (entry.isDirectory() && left > 1 && !SKIPPED.has(entry.name)) walk(path, left - 1);
    }
  };
  walk("", depth);
  return found;
}

function entriesOf(dir: string): Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true });
  } catch {
    return [];
  }
}
