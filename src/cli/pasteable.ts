/**
 * A hint for somebody who sits at a terminal: the short names of our scripts, which no shell knows, become the commands
 * that they stand for. Claude Code and logs keep the short ones, which SKILL.md explains.
 */
export const pasteable = (hint: string, self: (script: string) => string): string =>
  hint.replace(/(?<![\w/.-])(?:ask_codex|codex_(?:broker|runs|review|doctor))(?![\w/.-])/g, (name) => self(name));
