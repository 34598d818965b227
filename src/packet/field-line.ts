import { type FieldName, findField, nearestField, POWER_FIELDS, plain } from "./field-names.ts";

/** What a line is to a packet of fields; `undefined`: text of the field above it. */
export type FieldLine =
  | { kind: "field"; name: FieldName; rest: string }
  /** It looks like a field and is none. */
  | { kind: "unknown"; written: string; near: string | undefined }
  | { kind: "power"; written: string }
  /** A field with words between its name and its value, so that nobody can tell where the value begins. */
  | { kind: "unclear"; name: FieldName };

const LINE = /^( {0,3})(#{1,6}[ \t]+|[-*+][ \t]+)?(.*)$/;
const BOLD = /^(\*\*|__)(.*?)\1/;
const NAME = /^([A-Z][A-Z_ -]{0,40}[A-Z])(?:\s*\((?:[^()]|\([^()]*\))*\))?\s*(?:(:)(?!\/\/)\s*(.*))?$/;
const UNCLEAR = /^([A-Z][A-Z_ -]{0,40}[A-Z])\s+(?:[—–-]\s|[a-z][^:]*:)/;

/**
 * Whether a line is a field: its name in upper case at the start, perhaps a note in parentheses, and a colon. A
 * heading, a bullet or bold letters around it are decoration. What is nearly a field is never taken for text, because
 * a write scope or a check would be lost in silence.
 */
export function readFieldLine(line: string): FieldLine | undefined {
  if (!/[A-Z]{2}/.test(line)) return undefined;
  const [, indent = "", prefix = "", body = ""] = LINE.exec(line) ?? [];
  const item = /^[-*+]/.test(prefix);
  if (item && indent !== "") return undefined;
  const bold = BOLD.test(body);
  const bare = withoutDecoration(body, prefix);
  const found = NAME.exec(bare);
  if (!found) return item ? undefined : unclear(bare);
  const [, written = "", colon, rest = ""] = found;
  const name = findField(written);
  if (name !== undefined) return colon === undefined && item ? undefined : { kind: "field", name, rest: rest.trim() };
  if (item || indent !== "") return undefined;
  if (colon !== undefined && POWER_FIELDS.has(plain(written))) return { kind: "power", written };
  if (colon === undefined && !bold && prefix === "") return undefined;
  const near = nearestField(written);
  // An unknown name in a heading is a heading; with an underscore it is the name of a constant.
  const loud = near !== undefined || (colon !== undefined && !written.includes("_"));
  return loud ? { kind: "unknown", written, near } : undefined;
}

function withoutDecoration(body: string, prefix: string): string {
  const bare = body.replace(BOLD, "$2").trimEnd();
  return prefix.startsWith("#") ? bare.replace(/[ \t]{1,9}#{1,9}$/, "").trimEnd() : bare;
}

function unclear(bare: string): FieldLine | undefined {
  const name = findField(UNCLEAR.exec(bare)?.[1] ?? "");
  return name === undefined ? undefined : { kind: "unclear", name };
}
