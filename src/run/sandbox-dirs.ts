import { existsSync } from "node:fs";
import { join } from "node:path";

/** Directories that Codex's sandbox makes where it may write and, when it is interrupted, leaves there (CODEX.md surprise 17). */
const SANDBOX_DIRS = [".git", ".codex", ".agents", ".aws"];

/** Paths of those that are not there yet in these directories: what comes to be there and stays empty may go again. */
export const missingSandboxDirs = (dirs: readonly string[]): string[] =>
  [...new Set(dirs)]
    .filter((dir) => existsSync(dir))
    .flatMap((dir) => SANDBOX_DIRS.map((name) => join(dir, name)))
    .filter((path) => !existsSync(path));
