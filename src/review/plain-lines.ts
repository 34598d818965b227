/**
 * Text of others on lines of ours, without what could move a cursor, end a line of its own accord or turn the direction
 * of writing: what a model says can neither begin a line of ours nor paint over one.
 */
export const plainLines = (text: string): string[] =>
  text
    .replaceAll(/\r\n?|[\u0085\u2028\u2029\v\f]/g, "\n")
    .replaceAll("\t", "    ")
    .replaceAll(/[\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|(?!\n)\p{Cc}/gu, "")
    .split("\n")
    .map((line) => line.trimEnd());

/** The same as a quote, so that a fence or a heading in it ends where it ends; nothing for an empty text. */
export function quoteLines(text: string, indent: string, maxChars: number): string[] {
  const whole = text.trim();
  if (whole === "") return [];
  const head = whole.length > maxChars ? `${whole.slice(0, maxChars - 1)}…` : whole;
  const lines = plainLines(head).filter((line, at, all) => line !== "" || all[at - 1] !== "");
  return lines.map((line) => `${indent}> ${line}`.trimEnd());
}
