import { usageError } from "../core/errors.ts";
import type { EntryFile } from "../core/packet.ts";

const FORMS = "Write PATH, PATH:A, PATH:A-B or PATH#LA-LB, with lines counted from 1.";
const COLON_LINES = /^(?<path>.*):(?<from>\d+)(?:-(?<to>\d+))?$/s;
const HASH_LINES = /^(?<path>.*)#L(?<from>\d+)(?:-L?(?<to>\d+))?$/s;

/**
 * What `--file` was given, as a path and lines. Only trailing digits are lines, so that drives (`C:\x`) and
 * names with colons stay paths; lines that can't exist are refused instead of reaching Codex as nonsense.
 */
export function parseEntryFile(text: string): EntryFile {
  if (text.includes("\0"))
    throw usageError("an entry file has a NUL character in its path, which no file system allows", FORMS);
  const groups = (HASH_LINES.exec(text) ?? COLON_LINES.exec(text))?.groups;
  const path = groups?.path ?? text;
  if (path.trim() === "") throw usageError(`an entry file needs a path; got ${JSON.stringify(text)}`, FORMS);
  if (groups?.from === undefined) return { path };
  const from = lineNumber(groups.from, text);
  if (groups.to === undefined) return { path, from };
  const to = lineNumber(groups.to, text);
  if (to < from) throw usageError(`the lines of ${JSON.stringify(text)} end before they begin`, FORMS);
  return { path, from, to };
}

function lineNumber(digits: string, text: string): number {
  const line = Number(digits);
  if (Number.isSafeInteger(line) && line >= 1) return line;
  throw usageError(`${digits} is not a line number in ${JSON.stringify(text)}`, FORMS);
}
