import { existsSync } from "node:fs";
import { join } from "node:path";
import type { QuickFinished } from "../../sys/run-quick.ts";
import { explain, gitInStore, gitOfUser, type StorePlace } from "../trees/git.ts";
import { type PathKey, splitKeys } from "../trees/path-key.ts";

/** One of the two places where the contents from before a run may lie. */
export type BlobSource = (
  args: readonly string[],
  options: { input: Iterable<Uint8Array>; sink?: (piece: Buffer) => boolean },
) => Promise<QuickFinished>;

/** The record's own store, which sees the user's too; and the user's alone, should the first be gone or broken. */
export function blobSources(place: StorePlace): BlobSource[] {
  const ofStore: BlobSource = (args, options) => gitInStore(place, args, { ...options, timeoutMs: LONG_MS });
  const ofUser: BlobSource = async (args, { input, sink }) => {
    const done = await gitOfUser(place, ["--no-replace-objects", ...args], { input });
    sink?.(done.stdout);
    return done;
  };
  return existsSync(join(place.dir, "HEAD")) ? [ofStore, ofUser] : [ofUser];
}

const LONG_MS = 600_000;

/** The first source that has each blob; one that no source has is not in the map. */
export async function findBlobs(
  sources: readonly BlobSource[],
  ids: readonly string[],
): Promise<Map<string, BlobSource>> {
  const found = new Map<string, BlobSource>();
  for (const source of sources) {
    const open = ids.filter((id) => !found.has(id));
    if (open.length === 0) break;
    const answers = await check(source, open);
    open.forEach((id, at) => {
      if (answers[at] === `${id} blob`) found.set(id, source);
    });
  }
  return found;
}

/** The directories of a tree; undefined where nobody can say. */
export async function dirsOf(sources: readonly BlobSource[], tree: string): Promise<Set<PathKey> | undefined> {
  for (const source of sources) {
    const listed = await source(["ls-tree", "-r", "-d", "-z", "--name-only", "--full-tree", tree], { input: [] });
    if (listed.exitCode === 0) return new Set(splitKeys(listed.stdout));
  }
  return undefined;
}

/** False where git was told that the file system knows no executable bit. */
export async function trustsModes([source]: readonly BlobSource[]): Promise<boolean> {
  const asked = await source?.(["config", "--type=bool", "--get", "core.filemode"], { input: [] });
  return asked?.stdout.toString("latin1").trim() !== "false";
}

async function check(source: BlobSource, names: readonly string[]): Promise<string[]> {
  const input = names.map((name) => Buffer.from(`${name}\n`));
  const done = await source(["cat-file", "--batch-check=%(objectname) %(objecttype)"], { input });
  return done.exitCode === 0 ? done.stdout.toString("latin1").split("\n") : [];
}

/** Hands over blobs in the order asked for, piece by piece; returns why it ended early, if it did. */
export async function readBlobs(
  source: BlobSource,
  ids: readonly string[],
  take: { begin(at: number, size: number): void; piece(bytes: Buffer): void; end(): void },
): Promise<string | undefined> {
  let at = 0;
  let ended = 0;
  let head: Buffer = Buffer.alloc(0);
  let left = -1;
  let broken: string | undefined;
  const sink = (bytes: Buffer): boolean => {
    for (let rest = bytes; rest.length > 0 && broken === undefined; ) {
      if (left === -1) {
        head = head.length === 0 ? rest : Buffer.concat([head, rest]);
        const end = head.indexOf("\n");
        if (end === -1) return true;
        const size = /^\S+ blob (\d+)$/.exec(head.toString("latin1", 0, end))?.[1];
        if (size === undefined) broken = "its contents are gone from the store";
        else take.begin(at++, Number(size));
        left = Number(size);
        rest = head.subarray(end + 1);
        head = Buffer.alloc(0);
      } else {
        const piece = rest.subarray(0, left);
        if (piece.length > 0) take.piece(piece);
        left -= piece.length;
        rest = rest.subarray(piece.length);
        // Behind the contents git ends the line.
        if (left === 0 && rest.length > 0) {
          rest = rest.subarray(1);
          left = -1;
          take.end();
          ended++;
        }
      }
    }
    return broken === undefined;
  };
  const done = await source(["cat-file", "--batch"], { input: ids.map((id) => Buffer.from(`${id}\n`)), sink });
  if (broken !== undefined || ended === ids.length) return broken;
  return explain("cat-file", done);
}
