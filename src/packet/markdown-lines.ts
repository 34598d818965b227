/** One line of Markdown; what is in a code fence, its delimiters too, is somebody's text and never ours to read. */
export interface MarkdownLine {
  text: string;
  /** Counted from 1 in the whole file. */
  line: number;
  fenced: boolean;
  /** The line opens or closes a fence. */
  delimiter: boolean;
}

export interface MarkdownLines {
  lines: MarkdownLine[];
  /** The line of a fence that is never closed. */
  openFence?: number;
}

/** Deeper than this, Markdown itself sees no fence; in lists people indent them further. */
export const FENCE_INDENT = 3;

/** The lines of a text, CRLF or LF, each marked for whether it stands in a code fence. */
export function markdownLines(text: string, maxIndent: number = FENCE_INDENT): MarkdownLines {
  const lines: MarkdownLine[] = [];
  let open: { mark: string; line: number } | undefined;
  for (const [at, one] of text.split(/\r?\n/).entries()) {
    const mark = fenceMark(one, maxIndent);
    const closes = open !== undefined && mark?.startsWith(open.mark) === true && one.trim() === mark;
    const opens = open === undefined && mark !== undefined;
    lines.push({ text: one, line: at + 1, fenced: open !== undefined || opens, delimiter: opens || closes });
    if (opens) open = { mark, line: at + 1 };
    else if (closes) open = undefined;
  }
  return open === undefined ? { lines } : { lines, openFence: open.line };
}

/** The backticks or tildes that a line begins a fence with; a code span on one line is none. */
function fenceMark(line: string, maxIndent: number): string | undefined {
  const found = /^( *)(`{3,}(?!.*`)|~{3,})/.exec(line);
  return found?.[1] !== undefined && found[1].length <= maxIndent ? found[2] : undefined;
}

/** A list item without its bullet, number or check box; undefined for a line that is none. */
export function itemText(line: string): string | undefined {
  return /^\s*(?:[-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?(.*)$/.exec(line)?.[1];
}

/** A line that only parts what is above it from what is below. */
export const isRule = (line: string): boolean => /^(?:-{3,}|\*{3,}|_{3,})$/.test(line.trim());

/** Without the indentation that all lines share and without blank lines around. */
export function dedent(lines: readonly string[]): string {
  const said = lines.filter((line) => line.trim() !== "");
  const depth = said.reduce((least, line) => Math.min(least, line.length - line.trimStart().length), Infinity);
  const first = lines.findIndex((line) => line.trim() !== "");
  const cut = first < 0 ? [] : lines.slice(first).map((line) => line.slice(depth));
  return cut.join("\n").trimEnd();
}
