import { shortLine } from "../core/one-line.ts";
import { type CodexCommand, findCodex } from "../engine/find-codex.ts";
import { askCodex } from "./ask-codex.ts";
import type { Said, World } from "./check.ts";

/** The version that a Codex names, or in a few words why it named none. */
export type Answered = { version: string } | { why: string };

/** Asks a Codex for its version; the one that runs would use where none is named. Throws where there is none. */
export async function askCodexVersion(world: World, codex: CodexCommand = findCodex(world.env)): Promise<Answered> {
  const said = await askCodex(world, ["--version"], codex);
  const version = /\b\d+\.\d+\.\d+\S*/.exec(said.stdout)?.[0];
  if (said.exitCode === 0 && version !== undefined) return { version };
  return { why: whyNot(said) };
}

/** How a program failed, with its own last words. */
export function whyNot({ failure, exitCode, stdout, stderr }: Said): string {
  const words = lastLine(stderr) || lastLine(stdout);
  const end = failure ?? (exitCode === 0 ? "it said nothing that is known" : `it ended with code ${exitCode}`);
  return words === "" ? end : `${end}: ${words}`;
}

const WORDS_CHARS = 200;

const lastLine = (text: string): string => shortLine(text.trim().split("\n").at(-1) ?? "", WORDS_CHARS);
