import { bytesOf, type PathKey } from "./path-key.ts";
import type { TreeEntry } from "./user-index.ts";

/** What is different from another tree: an entry, or null for a path (a whole directory, too) that is not in it. */
export type TreeChanges = ReadonlyMap<PathKey, TreeEntry | null>;

/** `git fast-import` as we use it: no object is unpacked and none is a difference from another, for it shall be quick. */
export const IMPORT = [
  "-c",
  "fastimport.unpackLimit=0",
  "fast-import",
  "--quiet",
  "--force",
  "--done",
  "--depth=0",
] as const;

export const blobHead = (bytes: number): Buffer => Buffer.from(`blob\ndata ${bytes}\n`);
export const BLOB_END = Buffer.from("\n");

/** The commands that make a tree of another one and its changes, and print its id: what goes first, then what comes. */
export function treeCommands(ref: string, base: string, changes: TreeChanges): Buffer {
  const lines = [`commit ${ref}\ncommitter ask-codex <> 0 +0000\ndata 0\nM 040000 ${base} ""\n`];
  for (const [key, entry] of changes) if (entry === null) lines.push(`D ${quote(key)}\n`);
  for (const [key, entry] of changes) if (entry) lines.push(`M ${entry.mode} ${entry.id} ${quote(key)}\n`);
  lines.push('ls ""\n\ndone\n');
  return bytesOf(lines.join(""));
}

/** The id in what `ls` prints: `040000 tree ID\t`; a tree of nothing has its own. */
export const printedTree = (printed: string): string | undefined => /^040000 tree ([0-9a-f]+)\t/m.exec(printed)?.[1];

/** A path as git quotes it in C's way; the bytes beyond ASCII need none. */
export const quote = (key: PathKey): string =>
  QUOTED.test(key) ? `"${key.replaceAll(EACH_QUOTED, (char) => NAMED[char] ?? octal(char))}"` : key;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that have to be quoted.
const QUOTED = /[\x00-\x1f\x7f"\\]/;
const EACH_QUOTED = new RegExp(QUOTED, "g");

const NAMED: Record<string, string> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  '"': '\\"',
  "\\": "\\\\",
};

const octal = (char: string): string => `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`;
