import type { BigIntStats } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { PLATFORM } from "../../sys/platform.ts";
import { signatureOf, type WorkTreeLook } from "./look-at.ts";
import { type PathKey, textOf } from "./path-key.ts";
import { readBlob } from "./read-file.ts";
import { isOn } from "./repository.ts";
import type { TreeStore } from "./store.ts";
import type { SeenNow } from "./store-memory.ts";
import type { ConvertedEntry, TreeEntry } from "./user-index.ts";

/** What one snapshot learns while it reads. */
export interface Reading {
  unreadable: Set<string>;
  large: Map<PathKey, string>;
  /** Read into the store so far. */
  bytes: bigint;
}

/** A file above the first, and every one that comes after the second is reached, is compared by its times only. */
const FILE_BYTES = 256n * 1024n * 1024n;
const TOTAL_BYTES = 1024n * 1024n * 1024n;
const TURN_MS = 20;
const RACY_NS = 3_000_000_000n;

/**
 * Looks at every candidate and reads those that are not as they were; yields the commands that write their blobs. What
 * is at each path stands in the store's memory afterwards.
 */
export async function* readChanged(
  store: TreeStore,
  look: WorkTreeLook,
  candidates: ReadonlyMap<PathKey, TreeEntry | null>,
  converted: ReadonlyMap<PathKey, ConvertedEntry>,
  reading: Reading,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  let since = performance.now();
  for (const [key, base] of candidates) {
    // Others in this process wait for us: a broker answers while it looks at 100,000 files.
    if (performance.now() - since > TURN_MS) {
      await nextTurn();
      signal?.throwIfAborted();
      since = performance.now();
    }
    const before = store.memory.files.get(key)?.now;
    const now = yield* lookAgain(store, look, key, base, before, reading);
    store.memory.files.set(key, { base, now });
    const entry = converted.get(key);
    if (entry && !before) noteClean(store, key, entry, now);
  }
}

function* lookAgain(
  store: TreeStore,
  look: WorkTreeLook,
  key: PathKey,
  base: TreeEntry | null,
  before: SeenNow | undefined,
  reading: Reading,
): Generator<Buffer, SeenNow> {
  const since = BigInt(Date.now()) * 1_000_000n - RACY_NS;
  const unreadable = (): SeenNow => {
    reading.unreadable.add(textOf(key));
    return { racy: true, entry: before?.entry ?? base, large: false };
  };
  const found = look.at(key);
  if (found.is === "unreadable") return unreadable();
  if (found.is === "absent" || found.is === "directory") return { racy: false, entry: null, large: false };
  const { stat } = found;
  const signature = signatureOf(stat);
  const mode = modeOf(store, found.is, stat, base);
  const racy = stat.mtimeNs > since || stat.ctimeNs > since;
  if (before?.large && before.signature === signature) {
    reading.large.set(key, signature);
    return before;
  }
  if (before?.signature === signature && !before.racy) return before;
  if (stat.size > FILE_BYTES || reading.bytes + stat.size > TOTAL_BYTES) {
    store.memory.notes.add(`${textOf(key)} is too large to be kept: it is compared by its size and times only`);
    reading.large.set(key, signature);
    return { signature, racy, entry: null, large: true };
  }
  try {
    const known = (id: string) => id === base?.id || id === before?.entry?.id;
    const { id, content } = yield* readBlob(sourceOf(store, key), found.is, stat, known);
    reading.bytes += known(id) ? 0n : stat.size;
    if (content && isPointer(content)) store.memory.notes.add(POINTERS);
    return { signature, racy, entry: { mode, id }, large: false };
  } catch {
    return unreadable();
  }
}

const sourceOf = ({ workspace, repository }: TreeStore, key: PathKey) => ({
  workspace,
  objectFormat: repository.objectFormat,
  key,
});

/** As git makes it: the owner may execute or not; the user's repository may say that its file system can't tell. */
function modeOf({ repository }: TreeStore, is: "file" | "link", stat: BigIntStats, base: TreeEntry | null): string {
  if (is === "link") return "120000";
  if (base?.mode === "120000" && !isOn(repository.config, "core.symlinks", true)) return base.mode;
  if (isOn(repository.config, "core.filemode", PLATFORM !== "win32"))
    return (stat.mode & 0o100n) === 0n ? "100644" : "100755";
  return base?.mode === "100755" ? "100755" : "100644";
}

const POINTERS = "Git LFS has not fetched all files of this work tree: of those, only the pointers are compared";
const POINTER = "version https://git-lfs.github.com/spec/";

const isPointer = (content: Buffer): boolean =>
  content.length < 1024 && content.toString("latin1", 0, POINTER.length) === POINTER;

/** Git would not look at such a file again, and calls it clean whatever the bytes are. */
function noteClean({ memory }: TreeStore, key: PathKey, entry: ConvertedEntry, now: SeenNow): void {
  const [size = "", mtimeNs = ""] = now.signature?.split(" ") ?? [];
  const time = BigInt(mtimeNs || 0);
  const seconds = Number(time / 1_000_000_000n) % 2 ** 32;
  const nanoseconds = Number(time % 1_000_000_000n);
  const same =
    Number(BigInt(size || 0) % 2n ** 32n) === entry.size &&
    seconds === entry.mtimeSec &&
    (entry.mtimeNsec === 0 || entry.mtimeNsec === nanoseconds);
  if (same) memory.clean.set(key, now.entry?.id ?? now.signature ?? "");
}
