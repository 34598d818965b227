import type { MarkdownLine } from "./markdown-lines.ts";

/** Where a unit of a plan begins and ends. */
export interface UnitHead {
  id: string;
  title: string;
  /** The line of its heading or list item. */
  line: number;
  /** The first line that is no longer its own. */
  end: number;
}

interface Candidate extends Omit<UnitHead, "end"> {
  /** Of a heading. */
  level?: number;
  /** Of a list item. */
  indent?: number;
}

/** More than any title has. */
const MAX_CHARS = 500;
const NUMBER = String.raw`\d{1,6}(?:\.\d{1,6}){0,3}[a-z]?`;
const HEADING = /^ {0,3}(#{1,6})\s+(.*)$/;
const ITEM = /^(\s*)[-*+]\s+(\[[ xX]\]\s+)?(.*)$/;
const NAME = new RegExp(
  String.raw`^(?:(U${NUMBER})|(Unit|Task)\s+(${NUMBER}))(?![\w.]*\w)(\s*[.:)—–-]|$)?\s*(.*)$`,
  "i",
);

/**
 * The units of a plan: its headings that name one ("### U3. …", "### Task 2.1 — …"). Only in a plan without such a
 * heading are list items units ("- [ ] **Unit 3: …**"); elsewhere they speak of units, as dependencies do.
 */
export function findHeads(lines: readonly MarkdownLine[]): UnitHead[] {
  const open = lines.filter((line) => !line.fenced);
  const headings = open.flatMap(readHeading);
  const candidates = headings.length > 0 ? headings : outermost(open.flatMap(readItem));
  return candidates.map(({ id, title, line, level = 6 }, at) => {
    const next = candidates[at + 1]?.line ?? lines.length + 1;
    // A unit ends at the next one, or before that at a heading that is no part of it.
    const other = lines.slice(line, next - 1).find((one) => !one.fenced && levelOf(one.text) <= level);
    return { id, title, line, end: other?.line ?? next };
  });
}

const levelOf = (line: string): number => HEADING.exec(line)?.[1]?.length ?? 7;

function readHeading({ text, line }: MarkdownLine): Candidate[] {
  const [, marks = "", rest = ""] = HEADING.exec(text.slice(0, MAX_CHARS)) ?? [];
  const named = readName(rest.replace(/\s+#+\s*$/, "").replace(/^\[[ xX]\]\s+/, ""));
  return named ? [{ id: named.id, title: named.title, line, level: marks.length }] : [];
}

/** An item without bold letters and without a box is a sentence about units. */
function readItem({ text, line }: MarkdownLine): Candidate[] {
  const [, indent = "", box, rest = ""] = ITEM.exec(text.slice(0, MAX_CHARS)) ?? [];
  if (box === undefined && !/\*\*|__/.test(rest)) return [];
  const named = readName(rest);
  return named?.parted ? [{ id: named.id, title: named.title, line, indent: indent.length }] : [];
}

/** What is indented further is part of a unit, not one. */
function outermost(items: readonly Candidate[]): Candidate[] {
  const least = items.reduce((indent, item) => Math.min(indent, item.indent ?? 0), Number.POSITIVE_INFINITY);
  return items.filter((item) => item.indent === least);
}

function readName(text: string): { id: string; title: string; parted: boolean } | undefined {
  const bare = text.replace(/\*\*|__/g, "").trim();
  const [, short, word = "", number = "", sign, rest = ""] = NAME.exec(bare) ?? [];
  if (short === undefined && word === "") return undefined;
  const id = short === undefined ? `${word}-${number}`.toLowerCase() : `U${short.slice(1).toLowerCase()}`;
  return { id, title: rest.trim() || bare, parted: sign !== undefined };
}
