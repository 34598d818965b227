import { dedent, isRule, type MarkdownLine } from "./markdown-lines.ts";

/** What is read of a unit; other labels end the one before them. */
export const LABELS = [
  "goal",
  "requirements",
  "dependencies",
  "files",
  "approach",
  "execution note",
  "execution target",
  "technical design",
  "patterns to follow",
  "test scenarios",
  "verification",
] as const;
export type Label = (typeof LABELS)[number];

export interface UnitFields {
  /** Empty for a field that is not there. */
  text: (label: Label) => string;
  lines: (label: Label) => readonly MarkdownLine[];
}

const NOTE = String.raw`(?:\s*\([^()]*\))?`;
const BOLD = new RegExp(
  String.raw`^\s*([-*+]\s+)?(?:\*\*|__)([A-Za-z][\w '/-]{0,40}?)${NOTE}(?::\s*(?:\*\*|__)|(?:\*\*|__)\s*:|(?:\*\*|__)\s*$)\s*(.*)$`,
);
const PLAIN = new RegExp(String.raw`^\s*(?:[-*+]\s+)?(${LABELS.join("|")})${NOTE}:\s*(.*)$`, "i");
const HEADING = /^ {0,3}#{1,6}\s+(?:\*\*)?([^:*]{1,60}):?(?:\*\*)?:?\s*$/;

/** The labelled fields of a unit's lines: bold, plain or headings. A label in a code fence is somebody's text. */
export function readUnitFields(lines: readonly MarkdownLine[]): UnitFields {
  const fields = new Map<Label, MarkdownLine[]>();
  let current: MarkdownLine[] = [];
  for (const line of lines) {
    const read = line.fenced ? undefined : readLabel(line.text);
    if (read === undefined) {
      if (line.fenced || !isRule(line.text)) current.push(line);
      continue;
    }
    current = (read.label === undefined ? undefined : fields.get(read.label)) ?? [];
    if (read.label !== undefined) fields.set(read.label, current);
    if (read.rest !== "") current.push({ ...line, text: read.rest });
  }
  const linesOf = (label: Label) => fields.get(label) ?? [];
  return { lines: linesOf, text: (label) => textOf(linesOf(label)) };
}

/** `label` is undefined where a field begins that is not read; the whole is, where the line is text. */
function readLabel(line: string): { label: Label | undefined; rest: string } | undefined {
  const [, item, name = "", rest = ""] = BOLD.exec(line) ?? [];
  const bold = labelOf(name);
  // "- **Happy path:** …" is an item of the field above, not a field.
  if (name !== "" && (bold !== undefined || item === undefined)) return { label: bold, rest: rest.trim() };
  const plain = PLAIN.exec(line);
  if (plain) return { label: labelOf(plain[1] ?? ""), rest: (plain[2] ?? "").trim() };
  const heading = HEADING.exec(line);
  return heading ? { label: labelOf(heading[1] ?? ""), rest: "" } : undefined;
}

const labelOf = (name: string): Label | undefined => LABELS.find((label) => label === name.trim().toLowerCase());

/** What stands behind the label begins its text; what is below is indented under it. */
function textOf(lines: readonly MarkdownLine[]): string {
  const [first, ...below] = lines.map((line) => line.text);
  if (first === undefined) return "";
  return /^\s/.test(first) || first === "" ? dedent(lines.map((line) => line.text)) : dedentBelow(first, below);
}

function dedentBelow(first: string, below: readonly string[]): string {
  const blank = below.findIndex((line) => line.trim() !== "");
  return blank < 0 ? first : `${first}\n${"\n".repeat(blank)}${dedent(below)}`;
}
