import { readFileSync, realpathSync } from "node:fs";
import { join, relative, resolve } from "node:path";

/**
 * Where a work tree's git directories lie when they are not in it: a linked work tree's own and the one that it shares.
 * A run that may write around there (/tmp, a further directory) could put hooks into them, which run in no sandbox.
 */
export function gitPlacesOutside(workspace: string): string[] {
  const gitDir = /^gitdir: (.+)$/m.exec(textOf(join(workspace, ".git")))?.[1];
  if (gitDir === undefined) return [];
  const own = resolve(workspace, gitDir.trim());
  const common = textOf(join(own, "commondir")).trim();
  const places = [own, ...(common === "" ? [] : [resolve(own, common)])].flatMap((path) => realOf(path));
  return [...new Set(places)].filter((path) => relative(workspace, path).startsWith(".."));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function realOf(path: string): string[] {
  try {
    return [realpathSync(path)];
  } catch {
    return [];
  }
}
