import type { AskCodexError } from "../core/errors.ts";
import { fault, quoted } from "./fault.ts";
import { readFieldLine } from "./field-line.ts";
import { FIELD_NAMES, type FieldName } from "./field-names.ts";
import { dedent, isRule, type MarkdownLine, markdownLines } from "./markdown-lines.ts";

/** A field as it stands in the file: what is behind its colon, and the lines below it. */
export interface Field {
  name: FieldName;
  line: number;
  /** Empty when the value begins in the next line. */
  first: string;
  below: readonly MarkdownLine[];
}

const IS_TEXT = "if it is text, indent it or write it in a list item or a code fence";

/** Whether a text has a field at all; front matter is looked for before. */
export const hasFields = (text: string): boolean =>
  markdownLines(text).lines.some((line) => !line.fenced && readFieldLine(line.text)?.kind === "field");

/** Cuts a packet into its fields. What looks like a field and is none is refused, and so is text that belongs to none. */
export function scanFields(text: string, path: string): Field[] {
  const { lines, openFence } = markdownLines(text);
  if (openFence !== undefined)
    throw fault(
      path,
      openFence,
      "the code fence that begins here is never closed",
      "close it, or what is below is lost",
    );
  const fields: { name: FieldName; line: number; first: string; below: MarkdownLine[] }[] = [];
  for (const line of lines) {
    const read = line.fenced ? undefined : readFieldLine(line.text);
    const last = fields.at(-1);
    // A heading above all fields is the packet's title, whatever its letters.
    if (read === undefined || (read.kind === "unknown" && last === undefined && line.text.startsWith("#"))) {
      if (last) last.below.push(line);
      else refuseStray(line, path);
    } else if (read.kind !== "field") {
      throw explain(read, path, line.line);
    } else {
      const twice = fields.find((field) => field.name === read.name);
      if (twice)
        throw fault(
          path,
          line.line,
          `the field ${read.name} is given twice, first in line ${twice.line}`,
          "give it once",
        );
      fields.push({ name: read.name, line: line.line, first: read.rest, below: [] });
    }
  }
  return fields;
}

/** Between the fields there is nothing to lose; a title, a rule and a comment say nothing to Codex. */
function refuseStray(line: MarkdownLine, path: string): void {
  if (isRule(line.text) || /^$|^#{1,6}\s|^<!--.*-->$/.test(line.text.trim())) return;
  throw fault(
    path,
    line.line,
    "there is text before the first field, and it belongs to none",
    "put it under CONTEXT or OBJECTIVE",
  );
}

function explain(
  read: Exclude<NonNullable<ReturnType<typeof readFieldLine>>, { kind: "field" }>,
  path: string,
  line: number,
): AskCodexError {
  if (read.kind === "unclear")
    return fault(
      path,
      line,
      `the field ${read.name} has words before its colon, or none`,
      `write "${read.name}:", a note goes into parentheses; ${IS_TEXT}`,
    );
  if (read.kind === "power")
    return fault(
      path,
      line,
      `the field ${read.written} would give more power, which only the command line can`,
      "give it as an option",
    );
  const names = `the fields are ${FIELD_NAMES.join(", ")}`;
  const near = read.near === undefined ? names : `did you mean ${read.near}?`;
  return fault(path, line, `there is no field ${quoted(read.written)}`, `${near} (${IS_TEXT})`);
}

/** The lines of a field's value, without blank ones at its ends and without the rules that some write between fields. */
export function valueLines(field: Field): MarkdownLine[] {
  const first = { text: field.first, line: field.line, fenced: false, delimiter: false };
  const lines = [...(field.first === "" ? [] : [first]), ...field.below];
  const says = (line: MarkdownLine) => line.fenced || !(line.text.trim() === "" || isRule(line.text));
  return lines.slice(Math.max(lines.findIndex(says), 0), lines.findLastIndex(says) + 1);
}

/** A value as text: its lines below the first without their common indentation. */
export function valueText(field: Field): string {
  const lines = valueLines(field).map((line) => line.text);
  if (field.first === "") return dedent(lines);
  return [lines[0] ?? "", dedentBelow(lines.slice(1))]
    .filter((part) => part !== undefined)
    .join("\n")
    .trimEnd();
}

/** Blank lines at the top stay: they part the first line from the rest. */
function dedentBelow(lines: readonly string[]): string | undefined {
  if (lines.length === 0) return undefined;
  const blank = lines.findIndex((line) => line.trim() !== "");
  return `${"\n".repeat(Math.max(blank, 0))}${dedent(lines)}`;
}
