import { mkdtempSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** The directory itself where it is there, else the nearest one above it that is. */
export function nearestDir(path: string): string {
  for (let at = path; ; at = dirname(at)) {
    if (isDir(at) || dirname(at) === at) return at;
  }
}

/** Gives `use` a new directory in `parent`, which is gone again when it is done. Throws where none can be made. */
export async function inTrialDir<Result>(
  parent: string,
  use: (dir: string) => Result | Promise<Result>,
): Promise<Result> {
  const dir = mkdtempSync(join(parent, ".doctor-"));
  try {
    return await use(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function isDir(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
