import { fault, quoted } from "./fault.ts";
import { itemText } from "./markdown-lines.ts";

const HINT = "write one path a line, without words around it; a path with blanks in it goes into backticks";
const MAX_CHARS = 8_192;
/** Words that stand in a sentence and hardly alone in a path. */
const PROSE =
  /^(?:and|or|the|an?|only|all|any|every|everything|nothing|with|without|in|of|for|under|below|above|except|but|its|their|this|that|these|those|to|from|as|is|are|be|may|must|should|plus|also|[-–—]|.*:)$/i;

/** One line of a list of paths, with where it stands. */
export interface PathLine {
  text: string;
  line: number;
}

/**
 * The paths of a list: one a line or item, or with commas between. Notes behind a path (`(NEW)`, `— the parser`) are
 * dropped; a sentence in the place of a path is refused, because taken as one it would silently match nothing.
 */
export function parsePaths(lines: readonly PathLine[], file: string, field: string): string[] {
  const paths: string[] = [];
  for (const { text, line } of lines) {
    if (text.length > MAX_CHARS) throw fault(file, line, `${field} has a line of ${text.length} characters`, HINT);
    const item = itemText(text) ?? text.trim();
    for (const part of splitAtCommas(withoutTail(item, file, line, field))) {
      const path = parsePath(part);
      if (path === undefined)
        throw fault(file, line, `${field} has text where a path belongs: ${quoted(part.trim())}`, HINT);
      if (path !== "") paths.push(path);
    }
  }
  return paths;
}

/** A write scope: the same, and `none` or `read-only` alone for no writes at all. */
export function parseScopeList(lines: readonly PathLine[], file: string, field: string): string[] {
  const paths = parsePaths(lines, file, field);
  const none = paths.find((path) => /^(?:none|read-only)\.?$/i.test(path));
  if (none === undefined) return paths;
  if (paths.length === 1) return [];
  throw fault(file, lines[0]?.line ?? 1, `${field} says ${none} and names paths as well`, "keep one of the two");
}

/** A dash behind a path begins a note that runs to the end of the line; one in backticks is the path's own. */
function withoutTail(item: string, file: string, line: number, field: string): string {
  const masked = item.replace(/`[^`]*`/g, (span) => `\`${"x".repeat(span.length - 2)}\``);
  const found = /^(.*?\S)\s+(?:[—–]\s.*|(?<=`\s+)-\s.*)$/.exec(masked)?.[1];
  if (found === undefined) return item;
  if (masked.slice(found.length).includes("`"))
    throw fault(file, line, `${field} has more paths behind a note: ${quoted(item)}`, HINT);
  return item.slice(0, found.length);
}

/** Commas in braces are a glob's, in parentheses a note's, in backticks the path's own. */
function splitAtCommas(item: string): string[] {
  return item.match(/(?:\{[^{}]*\}|\([^()]*\)|`[^`]*`|[^,])+/g) ?? [];
}

/** Undefined for what reads like a sentence. */
function parsePath(part: string): string | undefined {
  const bare = part.trim().replace(/(?:\s+\([^()]*\))+$/, "");
  const span = /^(?:`([^`]+)`|"([^"]+)"|'([^']+)')$/.exec(bare);
  const path = span?.[1] ?? span?.[2] ?? span?.[3];
  if (path !== undefined) return path.trim();
  if (/^\([^()]*\)$/.test(bare)) return "";
  const words = bare.split(/\s+/);
  return bare.includes("`") || (words.length > 1 && words.some((word) => PROSE.test(word))) ? undefined : bare;
}
