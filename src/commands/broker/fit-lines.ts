import { oneLine } from "../../core/one-line.ts";

/** A line of a report that must stay small. */
export interface Line {
  text: string;
  /** What it may be cut to, in bytes; absent: it is whole or the report is not true. */
  atMost?: number;
  /** Who is cut last; the lower the earlier it is served. */
  rank?: number;
}

/** Less than this says nothing any more, and the line is left out. */
const LEAST_BYTES = 24;

/** The lines in their order, in at most `maxBytes` with their line ends: those that can be cut share what the others leave. */
export function fitLines(lines: readonly Line[], maxBytes: number): string {
  const fitted = new Map<Line, string>();
  let left = maxBytes;
  for (const line of lines.filter(({ atMost }) => atMost === undefined)) {
    fitted.set(line, line.text);
    left -= Buffer.byteLength(line.text) + 1;
  }
  const soft = lines.filter(({ atMost }) => atMost !== undefined);
  for (const line of soft.toSorted((one, two) => (one.rank ?? 0) - (two.rank ?? 0))) {
    const room = Math.min(line.atMost ?? 0, left - 1);
    const text = cutBytes(line.text, room);
    if (text !== line.text && room < LEAST_BYTES) continue;
    fitted.set(line, text);
    left -= Buffer.byteLength(text) + 1;
  }
  return lines.flatMap((line) => (fitted.has(line) ? [`${fitted.get(line)}\n`] : [])).join("");
}

/** What fits in so many bytes, ending in "…" where something is missing; a character is never cut in two. */
export function cutBytes(text: string, maxBytes: number): string {
  const head = text.slice(0, maxBytes + 1);
  if (head.length === text.length && Buffer.byteLength(text) <= maxBytes) return text;
  let kept = "";
  let bytes = Buffer.byteLength("…");
  for (const char of head) {
    bytes += Buffer.byteLength(char);
    if (bytes > maxBytes) break;
    kept += char;
  }
  return `${kept}…`;
}

/** The same for text of others. */
export const shortText = (text: string, maxBytes: number): string =>
  cutBytes(oneLine(text.slice(0, maxBytes * 8)), maxBytes);
