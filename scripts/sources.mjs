import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** The skill's root: the folder that holds scripts/. */
export const ROOT = join(import.meta.dirname, "..");

/**
 * What the bundle was made from, as a text that changes when a source file does: path, size and time of change of
 * every file. Cheap enough to be asked at every start, so that a stale bundle is never run.
 * @returns {string}
 */
export function stampSources() {
  const files = [...walk("src"), ...walk("scripts").filter((path) => path.endsWith(".ts"))];
  return files
    .map((path) => {
      const { size, mtimeMs } = statSync(join(ROOT, path));
      return `${path} ${size} ${Math.round(mtimeMs)}`;
    })
    .sort()
    .join("\n");
}

/** Whether there is a bundle and it was made from the sources as they are. */
export function isBundleFresh() {
  const stamp = join(ROOT, "dist", "stamp");
  return existsSync(stamp) && readFileSync(stamp, "utf8") === stampSources();
}

/**
 * The files below a folder of the skill. By hand, because Node's own recursion takes twice as long.
 * @param {string} folder
 * @returns {string[]}
 */
function walk(folder) {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? walk(path) : entry.isFile() ? [path] : [];
  });
}
