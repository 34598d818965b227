import { usageError } from "../core/errors.ts";
import { PLATFORM } from "../sys/platform.ts";

/** What only a shell would do something with; nobody means these as plain text. */
const SHELL = /[|&;<>`]/;
const EXPANDED = /^\$[A-Za-z_({]/;

/**
 * A command line as a program and its arguments: blanks part them, quotes and backslashes keep them together, and
 * nothing is expanded. What needs a shell is refused rather than passed on as text. Throws `usage`.
 */
export function splitCommand(text: string, option: string, platform = PLATFORM): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "\\" && quote !== "'" && at + 1 < text.length && escapes(text.charAt(at + 1), platform)) {
      const next = text.charAt(++at);
      word = (word ?? "") + (quote === '"' && !/["\\$`]/.test(next) ? `\\${next}` : next);
    } else if (quote !== undefined && char === quote) {
      quote = undefined;
    } else if (quote === undefined && (char === '"' || char === "'")) {
      quote = char;
      word ??= "";
    } else if (quote === undefined && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      if (isForShell(text.slice(at, at + 2), quote))
        throw usageError(
          `${option} has a sign of a shell's (${char}), and it is started without one`,
          "put it in single quotes if it is text, or add --notify-shell",
        );
      word = (word ?? "") + char;
    }
  }
  if (quote !== undefined)
    throw usageError(`${option} has a quote (${quote}) that is not closed`, "close it, or put a backslash before it");
  if (word !== undefined) words.push(word);
  if (words.length === 0 || words[0] === "") throw usageError(`${option} names no program`, "give a command");
  return words;
}

/** On Windows it parts the names of a path, and keeps nothing but a quote. */
const escapes = (next: string, platform: NodeJS.Platform): boolean => platform !== "win32" || next === '"';

function isForShell(text: string, quote: string | undefined): boolean {
  if (quote === "'") return false;
  return EXPANDED.test(text) || text.startsWith("`") || (quote === undefined && SHELL.test(text.charAt(0)));
}
