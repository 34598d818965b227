import { readCommandLine } from "./command-line.ts";
import { isRule, itemText, markdownLines } from "./markdown-lines.ts";

/** What the checks of a packet or of a plan's unit come to. */
export interface Checks {
  /** Run by our own process. */
  commands: string[];
  /** Checks in words, for Codex. */
  prose: string[];
}

/**
 * Sorts the lines of a verification into commands and prose. A line is a command if it
 * - stands in a code fence, or begins with `$ `, `./`, `../` or `/`;
 * - is a code span or begins with one, as in "`npm test` passes", "Run `npm test`" and "Types: `npx tsc`";
 * - begins with a program that developers check with and does not read like a sentence ("make sure that …").
 * In doubt it is a command: a check that runs needlessly is seen, one that is lost is not. `none` alone: no checks.
 */
export function sortChecks(text: string): Checks {
  const checks: Checks = { commands: [], prose: [] };
  const { lines } = markdownLines(text, 12);
  if (saysNone(text)) return checks;
  let begun = "";
  for (const { text: line, fenced, delimiter } of lines) {
    if (fenced) {
      if (delimiter && begun !== "") checks.commands.push(begun.trimEnd());
      begun = delimiter ? "" : addFenced(checks, begun, line);
      continue;
    }
    const item = itemText(line);
    const bare = (item ?? line).trim();
    if (bare === "" || isRule(line)) continue;
    const commands = readCommandLine(bare);
    if (commands.length > 0) checks.commands.push(...commands);
    else if (item === undefined && /^\s/.test(line) && checks.prose.length > 0)
      checks.prose.push(`${checks.prose.pop()} ${bare}`);
    else checks.prose.push(bare);
  }
  return checks;
}

/** Whether a text says that there is nothing: `none`, `n/a`. */
export const saysNone = (text: string): boolean => /^(?:[-*+]\s+)?[`*]*(?:none|n\/a)[`*]*\.?$/i.test(text.trim());

/** A line of a fence, each a command; one that ends in a backslash goes on in the next, and is handed back until then. */
function addFenced(checks: Checks, begun: string, line: string): string {
  const whole = begun + (begun === "" ? line.trim().replace(/^\$\s+/, "") : line);
  if (/(?<!\\)\\$/.test(whole)) return `${whole}\n`;
  if (whole.trim() !== "" && !whole.startsWith("#")) checks.commands.push(whole.trimEnd());
  return "";
}
