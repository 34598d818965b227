import { relative, sep } from "node:path";
import type { PolicyRecord, Power } from "../core/policy.ts";
import { classifyChanges } from "./classify-changes.ts";
import { diffTrees } from "./trees/diff.ts";
import type { StorePlace } from "./trees/git.ts";
import { compareIgnored, type IgnoredLook, listIgnored } from "./trees/ignored-files.ts";
import { compareStates, type RepositoryState, readRepositoryState } from "./trees/repository-state.ts";
import { type Snapshot, snapshot } from "./trees/snapshot.ts";
import { notCovered, openTreeStore, type TreeStore } from "./trees/store.ts";

/** What the audit must know of a run. */
export interface AuditInput {
  place: StorePlace;
  power: Power;
  /** Real paths of the directories that the kernel opens. */
  grants: readonly string[];
  /** Names in the workspace that the kernel closes because they are there. */
  kernelClosed: readonly string[];
  volatile: readonly string[];
  /** Nobody knows what the kernel refuses here. */
  unproven?: boolean;
}

/** One look at the repository. */
export interface Look {
  snapshot: Snapshot;
  state: RepositoryState;
  ignored: IgnoredLook;
}

/** The look before a run, or why there is none. */
export type Opened = { store: TreeStore; before: Look } | { failure: string };

/** Looks at the repository before the run. */
export async function openAudit(input: AuditInput): Promise<Opened> {
  const store = await openTreeStore(input.place);
  if ("failure" in store) return store;
  const before = await look(store, input);
  return "failure" in before ? before : { store, before };
}

/** A second look, and what it says together with the first; its changes are not yet anybody's. */
export async function lookAgain(input: AuditInput, opened: Opened): Promise<Look | { failure: string }> {
  return "failure" in opened ? opened : look(opened.store, input);
}

async function look(store: TreeStore, input: AuditInput): Promise<Look | { failure: string }> {
  const [taken, state, ignored] = await Promise.all([
    snapshot(store),
    readRepositoryState(store),
    listIgnored(store, ignoredDirs(input)),
  ]);
  if ("failure" in taken) return taken;
  return "failure" in state ? state : { snapshot: taken, state, ignored };
}

/** Where the run could reach files that git ignores: what the kernel opens of the workspace. */
function ignoredDirs({ place: { workspace }, grants, power }: AuditInput): string[] {
  if (power.write === "everything") return [""];
  return grants
    .filter((dir) => dir === workspace || dir.startsWith(workspace + sep))
    .map((dir) => relative(workspace, dir).split(sep).join("/"));
}

/** What is proved to have happened between the two looks. `policy` says how the power was held. */
export async function closeAudit(
  input: AuditInput,
  opened: Opened,
  after: Look | { failure: string },
  how: Pick<PolicyRecord, "policy" | "profile">,
): Promise<PolicyRecord> {
  if ("failure" in opened) return unknown(input, how, opened.failure);
  if ("failure" in after) return unknown(input, how, after.failure);
  const { store, before } = opened;
  const changes = await diffTrees(store, before.snapshot, after.snapshot);
  if ("failure" in changes) return unknown(input, how, changes.failure);
  const rules = { ...input, workspace: input.place.workspace, degraded: how.policy === "degraded" };
  const judged = classifyChanges(changes, rules);
  const ignored = classifyChanges(compareIgnored(before.ignored, after.ignored), rules);
  const outOfScope = [...judged.outOfScope, ...ignored.outOfScope];
  return {
    version: 1,
    status: outOfScope.length > 0 ? "violation" : "ok",
    ...how,
    power: input.power,
    trees: { before: before.snapshot.tree, after: after.snapshot.tree },
    ref: null,
    changed: judged.changed,
    out_of_scope: outOfScope,
    concurrent: [...judged.concurrent, ...ignored.concurrent],
    ignored: {
      compared: after.ignored.files.size,
      changed: ignored.changed,
      elapsed_ms: Math.round(before.ignored.elapsedMs + after.ignored.elapsedMs),
      complete: before.ignored.complete && after.ignored.complete,
    },
    ...compareStates(before.state, after.state),
    dirty_before: [],
    volatile: { patterns: [...input.volatile], left_out: judged.leftOut + ignored.leftOut },
    not_covered: notCovered(store),
  };
}

/** Nobody can say what happened, and that is what is said. */
function unknown(input: AuditInput, how: Pick<PolicyRecord, "policy" | "profile">, why: string): PolicyRecord {
  return {
    version: 1,
    status: "unknown",
    ...how,
    power: input.power,
    trees: { before: null, after: null },
    ref: null,
    changed: [],
    out_of_scope: [],
    concurrent: [],
    ignored: { compared: 0, changed: [], elapsed_ms: 0, complete: false },
    head_moved: null,
    refs_changed: [],
    index_changed: false,
    dirty_before: [],
    volatile: { patterns: [...input.volatile], left_out: 0 },
    not_covered: [why],
  };
}
