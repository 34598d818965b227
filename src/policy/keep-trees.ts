import { randomBytes } from "node:crypto";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { messageOf } from "../core/errors.ts";
import { isRunId } from "../core/ids.ts";
import type { AuditChange } from "../core/policy.ts";
import { buildTree, type NewObject, type TreeEntry } from "./keep/build-tree.ts";
import { explain, type Failure, failed, gitInStore, gitOfUser, type StorePlace } from "./trees/git.ts";
import { fromKey, toKey } from "./undo/change-paths.ts";

export interface KeepPlace extends StorePlace {
  readonly objectFormat: "sha1" | "sha256";
}

const REFS = "refs/ask-codex/";
/** As many as git itself unpacks when it fetches; more stay one pack, and so does what would take long to compress again. */
const UNPACK_LIMIT = 100;
const UNPACK_BYTES = 256 * 1024;
/** A reflog would hold the ids beyond the ref; a hook may be Codex's (`gitOfUser` switches those off). */
const NO_REFLOG = ["-c", "core.logAllRefUpdates=false"];

/**
 * Keeps what undo needs in the user's repository, from git's gc too: one small tree with the changed files before and
 * after, under refs/ask-codex/. `ref` is null when there is nothing that can be kept. Three short processes.
 */
export async function keepTrees(
  place: KeepPlace,
  runId: string,
  changes: readonly AuditChange[],
): Promise<{ ref: string | null } | Failure> {
  const entries = entriesOf(changes);
  if (entries.length === 0) return { ref: null };
  try {
    const trees = buildTree(entries, place.objectFormat);
    for (const tree of trees) storeLoose(join(place.dir, "objects"), tree);
    const ids = [...new Set([...entries.map((entry) => entry.blob), ...trees.map((tree) => tree.id)])];
    return (await transfer(place, ids)) ?? (await setRef(place, runId, trees.at(-1)?.id ?? ""));
  } catch (error) {
    return { failure: `what undo needs could not be kept: ${messageOf(error)}` };
  }
}

/** The files as they were and as they became; a repository inside, and what nobody has the contents of, can't be kept. */
function entriesOf(changes: readonly AuditChange[]): TreeEntry[] {
  const entry = (side: string, path: string, mode: string | null, blob: string | null): TreeEntry[] =>
    mode === null || blob === null || mode === "160000" ? [] : [{ path: `${side}/${path}`, mode, blob }];
  return changes.flatMap((change) => [
    ...entry("before", fromKey(change) ?? toKey(change), change.mode_before, change.blob_before),
    ...entry("after", toKey(change), change.mode_after, change.blob_after),
  ]);
}

/** Like git: a file of its own under a name that is complete from the start. */
function storeLoose(objects: string, { id, bytes }: NewObject): void {
  const dir = join(objects, id.slice(0, 2));
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const staged = join(dir, `tmp_obj_${randomBytes(6).toString("hex")}`);
  writeFileSync(staged, deflateSync(bytes), { mode: 0o444, flag: "wx" });
  renameSync(staged, join(dir, id.slice(2)));
}

/** What the user's store does not have; `--local` leaves out what came from there. Undefined when it is all there. */
async function transfer(place: KeepPlace, ids: readonly string[]): Promise<Failure | undefined> {
  const list = Buffer.from(`${ids.join("\n")}\n`);
  const packed = await gitInStore(place, ["pack-objects", "--quiet", "--local", "--window=0", "--stdout"], {
    input: [list],
  });
  if (packed.exitCode !== 0) return { failure: explain("pack-objects", packed) };
  const count = packed.stdout.readUInt32BE(8);
  if (count === 0) return undefined;
  const small = count < UNPACK_LIMIT && packed.stdout.length < UNPACK_BYTES;
  const [verb, ...rest] = small ? (["unpack-objects", "-q"] as const) : (["index-pack", "--stdin"] as const);
  const unpacked = await gitOfUser(place, [verb, ...rest], { input: [packed.stdout] });
  return unpacked.exitCode === 0 ? undefined : { failure: explain(verb, unpacked) };
}

async function setRef(place: KeepPlace, runId: string, tree: string): Promise<{ ref: string } | Failure> {
  const ref = `${REFS}${runId}`;
  const done = await gitOfUser(place, [...NO_REFLOG, "update-ref", "--no-deref", ref, tree]);
  return done.exitCode === 0 ? { ref } : { failure: explain("update-ref", done) };
}

/** The runs that something is kept of in the repository of a workspace. */
export async function listKept(workspace: string, env: NodeJS.ProcessEnv): Promise<string[] | Failure> {
  const listed = await gitOfUser({ workspace, env }, ["for-each-ref", "--format=%(refname)", REFS]);
  if (listed.exitCode !== 0) return { failure: explain("for-each-ref", listed) };
  const names = listed.stdout.toString("utf8").split("\n");
  return names.map((name) => name.slice(REFS.length)).filter(isRunId);
}

/** Lets go of what was kept of these runs; one that nothing was kept of is fine. Their objects are git's to drop now. */
export async function dropKept(
  workspace: string,
  env: NodeJS.ProcessEnv,
  runIds: readonly string[],
): Promise<Failure | undefined> {
  if (runIds.length === 0) return undefined;
  const kept = await listKept(workspace, env);
  if (failed(kept)) return kept;
  const orders = kept.filter((id) => runIds.includes(id)).map((id) => `delete ${REFS}${id}\n`);
  if (orders.length === 0) return undefined;
  const input = [Buffer.from(orders.join(""))];
  const done = await gitOfUser({ workspace, env }, [...NO_REFLOG, "update-ref", "--no-deref", "--stdin"], { input });
  return done.exitCode === 0 ? undefined : { failure: explain("update-ref", done) };
}
