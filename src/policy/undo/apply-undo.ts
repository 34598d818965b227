import { mkdirSync, rmdirSync, unlinkSync } from "node:fs";
import { fileReason } from "../../sys/files.ts";
import type { StorePlace } from "../trees/git.ts";
import { type PathKey, placeOf, textOf } from "../trees/path-key.ts";
import { type BlobSource, blobSources, findBlobs, readBlobs } from "./blob-source.ts";
import { aboveOf, fromKey, toKey } from "./change-paths.ts";
import type { FileStamp } from "./look.ts";
import { stampOf, statOf } from "./look-at-paths.ts";
import type { Left, UndoPlan } from "./plan-undo.ts";
import { type Staged, stageFile } from "./stage-file.ts";

export interface UndoResult {
  restored: UndoPlan["restore"];
  /** What the disk refused, or what changed in the moment between the plan and its step. */
  failed: Left[];
}

type Write = UndoPlan["writes"][number];
/** Does what belongs to a path and says whether it went well; what went wrong is kept by the path, the first word counts. */
type Step = (path: PathKey, act: () => void) => boolean;

/** Carries a plan out. Each step looks again before it acts; ended half-way, the next plan has the rest. */
export async function applyUndo(place: StorePlace, runId: string, plan: UndoPlan): Promise<UndoResult> {
  const reasons = new Map<PathKey, string>();
  const step: Step = (path, act) => {
    try {
      act();
      return true;
    } catch (error) {
      if (!reasons.has(path)) reasons.set(path, fileReason(error));
      return false;
    }
  };
  for (const { path, stamp } of plan.removals) {
    step(path, () => {
      expectAt(place.workspace, path, stamp);
      unlinkSync(placeOf(place.workspace, path));
    });
  }
  for (const dir of plan.makeRoom) removeIfEmpty(place.workspace, dir);
  const sources = blobSources(place);
  const found = await findBlobs(sources, [...new Set(plan.writes.map((write) => write.state.blob))]);
  for (const source of sources) {
    const part = plan.writes.filter((write) => (found.get(write.state.blob) ?? sources[0]) === source);
    if (part.length > 0) await writeFrom(source, place.workspace, runId, part, step);
  }
  for (const dir of plan.tidy) removeIfEmpty(place.workspace, dir);
  const reasonOf = (change: Left["change"]) => reasons.get(toKey(change)) ?? reasons.get(fromKey(change) ?? "");
  return {
    restored: plan.restore.filter((change) => reasonOf(change) === undefined),
    failed: plan.restore.flatMap((change) => {
      const reason = reasonOf(change);
      return reason === undefined ? [] : [{ change, reason }];
    }),
  };
}

/** git ends at an object that it finds damaged: the others are asked for again, so that one does not stop all. */
async function writeFrom(
  source: BlobSource,
  workspace: string,
  runId: string,
  writes: readonly Write[],
  step: Step,
): Promise<void> {
  let rest = writes;
  for (let tries = 0; rest.length > 0; tries++) {
    const { done, broken } = await writeSome(source, workspace, runId, rest, step);
    const bad = rest.slice(done, tries < MAX_DAMAGED ? done + 1 : undefined);
    for (const { path } of bad) {
      step(path, () => {
        throw new Error(broken);
      });
    }
    rest = rest.slice(done + bad.length);
  }
}

const MAX_DAMAGED = 20;

/** How many were handed over whole, and why no more. */
async function writeSome(
  source: BlobSource,
  workspace: string,
  runId: string,
  writes: readonly Write[],
  step: Step,
): Promise<{ done: number; broken?: string }> {
  let at = -1;
  let done = 0;
  let staged: Staged | undefined;
  const now = (act: (write: Write) => void) => {
    const write = writes[at];
    if (!write || step(write.path, () => act(write))) return;
    // Its other pieces still come, and go nowhere.
    staged?.discard();
    staged = undefined;
  };
  const ids = writes.map((write) => write.state.blob);
  const broken = await readBlobs(source, ids, {
    begin(next, size) {
      at = next;
      staged = undefined;
      now(({ path, state, over }) => {
        makeParents(workspace, path);
        staged = stageFile(placeOf(workspace, path), `${runId}\0${path}`, size, state, over);
      });
    },
    piece: (bytes) => now(() => staged?.write(bytes)),
    end: () => {
      now(({ path, over }) => {
        staged?.check();
        expectAt(workspace, path, over);
        staged?.commit();
      });
      staged?.discard();
      staged = undefined;
      done++;
    },
  });
  staged?.discard();
  return { done, ...(broken === undefined ? {} : { broken }) };
}

/** What the plan saw must still be there, and no link on the way: the look was a moment ago. */
function expectAt(workspace: string, path: PathKey, stamp: FileStamp | null): void {
  for (const dir of aboveOf(path)) expectDirectory(workspace, dir);
  const stat = statOf(workspace, path);
  if (stat?.isDirectory()) throw new Error("a directory is in its place");
  if ((stat ? stampOf(stat).moment : undefined) !== stamp?.moment) throw new Error("it changed at this very moment");
}

function makeParents(workspace: string, path: PathKey): void {
  for (const dir of aboveOf(path)) {
    if (statOf(workspace, dir)) expectDirectory(workspace, dir);
    else mkdirSync(placeOf(workspace, dir));
  }
}

function expectDirectory(workspace: string, dir: PathKey): void {
  if (!statOf(workspace, dir)?.isDirectory()) throw new Error(`${textOf(dir)} is no directory`);
}

/** A directory with something in it stays. */
function removeIfEmpty(workspace: string, dir: PathKey): void {
  try {
    for (const above of aboveOf(dir)) expectDirectory(workspace, above);
    rmdirSync(placeOf(workspace, dir));
  } catch {
    // Somebody's own things are in it, or it is gone: both are fine.
  }
}
