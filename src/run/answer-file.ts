import { existsSync, lstatSync, mkdirSync, realpathSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileError, writeNew, writeWhole } from "../sys/files.ts";

/**
 * Puts the answer where Claude can read it without asking: `<workspace>/.ask-codex/<run-id>.md`, in a folder that git
 * ignores by its own `.gitignore`. Codex may have written in the workspace, so nothing here follows a link. Returns
 * the path, or undefined when it can't be done safely (the record has the answer).
 */
export function writeAnswerFile(workspace: string, runId: string, text: string): string | undefined {
  const dir = join(workspace, ".ask-codex");
  try {
    mkdirSync(dir, { mode: 0o755 });
  } catch {
    // There already, or not possible: the check below tells.
  }
  try {
    const found = lstatSync(dir);
    if (!found.isDirectory()) return undefined;
    const ignore = join(dir, ".gitignore");
    if (!existsSync(ignore)) writeNew(ignore, "*\n");
    const path = join(dir, `${runId}.md`);
    // The file of a run that asked something is there already: its name is taken away, whatever it is, never followed.
    rmSync(path, { force: true });
    writeNew(path, text);
    return path;
  } catch {
    return undefined;
  }
}

/**
 * Writes the answer where the caller asked for it with --output: a path without links when the run began. Codex may
 * have written there since; a directory that now leads elsewhere is refused, for we are in no sandbox.
 */
export function writeOutput(path: string, text: string): void {
  const dir = dirname(path);
  let real: string;
  try {
    real = realpathSync(dir);
  } catch (error) {
    throw fileError("write", path, error);
  }
  if (real !== dir) throw fileError("write", path, new Error(`its directory has become a link to ${real}`));
  writeWhole(path, text);
}
