import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../../core/errors.ts";
import { copyShared } from "./copy-index.ts";
import { gitInStore } from "./git.ts";
import { checksumOf, parseIndex } from "./parse-index.ts";
import type { TreeStore } from "./store.ts";
import { stripSparse } from "./strip-sparse.ts";
import { readUserIndex } from "./user-index.ts";

/** The name of an index that is not there. */
export const NONE = "no-index";

/**
 * Names what is staged and how, without the times that every `git status` writes anew: two indexes of the same content
 * have one name. null when the index can't be read. The bytes are in the store under that name.
 */
export async function nameIndex(store: TreeStore): Promise<string | null> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(store.repository.indexFile);
  } catch (error) {
    return errorCode(error) === "ENOENT" ? NONE : null;
  }
  // Most often it is byte for byte what it was, and its own checksum is enough to see that.
  const checksum = checksumOf(bytes);
  const { indexes } = store.memory;
  await store.prepared();
  const known = indexes.get(checksum);
  if (known !== undefined) return known;
  const index = readUserIndex(bytes, store.repository.objectFormat);
  if ("failure" in index) return null;
  const name = `index-${checksum}`;
  const kept = index.sparse.size > 0 ? stripSparse(bytes, store.repository.objectFormat) : bytes;
  writeFileSync(keptIndex(store, name), kept, { mode: 0o600 });
  if (index.split) copyShared(store, store.repository);
  const same = await sameAs(store, name, index.split);
  indexes.set(checksum, same);
  return same;
}

/** Where the bytes of a named index are; a file that is not there is an index of nothing to git. */
export const keptIndex = ({ dir }: Pick<TreeStore, "dir">, name: string): string => join(dir, name);

async function sameAs(store: TreeStore, name: string, split: boolean): Promise<string> {
  const digest = split ? digestByGit : digestOf;
  const own = await digest(store, name);
  for (const other of new Set(store.memory.indexes.values()))
    if (own !== null && (await digest(store, other)) === own) return other;
  return name;
}

async function digestByGit(store: TreeStore, name: string): Promise<string | null> {
  const listed = await gitInStore(store, ["ls-files", "--stage", "-v", "-z"], { index: keptIndex(store, name) });
  return listed.exitCode === 0 ? createHash("sha256").update(listed.stdout).digest("hex") : null;
}

async function digestOf(store: TreeStore, name: string): Promise<string | null> {
  const hash = createHash("sha256");
  let lines: string[] = [];
  const flush = () => {
    hash.update(`${lines.join("\0")}\0`, "latin1");
    lines = [];
  };
  const shape = parseIndex(readFileSync(keptIndex(store, name)), store.repository.objectFormat, (entry) => {
    const flags = [entry.stage, entry.assumeUnchanged, entry.skipWorktree, entry.intentToAdd].map(Number).join("");
    lines.push(`${entry.mode().toString(8)} ${entry.id()} ${flags} ${entry.path()}`);
    if (lines.length === 10_000) flush();
  });
  flush();
  return "failure" in shape ? null : hash.digest("hex");
}
