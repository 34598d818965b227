import { attempt } from "../sys/files.ts";

/** So many characters are looked at in all: text full of opening braces must not cost its square, and is no answer. */
const BUDGET = 16_000_000;

/**
 * The JSON objects in a text, none from within another: in a code fence, behind prose, or the whole of it. What merely
 * looks like one is passed over.
 */
export function findObjects(text: string): unknown[] {
  const found: unknown[] = [];
  const opening = /\{\s*"/g;
  let budget = BUDGET;
  for (let match = opening.exec(text); match; match = opening.exec(text)) {
    const end = endOfObject(text, match.index);
    budget -= (end ?? text.length) - match.index;
    const value: unknown = attempt(() => (end === undefined ? undefined : JSON.parse(text.slice(match.index, end))));
    if (value !== undefined) found.push(value);
    opening.lastIndex = value === undefined || end === undefined ? match.index + 1 : end;
    if (budget < 0) return [];
  }
  return found;
}

/** Where the object that begins at `start` ends, by its braces outside of strings. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (inString) {
      if (char === "\\") at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{") depth++;
    else if (char === "}" && --depth === 0) return at + 1;
  }
  return undefined;
}
