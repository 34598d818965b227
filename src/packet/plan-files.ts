import { itemText, type MarkdownLine } from "./markdown-lines.ts";

/** A file that a unit of a plan names, and what is to happen to it. */
export interface PlanFile {
  path: string;
  kind: "create" | "modify" | "test" | "delete" | "read";
  line: number;
}

const KINDS: Readonly<Record<string, PlanFile["kind"]>> = {
  create: "create",
  new: "create",
  add: "create",
  modify: "modify",
  update: "modify",
  edit: "modify",
  change: "modify",
  rename: "modify",
  move: "modify",
  test: "test",
  tests: "test",
  delete: "delete",
  remove: "delete",
  read: "read",
  reference: "read",
  see: "read",
};
/** A line that is longer was written by no person. */
const MAX_CHARS = 8_192;
const KIND_WORD = /^(?:\*\*|__)?([A-Za-z]+)(?:\s*\([^()]*\))?(?::(?:\*\*|__)?|(?:\*\*|__)\s*:)\s*(.*)$/;
const NEXT_KIND = new RegExp(String.raw`;\s+(?=(?:\*\*)?(?:${Object.keys(KINDS).join("|")})\b)`, "i");

/**
 * The files of a unit: "Create: `a`" with a path or a list of them, and bare paths, which are modified. What is no
 * path is handed back with its line, because a file that is lost here is missing from the write scope.
 */
export function readUnitFiles(lines: readonly MarkdownLine[]): {
  files: PlanFile[];
  unclear: { line: number; text: string }[];
} {
  const files: PlanFile[] = [];
  const unclear: { line: number; text: string }[] = [];
  let above: { kind: PlanFile["kind"]; indent: number } | undefined;
  for (const { text, line } of lines.filter(({ text }) => text.trim() !== "")) {
    const indent = text.length - text.trimStart().length;
    if (above && indent <= above.indent) above = undefined;
    for (const part of (itemText(text) ?? text.trim()).split(NEXT_KIND)) {
      const [, word = "", rest = ""] = KIND_WORD.exec(part) ?? [];
      const kind = Object.hasOwn(KINDS, word.toLowerCase()) ? KINDS[word.toLowerCase()] : undefined;
      if (kind !== undefined && rest.trim() === "") {
        above = { kind, indent };
        continue;
      }
      const paths = word !== "" && kind === undefined ? undefined : readPaths(kind === undefined ? part : rest);
      if (paths === undefined) unclear.push({ line, text: part.trim() });
      for (const path of paths ?? []) files.push({ path, kind: kind ?? above?.kind ?? kindOfNote(part), line });
    }
  }
  return { files, unclear };
}

/** Paths up to where a note begins; in code spans, or bare and with a dot or a slash in them. */
function readPaths(text: string): string[] | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const bare = (text.split(/\s+(?:[—–-]\s|\()/)[0] ?? "").trim();
  if (/^(?:none|n\/a)\.?$/i.test(bare)) return [];
  const spans = [...bare.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
  const paths = spans.length > 0 ? spans : bare.split(/\s*,\s*/).filter((part) => part !== "");
  const clean = paths.map((path) => path.trim().replace(/:\d+(?:-\d+)?$/, ""));
  const sound =
    spans.length > 0 ? clean.every((path) => path !== "") : clean.every((path) => /^\S*[./]\S*$/.test(path));
  return sound && clean.length > 0 ? clean : undefined;
}

function kindOfNote(text: string): PlanFile["kind"] {
  if (/\((?:new|create)/i.test(text)) return "create";
  return /\((?:delete|remove)/i.test(text) ? "delete" : "modify";
}
