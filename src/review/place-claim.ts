import type { Claim, Finding } from "../core/review.ts";
import type { ChangedFileLines } from "./changed-lines.ts";
import type { Located } from "./locate-file.ts";
import type { ReviewedText } from "./reviewed-text.ts";

type Place = Pick<Finding, "file" | "line" | "end_line" | "place" | "note">;
type Lines = Pick<Claim, "line" | "end_line">;

const NOWHERE = { line: null, end_line: null };

/** Where a claim lies by our own look, and what is odd about the place that it names. */
export function placeClaim(
  said: Lines,
  located: Located | null,
  changed: ChangedFileLines | undefined,
  text: ReviewedText,
): Place {
  if (located === null) return { file: null, ...NOWHERE, place: "change" };
  if ("outside" in located)
    return { file: null, ...NOWHERE, place: "outside", note: `it names ${located.outside}, outside of the workspace` };
  const { file } = located;
  if (changed?.deleted) return { file, ...NOWHERE, place: "change", note: "the change deletes the file" };
  if (text === "missing") return { file, ...NOWHERE, place: "outside", note: "there is no such file" };
  const { line, end_line, note } = clamp(ordered(said), text === "unreadable" ? undefined : text.length);
  const touches = note === undefined && line !== null && overlaps(changed, line, end_line ?? line);
  const place = touches ? "change" : changed ? "file" : "outside";
  const why = note ?? (changed ? undefined : "the file is not part of the change");
  return { file, line, end_line, place, ...(why === undefined ? {} : { note: why }) };
}

function ordered({ line, end_line: end }: Lines): Lines {
  if (line === null) return NOWHERE;
  return { line: Math.min(line, end ?? line), end_line: Math.max(line, end ?? line) };
}

function clamp({ line, end_line: end }: Lines, length: number | undefined): Lines & { note?: string } {
  if (line === null || length === undefined) return { line, end_line: end };
  if (length === 0) return { ...NOWHERE, note: `it names line ${line} of an empty file` };
  if (line > length)
    return { line: length, end_line: length, note: `it names line ${line} of a file with ${length} lines` };
  return { line, end_line: Math.min(end ?? line, length) };
}

const overlaps = (changed: ChangedFileLines | undefined, line: number, end: number): boolean =>
  changed?.ranges.some(([first, last]) => line <= last && end >= first) ?? false;
