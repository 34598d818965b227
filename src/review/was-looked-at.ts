import type { ChangedFileLines } from "./changed-lines.ts";
import { anchorOf } from "./fingerprint.ts";
import type { ReviewedText } from "./reviewed-text.ts";

/** Where in a file each line stands that says something of its own. */
export function standingLines(text: ReviewedText): ReadonlyMap<string, readonly number[]> {
  const lines = new Map<string, number[]>();
  if (typeof text === "string") return lines;
  for (const [at, line] of text.entries()) {
    const anchor = anchorOf(line);
    if (anchor !== undefined) lines.set(anchor, [...(lines.get(anchor) ?? []), at + 1]);
  }
  return lines;
}

/**
 * Whether reviewers of a change saw the lines of an earlier finding: not where these lines still stand in the file,
 * and only where nothing changed. Then that it was not found again says nothing.
 */
export function wasLookedAt(
  anchors: readonly string[],
  changed: ChangedFileLines | undefined,
  lines: ReadonlyMap<string, readonly number[]> | undefined,
): boolean {
  // Nobody has read the file: an entry that came meanwhile.
  if (lines === undefined) return false;
  const standing = anchors.flatMap((anchor) => lines.get(anchor) ?? []);
  if (standing.length === 0) return true;
  return standing.some((line) => changed?.ranges.some(([first, last]) => line >= first && line <= last) ?? false);
}
