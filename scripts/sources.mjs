import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** The skill's root: the folder that holds scripts/. */
export const ROOT = join(import.meta.dirname, "..");

/**
 * What the bundle was made from, as a text that changes when a source file does: path, size and time of change of
 * every file. Cheap enough to be asked at every start, so that a stale bundle is never run.
 * @returns {string}
 */
export function stampSources() {
  const files = ["src", "scripts"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }).flatMap((entry) => {
      if (!entry.isFile() || !(folder === "src" || entry.name.endsWith(".ts"))) return [];
      const path = join(entry.parentPath, entry.name);
      const { size, mtimeMs } = statSync(path);
      return [`${path.slice(ROOT.length + 1)} ${size} ${Math.round(mtimeMs)}`];
    }),
  );
  return files.sort().join("\n");
}
