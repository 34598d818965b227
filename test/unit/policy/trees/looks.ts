import { lstatSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { AuditChange } from "../../../../src/core/policy.ts";
import { diffTrees } from "../../../../src/policy/trees/diff.ts";
import type { Failure } from "../../../../src/policy/trees/git.ts";
import { type Snapshot, snapshot } from "../../../../src/policy/trees/snapshot.ts";
import { openTreeStore, type TreeStore } from "../../../../src/policy/trees/store.ts";
import { fingerprint, type TempRepo } from "../temp-repo.ts";

/** What is there, or the failure as an exception. */
export async function have<T extends object>(promise: Promise<T | Failure>): Promise<T> {
  const value = await promise;
  if ("failure" in value) throw new Error(value.failure);
  return value;
}

/** A new private directory, and what a store in it is opened with. */
export function placeIn({ outside, env, dir }: TempRepo, workspace = dir) {
  const place = join(outside, `store-${readdirSync(outside).length}`);
  mkdirSync(place, { mode: 0o700 });
  return { workspace, dir: place, env };
}

export const open = (repo: TempRepo, workspace?: string): Promise<TreeStore> =>
  have(openTreeStore(placeIn(repo, workspace)));

export const look = (store: TreeStore): Promise<Snapshot> => have(snapshot(store));

/** What changed in the workspace while `act` ran. */
export async function changesIn(store: TreeStore, act: () => unknown): Promise<AuditChange[]> {
  const before = await look(store);
  await act();
  return have(diffTrees(store, before, await look(store)));
}

/** The same, as a receipt tells it: `created src/x`, `renamed a to b`. */
export const told = (changes: readonly AuditChange[]): string[] =>
  changes.map(({ path, change, from }) => (from === undefined ? `${change} ${path}` : `${change} ${from} to ${path}`));

/** What is told of what `act` does to a repository. */
export async function changesOf(repo: TempRepo, act: () => unknown, workspace?: string): Promise<string[]> {
  return told(await changesIn(await open(repo, workspace), act));
}

/** Every file below a directory with its mode, its content and when it was last written: nothing may have touched it. */
export function exactPrint(dir: string): Record<string, string> {
  const files = Object.entries(fingerprint(dir));
  return Object.fromEntries(
    files.map(([name, print]) => [name, `${print} ${lstatSync(join(dir, name), { bigint: true }).mtimeNs}`]),
  );
}
