/**
 * Text of others on one line of ours: control characters could move the cursor, line ends could begin a line of their
 * own, halves of characters are none, and marks of writing direction could show a command backwards.
 */
export const oneLine = (text: string): string =>
  text
    .replace(/\s+/g, " ")
    .replace(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu, "")
    .trim();

/** The same, and no longer than `chars`; what is cut ends in "…". */
export function shortLine(text: string, chars: number): string {
  const line = [...oneLine(text.slice(0, chars * 8))];
  return line.length > chars || text.length > chars * 8 ? `${line.slice(0, chars - 1).join("")}…` : line.join("");
}
