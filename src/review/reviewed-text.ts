import { lstatSync, readFileSync, realpathSync } from "node:fs";
import { isAbsolute, join, relative, sep } from "node:path";
import type { ReviewTarget } from "../core/review.ts";
import { attempt } from "../sys/files.ts";
import { askGit } from "./review-git.ts";

/** The lines of a file as it was reviewed; `unreadable`: it is there, and is no text that could be looked at. */
export type ReviewedText = readonly string[] | "missing" | "unreadable";

const MAX_BYTES = 8 * 1024 * 1024;

/** The file as the reviewers saw it: of the commit that is reviewed, else of the working tree; no link leads out of it. */
export async function readReviewed(
  workspace: string,
  target: ReviewTarget,
  file: string,
  env: NodeJS.ProcessEnv,
): Promise<ReviewedText> {
  if (target.type !== "commit") return readInTree(workspace, file);
  const done = await askGit({ workspace, env }, ["cat-file", "blob", `${target.sha}:${file}`]);
  return done.exitCode === 0 ? toLines(done.stdout) : "missing";
}

function readInTree(workspace: string, file: string): ReviewedText {
  const real = attempt(() => realpathSync(join(workspace, file)));
  if (real === undefined) return "missing";
  const inside = relative(workspace, real);
  if (isAbsolute(inside) || inside.split(sep)[0] === "..") return "unreadable";
  const stat = attempt(() => lstatSync(real));
  if (!stat?.isFile() || stat.size > MAX_BYTES) return "unreadable";
  const bytes = attempt(() => readFileSync(real));
  return bytes ? toLines(bytes) : "unreadable";
}

function toLines(bytes: Buffer): ReviewedText {
  if (bytes.length > MAX_BYTES || bytes.subarray(0, 8_000).includes(0)) return "unreadable";
  const text = bytes.toString("utf8");
  return text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);
}
