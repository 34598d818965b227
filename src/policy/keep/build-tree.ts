import { createHash } from "node:crypto";
import { type PathKey, textOf } from "../trees/path-key.ts";

/** A file in a tree that is to be built. */
export interface TreeEntry {
  path: PathKey;
  mode: string;
  blob: string;
}

/** A git object that is still to be stored. */
export interface NewObject {
  id: string;
  /** With its header, as git hashes it. */
  bytes: Buffer;
}

type Node = Map<string, Node | { mode: string; id: string }>;

/** Builds a tree with the trees below it, the root last. Ids and bytes are git's own, so that no process is needed for it. */
export function buildTree(entries: readonly TreeEntry[], format: "sha1" | "sha256"): NewObject[] {
  const root: Node = new Map();
  const odd: Node = new Map();
  for (const { path, mode, blob } of entries) {
    if (isOdd(path) || !insert(root, path.split("/"), { mode, id: blob })) odd.set(blob, { mode: "100644", id: blob });
  }
  if (odd.size > 0) root.set("by-id", odd);
  const objects: NewObject[] = [];
  write(root, format, objects);
  return objects;
}

/**
 * Names that `git fsck` calls broken, or whose contents it judges (.gitmodules), also in the disguises of other file
 * systems; and what is nested too deep. Such a file is kept by the id of its contents alone.
 */
const isOdd = (path: PathKey): boolean =>
  path.length > 1_000 ||
  /(^|[/\\])(\.git(?!hub(\/|$)|keep$)|[^/]*~\d)/i.test(textOf(path).replaceAll(/[^\x20-\x7e]/g, "")) ||
  path.split("/").some((name) => name === "" || name === "." || name === "..");

/** False where a file stands in the way of a directory, or the other way round. */
function insert(root: Node, names: string[], leaf: { mode: string; id: string }): boolean {
  let at = root;
  for (const name of names.slice(0, -1)) {
    const next = at.get(name) ?? new Map();
    if (!(next instanceof Map)) return false;
    at.set(name, next);
    at = next;
  }
  const last = names.at(-1) ?? "";
  if (at.has(last)) return false;
  at.set(last, leaf);
  return true;
}

function write(node: Node, format: string, objects: NewObject[]): string {
  const rows = [...node].map(([name, child]) =>
    child instanceof Map
      ? { name, order: `${name}/`, mode: "40000", id: write(child, format, objects) }
      : { name, order: name, ...child },
  );
  // Git sorts by bytes, a directory as if its name ended in "/"; one character is one byte here.
  rows.sort((one, two) => (one.order < two.order ? -1 : 1));
  const body = Buffer.concat(
    rows.flatMap(({ name, mode, id }) => [Buffer.from(`${mode} ${name}\0`, "latin1"), Buffer.from(id, "hex")]),
  );
  const bytes = Buffer.concat([Buffer.from(`tree ${body.length}\0`), body]);
  const id = createHash(format).update(bytes).digest("hex");
  objects.push({ id, bytes });
  return id;
}
