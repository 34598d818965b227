import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../core/errors.ts";
import type { PolicyRecord } from "../../core/policy.ts";
import { explain, type Failure, gitOfUser } from "./git.ts";
import { nameIndex } from "./name-index.ts";
import { readSmall } from "./read-small.ts";
import type { TreeStore } from "./store.ts";

/** Everything of the user's repository that is not the work tree and that a run may have changed. */
export interface RepositoryState {
  head: { ref: string | null; commit: string | null };
  /** By full name, without refs/ask-codex/. */
  refs: Record<string, string>;
  /** A name for what is staged; null when the index can't be read. */
  index: string | null;
  /** Digests of the repository's config, hooks, info and of the logs of HEAD and the stash, by `file:.git/…`. */
  files: Record<string, string>;
}

/** Reads the state in one process; asked before and after a run. */
export async function readRepositoryState(store: TreeStore): Promise<RepositoryState | Failure> {
  try {
    return await readState(store);
  } catch (error) {
    return { failure: messageOf(error) };
  }
}

async function readState(store: TreeStore): Promise<RepositoryState | Failure> {
  const listed = await gitOfUser(store, ["for-each-ref", "--format=%(objectname) %(refname)"]);
  if (listed.exitCode !== 0) return { failure: explain("for-each-ref", listed) };
  const refs: Record<string, string> = {};
  for (const line of listed.stdout.toString("utf8").split("\n")) {
    const space = line.indexOf(" ");
    const ref = line.slice(space + 1);
    if (space > 0 && !ref.startsWith(OURS)) refs[ref] = line.slice(0, space);
  }
  const head = await readHead(store, refs);
  return "failure" in head ? head : { head, refs, index: await nameIndex(store), files: readFiles(store) };
}

/** The refs that keep our trees from git's garbage collection. */
const OURS = "refs/ask-codex/";

async function readHead(store: TreeStore, refs: Record<string, string>): Promise<RepositoryState["head"] | Failure> {
  const text = readSmall(join(store.repository.gitDir, "HEAD"))?.toString("utf8").trim() ?? "";
  const ref = /^ref: (.+)$/.exec(text)?.[1];
  // Refs in a table instead of files: there the file says nothing.
  if (ref !== undefined && ref !== "refs/heads/.invalid") return { ref, commit: refs[ref] ?? null };
  if (ref === undefined) return /^[0-9a-f]{40,64}$/.test(text) ? { ref: null, commit: text } : { failure: NO_HEAD };
  const [named, commit] = await Promise.all([
    gitOfUser(store, ["symbolic-ref", "--quiet", "HEAD"]),
    gitOfUser(store, ["rev-parse", "--verify", "--quiet", "HEAD"]),
  ]);
  const [name, id] = [named, commit].map((done) => done.stdout.toString("utf8").trim() || null);
  return { ref: name ?? null, commit: id ?? null };
}

const NO_HEAD = "HEAD of the repository names neither a branch nor a commit";

function readFiles({ workspace, repository }: TreeStore): Record<string, string> {
  const files: Record<string, string> = {};
  const add = (name: string, path: string) => {
    const digest = digestOf(path);
    if (digest !== undefined) files[`file:${name}`] = digest;
  };
  const { gitDir, commonDir } = repository;
  // In a linked work tree or a submodule it is a file, which says where the repository is.
  add(".git", join(workspace, ".git"));
  for (const name of ["config", "config.worktree", "logs/refs/stash", "objects/info/alternates"])
    add(`.git/${name}`, join(commonDir, name));
  add(".git/logs/HEAD", join(gitDir, "logs", "HEAD"));
  for (const folder of ["hooks", "info"])
    for (const name of namesIn(join(commonDir, folder))) add(`.git/${folder}/${name}`, join(commonDir, folder, name));
  if (gitDir !== commonDir) {
    for (const name of ["config.worktree", "info/sparse-checkout"])
      add(`.git/${name} of this work tree`, join(gitDir, name));
  }
  return files;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** Of its kind, mode and contents; of a long log the end, which is where it grows. */
function digestOf(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat || stat.isDirectory()) return undefined;
  const hash = createHash("sha256").update(`${stat.mode.toString(8)} ${stat.size}\0`);
  if (stat.isSymbolicLink()) hash.update(readlinkSync(path));
  hash.update(readSmall(path) ?? "");
  return hash.digest("hex");
}

/** What moved between two states, as policy.json tells it. */
export function compareStates(
  before: RepositoryState,
  after: RepositoryState,
): Pick<PolicyRecord, "head_moved" | "refs_changed" | "index_changed"> {
  const { head: was } = before;
  const { head: is } = after;
  return {
    head_moved:
      was.ref === is.ref && was.commit === is.commit ? null : { from: headText(was, is), to: headText(is, was) },
    refs_changed: [...differences(before.refs, after.refs), ...differences(before.files, after.files)],
    index_changed: before.index !== after.index,
  };
}

/** The commit; where that is the same, only the branch was left for another. */
const headText = (one: RepositoryState["head"], other: RepositoryState["head"]): string | null =>
  one.commit === other.commit ? one.ref : one.commit;

function differences(before: Record<string, string>, after: Record<string, string>): PolicyRecord["refs_changed"] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names
    .map((ref) => ({ ref, from: before[ref] ?? null, to: after[ref] ?? null }))
    .filter(({ from, to }) => from !== to);
}
