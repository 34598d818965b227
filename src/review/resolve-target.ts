import { usageError } from "../core/errors.ts";
import type { ReviewTarget } from "../core/review.ts";
import { EMPTY_TREES } from "../policy/trees/base-tree.ts";
import { askGit, mustGit, type ReviewGit } from "./review-git.ts";

/** What the caller wants reviewed, in the caller's words. */
export type AskedTarget = "uncommitted" | { base: string } | { commit: string };

/** A target as git sees it: what its diff begins with, and what is said of it. */
export interface ResolvedTarget {
  target: ReviewTarget;
  /** The commit or tree that the new side is compared with. */
  from: string;
  /** The commit of the new side; null: the working tree. */
  to: string | null;
  /** null: a detached HEAD. */
  branch: string | null;
  head: string | null;
  warnings: string[];
}

/** Resolves a target to commits, or says in one sentence why that can't be reviewed. Starts and writes nothing. */
export async function resolveTarget(git: ReviewGit, asked: AskedTarget): Promise<ResolvedTarget> {
  const [head, branch] = [await findHead(git), await findBranch(git)];
  const about = { branch, head, warnings: [] };
  if (asked === "uncommitted") {
    const target = { type: "uncommitted", head } as const;
    return { target, from: head ?? (await emptyTree(git)), to: null, ...about };
  }
  if (head === null)
    throw usageError(
      `${git.workspace} has no commit yet, so there is nothing to compare with`,
      "review what is there with --uncommitted",
    );
  if ("base" in asked) {
    const commit = await findCommit(git, asked.base, "--base");
    const merged = await askGit(git, ["merge-base", head, commit]);
    const base = merged.stdout.toString("latin1").trim();
    if (merged.exitCode !== 0 || base === "")
      throw usageError(
        `HEAD and ${asked.base} have no commit in common, so there is no change between them`,
        "name a branch that this one came from",
      );
    return { target: { type: "base", ref: asked.base, base }, from: base, to: null, ...about };
  }
  const sha = await findCommit(git, asked.commit, "--commit");
  const [title, ...parents] = (await mustGit(git, ["log", "-1", "--no-show-signature", "--format=%P%n%s", sha]))
    .toString("utf8")
    .split("\n", 2)
    .reverse()
    .flatMap((line, at) => (at === 0 ? [line] : line.split(" ").filter((parent) => parent !== "")));
  const warnings =
    parents.length > 1 ? [`${asked.commit} is a merge commit: it is compared with its first parent`] : [];
  const target = { type: "commit", sha, title: title ?? "" } as const;
  return { target, from: parents[0] ?? (await emptyTree(git)), to: sha, ...about, warnings };
}

/** The commit of a ref; a ref is data, and what git could take for an option is refused before git sees it. */
async function findCommit(git: ReviewGit, ref: string, option: string): Promise<string> {
  const hint = "name a branch, a tag or a commit; git log --oneline shows them";
  if (ref.startsWith("-")) throw usageError(`${option} ${ref} is no ref: a ref does not begin with a dash`, hint);
  if (ref.trim() === "" || /[\0\n]/.test(ref)) throw usageError(`${option} needs the name of a commit`, hint);
  const found = await askGit(git, ["-c", "core.warnAmbiguousRefs=true", "rev-parse", "--verify", `${ref}^{commit}`]);
  if (/ambiguous/.test(found.stderr))
    throw usageError(
      `${option} ${ref} is ambiguous: git knows more than one of that name`,
      "write it out, as refs/heads/… or refs/tags/…, or as a longer id",
    );
  if (found.exitCode !== 0) throw usageError(`${option} ${ref}: there is no such commit in ${git.workspace}`, hint);
  return found.stdout.toString("latin1").trim();
}

async function findHead(git: ReviewGit): Promise<string | null> {
  const found = await askGit(git, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]);
  if (found.exitCode === 0) return found.stdout.toString("latin1").trim();
  // Whether it is a repository at all that git takes: it says why not.
  await mustGit(git, ["rev-parse", "--git-dir"]);
  return null;
}

async function findBranch(git: ReviewGit): Promise<string | null> {
  const found = await askGit(git, ["symbolic-ref", "--quiet", "--short", "HEAD"]);
  return found.exitCode === 0 ? found.stdout.toString("utf8").trim() : null;
}

/** git knows the tree without files whether it is stored or not. */
async function emptyTree(git: ReviewGit): Promise<string> {
  const format = (await askGit(git, ["rev-parse", "--show-object-format"])).stdout.toString("latin1").trim();
  return EMPTY_TREES[format === "sha256" ? "sha256" : "sha1"];
}
