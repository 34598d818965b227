import { accessSync, constants, existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { errorCode, usageError } from "../../core/errors.ts";
import { fileReason } from "../../sys/files.ts";
import { findGitRoot } from "../../sys/paths.ts";

/** The directory that the caller means, and its git root as the workspace. */
export interface Place {
  callerDir: string;
  workspace: string;
  git: boolean;
}

export function locate(named: string | undefined, cwd: string): Place {
  const dir = resolve(cwd, named ?? ".");
  const hint = "name a directory with --workspace";
  let callerDir: string;
  try {
    callerDir = realpathSync(dir);
    if (!statSync(callerDir).isDirectory()) throw usageError(`can't work in ${dir}: it is a file`, hint);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    throw usageError(`can't work in ${dir}: ${fileReason(error)}`, hint);
  }
  const root = findGitRoot(callerDir);
  return { callerDir, workspace: root ?? callerDir, git: root !== undefined };
}

/** The JSON Schema in a file, checked to be one. */
export async function readSchema(path: string): Promise<unknown> {
  let schema: unknown;
  try {
    schema = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw usageError(`the schema ${path} can't be used: ${fileReason(error)}`, "name a file that holds a JSON Schema");
  }
  // Loaded only here: most runs have no schema.
  const { compileSchema } = await import("../../run/check-schema.ts");
  compileSchema(schema, path);
  return schema;
}

/**
 * The answer is written when all is over; that it can be is checked before anything starts. What is there is replaced
 * as a whole, so a device (`/dev/null`) is refused, and a link means the file that it leads to now.
 */
export function checkOutput(path: string): string {
  const hint = "name a file in a directory that exists";
  try {
    const dir = realpathSync(dirname(path));
    if (!statSync(dir).isDirectory()) throw usageError(`--output ${path} can't be written: ${dir} is a file`, hint);
    accessSync(dir, constants.W_OK);
    if (!existsSync(path)) return join(dir, basename(path));
    const real = realpathSync(path);
    if (!statSync(real).isFile()) throw usageError(`--output ${path} can't be written: it is not a file`, hint);
    accessSync(real, constants.W_OK);
    return real;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    throw usageError(`--output ${path} can't be written: ${fileReason(error)}`, hint);
  }
}

/** A plan must be a file that can be read: Codex is told its path. */
export function checkPlan(path: string): string {
  try {
    const real = realpathSync(path);
    if (!statSync(real).isFile()) throw usageError(`the plan ${path} is not a file`, "name a Markdown file");
    accessSync(real, constants.R_OK);
    return real;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    throw usageError(`the plan ${path} can't be read: ${fileReason(error)}`, "name a Markdown file");
  }
}
