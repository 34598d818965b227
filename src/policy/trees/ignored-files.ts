import { type BigIntStats, lstatSync, readdirSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { AuditChange } from "../../core/policy.ts";
import { gitInStore } from "./git.ts";
import { signatureOf } from "./look-at.ts";
import { keyOf, nameOf, type PathKey, placeOf, splitKeys } from "./path-key.ts";
import type { TreeStore } from "./store.ts";

export interface IgnoredFile {
  size: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  ino: bigint;
  mode: bigint;
}

/** A look at the files that git ignores. */
export interface IgnoredLook {
  files: Map<PathKey, IgnoredFile>;
  elapsedMs: number;
  /** False when the time was up before all were seen. */
  complete: boolean;
  /** What was not looked at then: directories with all that is in them; "" is everything. */
  unseen: Set<PathKey>;
}

const TURN_FILES = 500;

/** Looks at the ignored files below some directories of the workspace ("" is all of it), always in the same order. */
export async function listIgnored(store: TreeStore, dirs: readonly string[], budgetMs = 300): Promise<IgnoredLook> {
  const since = performance.now();
  const look: IgnoredLook = { files: new Map(), elapsedMs: 0, complete: true, unseen: new Set() };
  const finish = () => ({
    ...look,
    complete: look.unseen.size === 0,
    elapsedMs: Math.round(performance.now() - since),
  });
  const where = dirs.some((dir) => dir === "" || dir === ".") ? [] : dirs.map((dir) => dir.replace(/\/+$/, ""));
  if (dirs.length === 0) return finish();
  const leave = () => {
    look.unseen.add("");
    return finish();
  };
  if (budgetMs <= 0) return leave();
  const args = ["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z", "--", ...where];
  const listed = await gitInStore(store, args, { timeoutMs: budgetMs });
  if (listed.exitCode !== 0) return leave();
  const waiting = splitKeys(listed.stdout)
    .filter((key) => !LEFT_OUT.test(key))
    .sort()
    .reverse();
  for (let count = 1, key = waiting.pop(); key !== undefined; key = waiting.pop(), count++) {
    if (performance.now() - since > budgetMs) {
      for (const unseen of [key, ...waiting]) look.unseen.add(unseen.replace(/\/$/, ""));
      break;
    }
    if (count % TURN_FILES === 0) await nextTurn();
    if (key.endsWith("/")) for (const each of inDirectory(store.workspace, key)) waiting.push(each);
    else addFile(look, store.workspace, key);
  }
  return finish();
}

/** Git directories are no files of the workspace's, and in ours are the answers. */
const LEFT_OUT = /(^|\/)\.git\/?$|^\.ask-codex\//;

function inDirectory(workspace: string, directory: PathKey): PathKey[] {
  try {
    const names = readdirSync(placeOf(workspace, directory), { encoding: "buffer", withFileTypes: true });
    return names
      .map((entry) => `${directory}${keyOf(entry.name)}${entry.isDirectory() ? "/" : ""}`)
      .filter((key) => !LEFT_OUT.test(key))
      .sort()
      .reverse();
  } catch {
    return [];
  }
}

function addFile({ files }: IgnoredLook, workspace: string, key: PathKey): void {
  try {
    const stat = lstatSync(placeOf(workspace, key), { bigint: true, throwIfNoEntry: false });
    if (stat) files.set(key, factsOf(stat));
  } catch {
    // It can't be looked at, or went meanwhile.
  }
}

const factsOf = ({ size, mtimeNs, ctimeNs, ino, mode }: BigIntStats): IgnoredFile => ({
  size,
  mtimeNs,
  ctimeNs,
  ino,
  mode,
});

/** What differs between two looks, as far as both have seen it. */
export function compareIgnored(before: IgnoredLook, after: IgnoredLook): AuditChange[] {
  const changes: AuditChange[] = [];
  for (const key of [...new Set([...before.files.keys(), ...after.files.keys()])].sort()) {
    const was = before.files.get(key);
    const is = after.files.get(key);
    if (was && is && signatureOf(was) === signatureOf(is)) continue;
    if (!is && isUnseen(after, key)) continue;
    if (!was && isUnseen(before, key)) continue;
    changes.push({
      ...nameOf(key),
      change: !was ? "created" : !is ? "deleted" : "modified",
      mode_before: was ? gitMode(was.mode) : null,
      mode_after: is ? gitMode(is.mode) : null,
      blob_before: null,
      blob_after: null,
    });
  }
  return changes;
}

function isUnseen({ unseen }: IgnoredLook, key: PathKey): boolean {
  if (unseen.size === 0) return false;
  if (unseen.has("") || unseen.has(key)) return true;
  for (let at = key.indexOf("/"); at !== -1; at = key.indexOf("/", at + 1))
    if (unseen.has(key.slice(0, at))) return true;
  return false;
}

const gitMode = (mode: bigint): string =>
  (mode & 0o170000n) === 0o120000n ? "120000" : (mode & 0o100n) === 0n ? "100644" : "100755";
