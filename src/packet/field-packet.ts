import { TASK_ID } from "../core/packet.ts";
import { checkPacket, type Lines } from "./check-packet.ts";
import type { Draft } from "./draft.ts";
import { at, fault, quoted } from "./fault.ts";
import { FIELDS, type FieldName } from "./field-names.ts";
import { type Field, scanFields, valueLines, valueText } from "./field-scan.ts";
import { itemText } from "./markdown-lines.ts";
import { parseEntryFile } from "./parse-entry-file.ts";
import { parsePaths, parseScopeList } from "./path-list.ts";
import { findRole } from "./roles/index.ts";
import { saysNone, sortChecks } from "./verification-lines.ts";

type Reader = (field: Field, path: string) => Draft;

const READERS: Record<FieldName, Reader> = {
  MODE: (field, path) => ({ role: oneWord(field, path) }),
  WORKDIR: (field, path) => ({ workspace: onePath(field, path) }),
  OBJECTIVE: (field) => ({ goal: valueText(field) }),
  "ENTRY FILES": (field, path) => ({
    files: at(path, field.line, () => parsePaths(valueLines(field), path, field.name).map(parseEntryFile)),
  }),
  "WRITE SCOPE": (field, path) => ({ scope: parseScopeList(valueLines(field), path, field.name) }),
  "NON-GOALS": (field) => ({ nonGoals: items(field) }),
  "EXPECTED FILES": (field, path) => ({ expectFiles: parsePaths(valueLines(field), path, field.name) }),
  VERIFICATION: (field) => checksOf(valueText(field)),
  DELIVERABLE: (field) => ({ deliverable: valueText(field) }),
  CONTEXT: (field) => ({ context: valueText(field) }),
  PLAN: (field, path) => ({ plan: onePath(field, path) }),
  "TASK ID": (field, path) => ({ taskId: taskId(field, path) }),
  "ALLOW DIRTY OVERLAP": (field, path) => ({ allowDirtyOverlap: yesNo(field, path) }),
};

/** A packet in upper-case fields: MODE and OBJECTIVE always, WRITE SCOPE where the mode may write. */
export function parseFieldPacket(text: string, path: string): Draft {
  const fields = scanFields(text, path);
  const lines: Lines = {};
  let draft: Draft = {};
  for (const field of fields) {
    if (valueText(field).trim() === "")
      throw fault(path, field.line, `the field ${field.name} is empty`, "give it a value, or leave it out");
    draft = { ...draft, ...READERS[field.name](field, path) };
    lines[FIELDS[field.name]] = field.line;
  }
  const checked = checkPacket(draft, lines, path, { scope: "WRITE SCOPE" });
  const missing = requiredFields(checked).find((name) => !fields.some((field) => field.name === name));
  if (missing)
    throw fault(
      path,
      text.trimEnd().split("\n").length,
      `the field ${missing} is missing (this is the last line)`,
      HINTS[missing],
    );
  return checked;
}

const HINTS: Partial<Record<FieldName, string>> = {
  MODE: "write for example MODE: writer",
  OBJECTIVE: "write OBJECTIVE: and what is true when it is done",
  "WRITE SCOPE": "write WRITE SCOPE: and the files and directories that may change, or none",
};

function requiredFields({ role }: Draft): FieldName[] {
  const writes = role !== undefined && findRole(role).power === "write";
  return ["MODE", "OBJECTIVE", ...(writes ? (["WRITE SCOPE"] as const) : [])];
}

/** A list of texts: its items with what is indented below them, or without items its lines. Commas part nothing here. */
function items(field: Field): string[] {
  const found: string[] = [];
  if (saysNone(valueText(field))) return found;
  const lines = valueLines(field).map((line) => line.text);
  const listed = lines.some((line) => itemText(line) !== undefined);
  for (const line of lines) {
    const item = itemText(line);
    if (line.trim() === "") continue;
    if (item === undefined && listed && /^\s/.test(line) && found.length > 0)
      found.push(`${found.pop()} ${line.trim()}`);
    else found.push((item ?? line).trim());
  }
  return found;
}

/** Prose alone leaves the commands to the settings; `none` says that there are to be none. */
function checksOf(text: string): Draft {
  const { commands, prose } = sortChecks(text);
  const none = commands.length === 0 && prose.length === 0;
  return {
    ...(commands.length > 0 || none ? { verify: commands } : {}),
    ...(prose.length > 0 || none ? { verifyProse: prose } : {}),
  };
}

function onePath(field: Field, path: string): string {
  const [first, second] = parsePaths(valueLines(field), path, field.name);
  if (first === undefined || second !== undefined)
    throw fault(path, field.line, `the field ${field.name} takes one path`, "write one, in the line of the field");
  return first;
}

const MAX_WORD = 200;

/** The value of a field that holds a word: without decoration and without a note. */
function oneWord(field: Field, path: string): string {
  const value = valueText(field);
  const bare = value.length > MAX_WORD ? "" : value.replace(/\s\([^()]*\)$/, "");
  const word = bare.replace(/^[`*_"']+|[`*_"'.]+$/g, "");
  if (/^\S+$/.test(word)) return word;
  throw fault(path, field.line, `the field ${field.name} takes one word, not ${quoted(value)}`, "write one word");
}

function taskId(field: Field, path: string): string {
  const id = oneWord(field, path);
  if (TASK_ID.test(id)) return id;
  throw fault(
    path,
    field.line,
    `${quoted(id)} is no task id`,
    "letters, digits, dots, dashes and underscores, at most 64",
  );
}

function yesNo(field: Field, path: string): boolean {
  const word = oneWord(field, path).toLowerCase();
  if (/^(?:yes|true|no|false)$/.test(word)) return word === "yes" || word === "true";
  throw fault(path, field.line, `the field ${field.name} is yes or no, not ${quoted(word)}`, "write yes or no");
}
