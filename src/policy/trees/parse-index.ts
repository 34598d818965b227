import { createHash } from "node:crypto";
import type { Failure } from "./git.ts";
import { keyOf, type PathKey } from "./path-key.ts";

/** The entry of git's index that is visited; the same object comes again for the next. */
export interface IndexVisit {
  /** What makes it more than a file at stage 0 is rare: where this is false, all the others below are. */
  special: boolean;
  stage: number;
  assumeUnchanged: boolean;
  skipWorktree: boolean;
  intentToAdd: boolean;
  mode(): number;
  size(): number;
  /** Seconds and nanoseconds; git may have kept the seconds only. */
  modified(): [number, number];
  id(): string;
  path(): PathKey;
  /** What stands before its path: times, size, mode, id, flags. */
  head(): Buffer;
}

export interface IndexShape {
  version: number;
  entries: number;
  /** What the index's own checksum says; of its bytes where git was told to leave it out. */
  checksum: string;
  /** The tree of everything in it, where git has written it down and nothing changed since. */
  tree: string | null;
  /** Every directory of that tree, however deep; null where it is not written down. */
  directories: Set<PathKey> | null;
  /** Half of the entries are in another file. */
  split: boolean;
}

const HASH_BYTES = { sha1: 20, sha256: 32 } as const;
const STAT_BYTES = 40;
/** The type of a plain file, in the byte of the mode that holds it. */
const FILE = 0x80;

/**
 * Reads git's index (gitformat-index) of any version: 100,000 entries in some milliseconds, which no process of git's
 * can do. Nothing is believed that its checksum does not confirm. "odd" visits only what is more than a file at stage
 * 0, and files whose name ends as that of .gitattributes.
 */
export function parseIndex(
  bytes: Buffer,
  objectFormat: keyof typeof HASH_BYTES,
  visit: (entry: IndexVisit) => void,
  which: "every" | "odd" = "every",
): IndexShape | Failure {
  const idBytes = HASH_BYTES[objectFormat];
  const end = bytes.length - idBytes;
  if (end < 12 || bytes.toString("latin1", 0, 4) !== "DIRC") return { failure: "it is not an index of git's" };
  const version = bytes.readUInt32BE(4);
  if (version < 2 || version > 4) return { failure: `its version ${version} is not known` };
  const actual = createHash(objectFormat).update(bytes.subarray(0, end)).digest("hex");
  const written = bytes.toString("hex", end);
  if (written !== actual && !/^0+$/.test(written)) return { failure: "its checksum is wrong" };
  try {
    const entries = bytes.readUInt32BE(8);
    const after = visitEntries(bytes, { version, entries, idBytes, end, odd: which === "odd" }, visit);
    return { version, entries, checksum: actual, ...readExtensions(bytes, after, end, idBytes) };
  } catch (error) {
    if (error instanceof RangeError) return { failure: "it ends too early" };
    throw error;
  }
}

/** What git wrote at its end; git can be told to leave that out. */
export function checksumOf(bytes: Buffer): string {
  const end = bytes.toString("hex", Math.max(0, bytes.length - 20));
  return /^0*$/.test(end) ? createHash("sha1").update(bytes).digest("hex") : end;
}

interface Layout {
  version: number;
  entries: number;
  idBytes: number;
  end: number;
  odd: boolean;
}

