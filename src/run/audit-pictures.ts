import { isUtf8 } from "node:buffer";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { redact } from "../core/redact.ts";
import type { Look, Opened } from "../policy/audit.ts";
import { diffStat, writePatch } from "../policy/trees/diff.ts";
import { dirtyPaths, readStatus, statusText } from "../policy/trees/status.ts";
import type { TreeStore } from "../policy/trees/store.ts";
import { fileError, isThere, writeWhole } from "../sys/files.ts";

/** A look as texts: like `git status`, like `git diff --stat`, and the paths that differ from HEAD. */
export interface Picture {
  status: string;
  diffStat: string;
  dirty: string[];
}

/** A patch beyond this size is not searched for secrets, so it is not kept; undo does not need it. */
const SEARCHED_BYTES = 16 * 1024 * 1024;

export async function takePicture(store: TreeStore, { state, snapshot }: Look): Promise<Picture> {
  const { commit } = state.head;
  const [status, stat] = await Promise.all([
    readStatus(store, state, snapshot),
    commit === null ? "no commit yet\n" : diffStat(store, { tree: `${commit}^{tree}` }, snapshot),
  ]);
  if ("failure" in status) return { status: `${status.failure}\n`, diffStat: stat, dirty: [] };
  return { status: statusText(status), diffStat: stat, dirty: dirtyPaths(status) };
}

/** Two looks that saw the same make the same picture. */
export const looksSame = (one: Look, two: Look): boolean =>
  one.snapshot.tree === two.snapshot.tree &&
  isDeepStrictEqual(one.snapshot.repositories, two.snapshot.repositories) &&
  isDeepStrictEqual(one.state, two.state);

export function writePicture(dir: string, when: "pre" | "post", picture: Picture): void {
  writeWhole(join(dir, `${when}-status.txt`), redact(picture.status));
  writeWhole(join(dir, `${when}-diff-stat.txt`), redact(picture.diffStat));
}

/** A second turn may take back what the first one changed. */
export const dropPatch = (dir: string): void => rmSync(join(dir, PATCH), { force: true });

const PATCH = "changes.patch";

/** The change as a patch that `git apply` takes, secrets taken out of it like out of every file of ours. */
export async function keepPatch(
  dir: string,
  { store, before }: Extract<Opened, { store: unknown }>,
  after: Look,
): Promise<void> {
  // What is not searched yet lies among git's objects, which go with the run.
  const staged = join(store.dir, PATCH);
  dropPatch(dir);
  try {
    await writePatch(store, before.snapshot, after.snapshot, staged);
    const bytes = statSync(staged, { throwIfNoEntry: false })?.size ?? 0;
    if (bytes <= SEARCHED_BYTES && isThere(staged)) writeClean(join(dir, PATCH), readFileSync(staged));
  } finally {
    rmSync(staged, { force: true });
  }
}

/** Byte for byte but for the secrets, also where a file of the change is not UTF-8. */
function writeClean(path: string, bytes: Buffer): void {
  const encoding = isUtf8(bytes) ? "utf8" : "latin1";
  try {
    writeFileSync(path, Buffer.from(redact(bytes.toString(encoding)), encoding), { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw fileError("write", path, error);
  }
}
