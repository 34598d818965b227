import { diffTrees } from "../../policy/trees/diff.ts";
import { type Failure, failed, gitOfUser } from "../../policy/trees/git.ts";
import { commitIn } from "../../policy/trees/nested.ts";
import { type Snapshot, snapshot } from "../../policy/trees/snapshot.ts";
import { openTreeStore, type TreeStore } from "../../policy/trees/store.ts";
import type { GatePlace, GateState } from "./gate-store.ts";

/** A repository inside, as a mode of git's. */
const REPOSITORY = "160000";

/** The working tree at one moment, in the session's own store. */
export interface TurnLook {
  store: TreeStore;
  snapshot: Snapshot;
  head: string | null;
}

export async function lookAtTurn(
  { workspace, env }: { workspace: string; env: NodeJS.ProcessEnv },
  place: GatePlace,
): Promise<TurnLook | Failure> {
  const store = await openTreeStore({ workspace, dir: place.trees, env });
  if (failed(store)) return store;
  const taken = await snapshot(store);
  return failed(taken) ? taken : { store, snapshot: taken, head: commitIn(store.repository.gitDir) };
}

/** The files that differ from the turn's beginning, by their names of now and then. */
export async function changedInTurn(state: GateState, now: TurnLook): Promise<string[] | Failure> {
  const changes = await diffTrees(now.store, state, now.snapshot);
  if (failed(changes)) return changes;
  const named = changes.filter(
    ({ path_base64, mode_before, mode_after }) =>
      path_base64 === undefined && mode_before !== REPOSITORY && mode_after !== REPOSITORY,
  );
  return [...new Set(named.flatMap(({ path, from }) => (from === undefined ? [path] : [path, from])))];
}

/** What the turn's changes are compared with for the review; a failure where the branch was left for another one. */
export async function targetOf(state: GateState, now: TurnLook): Promise<"uncommitted" | { base: string } | Failure> {
  if (now.head === state.head) return "uncommitted";
  if (state.head === null) return { failure: "the repository's first commit was made in this turn" };
  const asked = await gitOfUser(now.store, ["merge-base", "--is-ancestor", state.head, "HEAD"]);
  if (asked.exitCode === 0) return { base: state.head };
  return { failure: "HEAD was moved away from the commit that the turn began at" };
}
