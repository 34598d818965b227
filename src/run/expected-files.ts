import { lstatSync, realpathSync } from "node:fs";
import { join, sep } from "node:path";
import { errorCode } from "../core/errors.ts";

/**
 * Whether a file or directory is really there, below the workspace. What a link shows outside of it does not count:
 * a run could put one instead of the work.
 */
export function isExpectedFile(workspace: string, path: string): boolean {
  try {
    const root = realpathSync(workspace);
    const real = realpathSync(join(root, path));
    const found = lstatSync(real);
    return (real === root || real.startsWith(root + sep)) && (found.isFile() || found.isDirectory());
  } catch (error) {
    // Missing, a dangling or circular link, a file where a directory should be, a name that no file can have: not there.
    if (errorCode(error) !== undefined) return false;
    throw error;
  }
}
