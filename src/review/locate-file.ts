import { posix } from "node:path";

/** What is known of the workspace when a path in an answer is read. */
export interface KnownPlaces {
  /** Its real path first; behind it the other names that it is called by. */
  roots: readonly string[];
  /** The changed files, relative to it. */
  changed: ReadonlySet<string>;
  /** The path without links, of what is there; undefined: it is not. */
  realPath: (path: string) => string | undefined;
}

/** A file as it lies in the workspace; or that the path leads out of it. */
export type Located = { file: string } | { outside: string };

const DRIVE = /^[a-z]:[\\/]/i;

/** The file that a model means by a path: absolute or not, with links, `..`, backslashes or a diff's `a/` and `b/`. */
export function locateFile(named: string, places: KnownPlaces): Located {
  const bare = named.trim().replace(/^`(.*)`$/s, "$1");
  if (places.changed.has(bare)) return { file: bare };
  const path = slashed(bare.replace(/^file:\/\//i, ""));
  if (path === "" || path.includes("\0")) return { outside: named };
  const inside = isAbsolute(path) ? below(posix.normalize(path), places) : posix.normalize(path);
  if (inside === undefined || inside === "." || inside === ".." || inside.startsWith("../")) return { outside: named };
  return known(inside, places) ?? { outside: named };
}

/** Backslashes are another system's separators where there is a drive, or no other separator. */
const slashed = (path: string): string =>
  DRIVE.test(path) || path.startsWith("\\\\") || !path.includes("/") ? path.replaceAll("\\", "/") : path;

const isAbsolute = (path: string): boolean => path.startsWith("/") || DRIVE.test(path);

/** The path relative to the workspace, by its names and then by where its links lead. */
function below(path: string, { roots, realPath }: KnownPlaces): string | undefined {
  for (const root of roots) {
    const inside = relativeTo(slashed(root), path);
    if (inside !== undefined) return inside;
  }
  for (let dir = path, rest = ""; ; dir = posix.dirname(dir)) {
    const real = realPath(dir);
    // What is not there lies below what is.
    if (real !== undefined) return relativeTo(slashed(roots[0] ?? "/"), posix.join(slashed(real), rest));
    if (dir === posix.dirname(dir) || posix.dirname(dir) === ".") return undefined;
    rest = posix.join(posix.basename(dir), rest);
  }
}

function relativeTo(root: string, path: string): string | undefined {
  const base = root.endsWith("/") ? root : `${root}/`;
  // Drive letters and what is below them are the same in either case.
  const isBelow = DRIVE.test(base) ? path.toLowerCase().startsWith(base.toLowerCase()) : path.startsWith(base);
  return isBelow && path.length > base.length ? path.slice(base.length) : undefined;
}

function known(inside: string, { roots, changed, realPath }: KnownPlaces): Located | undefined {
  if (changed.has(inside)) return { file: inside };
  const root = slashed(roots[0] ?? "/");
  const real = realPath(posix.join(root, inside));
  if (real !== undefined) {
    const file = relativeTo(root, slashed(real));
    return file === undefined ? undefined : { file };
  }
  const withoutSide = inside.replace(/^[ab]\//, "");
  return { file: changed.has(withoutSide) ? withoutSide : inside };
}
