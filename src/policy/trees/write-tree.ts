import { explain, type Failure, gitInStore } from "./git.ts";
import { IMPORT, printedTree, type TreeChanges, treeCommands } from "./import-tree.ts";
import type { TreeStore } from "./store.ts";

/**
 * Writes the blobs that come and then the tree of what `changes` says when they have all come, in one process; in none
 * when nothing is to be written.
 */
export async function writeTree(
  store: TreeStore,
  base: string,
  blobs: AsyncGenerator<Buffer>,
  changes: () => TreeChanges,
  signal?: AbortSignal,
): Promise<string | Failure> {
  const { memory } = store;
  const first = await blobs.next();
  if (first.done) {
    const known = changes();
    if (known.size === 0) return base;
    if (memory.last && isSame(known, memory.last.changes)) return memory.last.tree;
  }
  // In a ref of the store, so that nothing there is garbage of git's.
  const ref = `refs/heads/look-${++memory.imports}`;
  let written: TreeChanges = new Map();
  async function* commands() {
    if (!first.done) yield first.value;
    yield* blobs;
    written = changes();
    yield treeCommands(ref, base, written);
  }
  const imported = await gitInStore(store, IMPORT, { input: inBatches(commands()), signal });
  const tree = imported.exitCode === 0 ? printedTree(imported.stdout.toString("latin1")) : undefined;
  if (tree === undefined) return { failure: explain("fast-import", imported) };
  memory.last = { changes: written, tree };
  return tree;
}

const BATCH_BYTES = 256 * 1024;

/** Small files together: each piece costs a turn of the event loop. */
async function* inBatches(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let batch: Buffer[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    batch.push(piece);
    bytes += piece.length;
    if (bytes < BATCH_BYTES) continue;
    yield Buffer.concat(batch);
    batch = [];
    bytes = 0;
  }
  yield Buffer.concat(batch);
}

function isSame(one: TreeChanges, two: TreeChanges): boolean {
  if (one.size !== two.size) return false;
  for (const [key, entry] of one) {
    const other = two.get(key);
    if (other === undefined || other?.id !== entry?.id || other?.mode !== entry?.mode) return false;
  }
  return true;
}
