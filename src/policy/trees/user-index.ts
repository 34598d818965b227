import type { Failure } from "./git.ts";
import { type IndexShape, type IndexVisit, parseIndex } from "./parse-index.ts";
import type { PathKey } from "./path-key.ts";

/** What stands at a path: git's mode in octal and the id of the blob, or of the commit of a repository inside. */
export interface TreeEntry {
  mode: string;
  id: string;
}

/** A clean file whose blob has other bytes: what git would write into the index for it, and when it last looked. */
export interface ConvertedEntry extends TreeEntry {
  size: number;
  mtimeSec: number;
  mtimeNsec: number;
}

/** The user's index: what of it `git diff-files` would believe without looking, or not compare at all. */
export interface UserIndex extends Omit<IndexShape, "directories"> {
  /** Looked at each time: assume-unchanged, unmerged and only intended entries; null where the tree of the index has none. */
  look: Map<PathKey, TreeEntry | null>;
  /** There are entries of a conflict. */
  unmerged: boolean;
  /** Outside a sparse checkout, and so most likely not there. */
  skipped: Map<PathKey, TreeEntry>;
  /** Submodules. */
  links: Map<PathKey, TreeEntry>;
  /** Every directory that has a file in the index, however deep. */
  directories: Set<PathKey>;
  attributeFiles: PathKey[];
  /** Directories outside a sparse checkout that stand for their files, with their trees. */
  sparse: Map<PathKey, string>;
}

/** Sorts the entries of an index; most are nothing but a file, and are not kept. */
export function readUserIndex(bytes: Buffer, objectFormat: "sha1" | "sha256"): UserIndex | Failure {
  const attributeFiles: PathKey[] = [];
  const sorted = {
    attributeFiles,
    look: new Map<PathKey, TreeEntry | null>(),
    unmerged: false,
    skipped: new Map<PathKey, TreeEntry>(),
    links: new Map<PathKey, TreeEntry>(),
    sparse: new Map<PathKey, string>(),
  };
  const sortEntry = (entry: IndexVisit) => {
    const kind = entry.mode() & 0xf000;
    sorted.unmerged ||= entry.stage > 0;
    if (kind === LINK) sorted.links.set(entry.path(), entryOf(entry));
    else if (kind === DIRECTORY) sorted.sparse.set(entry.path().replace(/\/$/, ""), entry.id());
    else if (entry.stage > 0 || entry.intentToAdd) sorted.look.set(entry.path(), null);
    else if (entry.skipWorktree) sorted.skipped.set(entry.path(), entryOf(entry));
    else if (entry.assumeUnchanged) sorted.look.set(entry.path(), entryOf(entry));
  };
  const shape = parseIndex(
    bytes,
    objectFormat,
    (entry) => {
      if (entry.special) sortEntry(entry);
      const path = entry.path();
      if (path.endsWith(".gitattributes")) attributeFiles.push(path);
    },
    "odd",
  );
  if ("failure" in shape) return shape;
  return { ...shape, ...sorted, directories: shape.directories ?? directoriesOf(bytes, objectFormat) };
}

function directoriesOf(bytes: Buffer, objectFormat: "sha1" | "sha256"): Set<PathKey> {
  const all = new Set<PathKey>();
  let last = "";
  parseIndex(bytes, objectFormat, (entry) => {
    const path = entry.path();
    const directory = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (directory !== last) addDirectory(all, directory);
    last = directory;
  });
  return all;
}

const LINK = 0xe000;
const DIRECTORY = 0x4000;

export const entryOf = (entry: IndexVisit): TreeEntry => ({ mode: entry.mode().toString(8), id: entry.id() });

/** A directory and all above it. */
function addDirectory(all: Set<PathKey>, directory: PathKey): void {
  for (let at = directory.length; at > 0; at = directory.lastIndexOf("/", at - 1)) {
    const one = directory.slice(0, at);
    if (all.has(one)) return;
    all.add(one);
  }
}