function visitEntries(
  bytes: Buffer,
  { version, entries, idBytes, end, odd }: Layout,
  visit: (entry: IndexVisit) => void,
) {
  let at = 12;
  let headEnd = at;
  // The name of the entry: a piece of the index, or of what version 4 makes of the name before.
  let source = bytes;
  let from = 0;
  let to = 0;
  const entry: IndexVisit = {
    special: false,
    stage: 0,
    assumeUnchanged: false,
    skipWorktree: false,
    intentToAdd: false,
    mode: () => bytes.readUInt32BE(at + 24),
    size: () => bytes.readUInt32BE(at + 36),
    modified: () => [bytes.readUInt32BE(at + 8), bytes.readUInt32BE(at + 12)],
    id: () => bytes.toString("hex", at + STAT_BYTES, at + STAT_BYTES + idBytes),
    head: () => bytes.subarray(at, headEnd),
    path: () => keyOf(source.subarray(from, to)),
  };
  for (let count = 0; count < entries; count++) {
    const flagsAt = at + STAT_BYTES + idBytes;
    const flags = ((bytes[flagsAt] ?? 0) << 8) | (bytes[flagsAt + 1] ?? 0);
    const extended = (flags & 0x4000) !== 0 ? bytes.readUInt16BE(flagsAt + 2) : 0;
    const nameAt = flagsAt + ((flags & 0x4000) !== 0 ? 4 : 2);
    headEnd = nameAt;
    let next: number;
    if (version === 4) {
      const [strip, tailAt] = readOffset(bytes, nameAt);
      const tailEnd = nulAfter(bytes, tailAt);
      const kept = count === 0 ? 0 : Math.max(0, to - from - strip);
      source = Buffer.concat([source.subarray(from, from + kept), bytes.subarray(tailAt, tailEnd)]);
      from = 0;
      to = source.length;
      next = tailEnd + 1;
    } else {
      const length = flags & 0xfff;
      from = nameAt;
      to = length === 0xfff ? nulAfter(bytes, nameAt) : nameAt + length;
      // Padded with NULs to a multiple of eight, at least one of them.
      next = at + ((to - at + 8) & ~7);
    }
    if (next > end) throw new RangeError();
    const special = (flags & 0xf000) !== 0 || ((bytes[at + 26] ?? 0) & 0xf0) !== FILE;
    if (odd && !special && !endsLikeAttributes(source, to)) {
      at = next;
      continue;
    }
    entry.special = special;
    entry.stage = (flags >> 12) & 3;
    entry.assumeUnchanged = (flags & 0x8000) !== 0;
    entry.skipWorktree = (extended & 0x4000) !== 0;
    entry.intentToAdd = (extended & 0x2000) !== 0;
    visit(entry);
    at = next;
  }
  return at;
}

/** By three letters: which of them are it is asked of the few that are left. */
const endsLikeAttributes = (source: Buffer, to: number): boolean =>
  source[to - 1] === 0x73 && source[to - 2] === 0x65 && source[to - 3] === 0x74;

function nulAfter(bytes: Buffer, from: number): number {
  const at = bytes.indexOf(0, from);
  if (at === -1) throw new RangeError();
  return at;
}

/** The number of git's pack offsets: seven bits a byte, one added for each that follows. */
function readOffset(bytes: Buffer, from: number): [value: number, next: number] {
  let at = from;
  let byte = bytes.readUInt8(at++);
  let value = byte & 127;
  while ((byte & 128) !== 0) {
    byte = bytes.readUInt8(at++);
    value = (value + 1) * 128 + (byte & 127);
  }
  return [value, at];
}

const NO_TREES = { tree: null, directories: null };

function readExtensions(bytes: Buffer, from: number, end: number, idBytes: number) {
  let trees: Pick<IndexShape, "tree" | "directories"> = NO_TREES;
  let split = false;
  for (let at = from; at + 8 <= end; ) {
    const name = bytes.toString("latin1", at, at + 4);
    const size = bytes.readUInt32BE(at + 4);
    if (name === "link") split = true;
    if (name === "TREE") trees = readTrees(bytes.subarray(at + 8, at + 8 + size), idBytes) ?? NO_TREES;
    at += 8 + size;
  }
  return { ...trees, split };
}

/** A name, NUL, how many entries (-1: not valid any more), how many trees below, line end, id; then those below. */
function readTrees(bytes: Buffer, idBytes: number): Pick<IndexShape, "tree" | "directories"> | undefined {
  const directories = new Set<PathKey>();
  let tree: string | undefined;
  let at = 0;
  const read = (above: PathKey): boolean => {
    const name = bytes.toString("latin1", at, nulAfter(bytes, at));
    at += name.length + 1;
    const lineEnd = bytes.indexOf(0x0a, at);
    const [entries = -1, below = 0] = bytes.toString("latin1", at, lineEnd).split(" ").map(Number);
    if (lineEnd === -1 || entries < 0) return false;
    tree ??= bytes.toString("hex", lineEnd + 1, lineEnd + 1 + idBytes);
    at = lineEnd + 1 + idBytes;
    const key = above === "" ? name : `${above}/${name}`;
    if (key !== "") directories.add(key);
    for (let count = 0; count < below; count++) if (!read(key)) return false;
    return true;
  };
  return read("") && tree !== undefined ? { tree, directories } : undefined;
}
