import type { NativeReview, ReviewTarget } from "../core/review.ts";
import { shownPath } from "../packet/shown-path.ts";
import type { Change } from "./list-changes.ts";
import type { ResolvedTarget } from "./resolve-target.ts";

/** What one part of a review is about. */
export interface PartWords {
  resolved: ResolvedTarget;
  files: readonly Change[];
  /** Whether the change has files that this part does not look at. */
  isPart: boolean;
  focus: string | undefined;
}

/** What is reviewed, in one sentence for people. */
export function describeTarget(target: ReviewTarget): string {
  if (target.type === "base") return `the changes since ${shownPath(target.ref)} (${short(target.base)})`;
  if (target.type === "commit") return `the commit ${short(target.sha)} (${shownPath(target.title)})`;
  return target.head === null ? "everything in a repository without a commit" : "the uncommitted changes";
}

/**
 * What Codex's own reviewer is pointed at: the target itself where all of it is looked at and nothing else is said, else
 * instructions, with which it has the same guidelines and the same form of answer (measured, 0.169.0). A base is named by
 * the commit that we compare with: Codex would look for its own merge base, and go on without one where there is none.
 */
export function nativeReview(words: PartWords): NativeReview {
  const { resolved, files, isPart, focus } = words;
  const { target } = resolved;
  const isWhole = !isPart && focus === undefined;
  if (isWhole && target.type === "uncommitted" && target.head !== null) return { type: "uncommittedChanges" };
  // Its `git diff` would show no untracked file.
  if (isWhole && target.type === "base" && files.every(({ kind }) => kind !== "untracked"))
    return { type: "baseBranch", branch: target.base };
  if (isWhole && target.type === "commit" && resolved.warnings.length === 0)
    return { type: "commit", sha: target.sha, title: target.title };
  const ask = "Provide prioritized, actionable findings.";
  return { type: "custom", instructions: joined([...changeLines(words), ask, ...focusLines(focus)]) };
}

/** What is compared, how one sees it, and which files; never the diff itself, which may be larger than Codex takes. */
export function changeLines({ resolved, files, isPart }: PartWords): string[] {
  const { from, to, target } = resolved;
  const range = to === null ? from : `${from} ${to}`;
  const isNew = files.some(({ kind }) => kind === "untracked");
  const see = [
    `See a change with \`git diff ${range} -- FILE\``,
    ...(isNew ? ["an untracked file is new as a whole: read it"] : []),
    ...(to === null ? [] : [`the new side is \`git show ${to}:FILE\`, which may be another than the one on disk`]),
  ];
  return [
    `Review ${describeTarget(target)}. ${see.join("; ")}.`,
    isPart
      ? "Look at these files only; others are looked at elsewhere or left out. Read the code around them as far as you need it:"
      : "The changed files:",
    files.map(fileLine).join("\n"),
  ];
}

/** The caller's words as they came. */
export const focusLines = (focus: string | undefined): string[] =>
  focus === undefined ? [] : [`Look above all at this:\n${focus}`];

export const joined = (parts: readonly string[]): string => parts.join("\n\n");

function fileLine({ file, from, kind }: Change): string {
  const said = kind === "renamed" && from !== undefined ? `renamed from ${shownPath(from)}` : kind;
  return `- ${shownPath(file)}${said === "modified" ? "" : ` (${said})`}`;
}

const short = (id: string): string => id.slice(0, 12);
