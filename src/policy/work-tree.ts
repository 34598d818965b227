import { copyFileSync, mkdirSync, statSync, utimesSync } from "node:fs";
import { devNull } from "node:os";
import { join } from "node:path";
import { messageOf } from "../core/errors.ts";
import { gitEnvironment } from "../sys/environment.ts";
import { type Finished, runToEnd } from "../sys/spawn.ts";

/** A place for the index and the objects of our own snapshots, so that the user's index and object store are never written. */
export interface TreeStore {
  workspace: string;
  /** A private directory of the run's record. */
  dir: string;
  env: NodeJS.ProcessEnv;
}

/** The id of the whole working tree (tracked and untracked, ignored left out) as a git tree, or why it can't be had. */
export type Snapshot = { tree: string } | { failure: string };

/** Tells what the working tree is now. Both snapshots of a run use the same index, so the second reads only what changed. */
export async function snapshotWorkTree(store: TreeStore, signal?: AbortSignal): Promise<Snapshot> {
  try {
    const paths = await prepare(store);
    signal?.throwIfAborted();
    const quiet = await disarmFilters(store, paths);
    const added = await git(store, paths, [...quiet, "add", "--all", "--ignore-errors", "--", "."]);
    // Exit 1 means that some files could not be read; the others are in the index, which is all that can be told.
    if (added.exitCode !== 0 && added.exitCode !== 1) return { failure: explain("git add", added) };
    // It looks again at files as young as the index, and would filter them, too.
    const written = await git(store, paths, [...quiet, "write-tree"]);
    return written.exitCode === 0 ? { tree: written.stdout.trim() } : { failure: explain("git write-tree", written) };
  } catch (error) {
    return { failure: messageOf(error) };
  }
}

/** The output of `git diff-tree` between two snapshots of the same store, NUL-separated with renames found. */
export async function diffSnapshots(store: TreeStore, before: string, after: string): Promise<Finished> {
  return git(store, await prepare(store), ["diff-tree", "-r", "-z", "-M", "--raw", "--no-commit-id", before, after]);
}

interface StorePaths {
  index: string;
  objects: string;
  repositoryObjects: string;
}

const prepared = new WeakMap<TreeStore, Promise<StorePaths>>();

function prepare(store: TreeStore): Promise<StorePaths> {
  const known = prepared.get(store) ?? locate(store);
  prepared.set(store, known);
  return known;
}

async function locate(store: TreeStore): Promise<StorePaths> {
  const asked = await runToEnd({
    command: "git",
    args: [
      "-C",
      store.workspace,
      "rev-parse",
      "--path-format=absolute",
      "--git-path",
      "index",
      "--git-path",
      "objects",
    ],
    cwd: store.workspace,
    env: gitEnvironment(store.env),
  });
  // Paths may hold line ends; git ends the first of the two with the name that was asked for.
  const [, userIndex, repositoryObjects] = /^([\s\S]*\/index)\n([\s\S]*)\n$/.exec(asked.stdout) ?? [];
  if (asked.exitCode !== 0 || !userIndex || !repositoryObjects) throw new Error(explain("git rev-parse", asked));
  const paths = { index: join(store.dir, "index"), objects: join(store.dir, "objects"), repositoryObjects };
  mkdirSync(paths.objects, { recursive: true, mode: 0o700 });
  // The user's index as a start: its stat data spares reading every unchanged file. Without one all files are read.
  try {
    copyFileSync(userIndex, paths.index);
    // Git trusts a file that is older than the index it stands in; a copy that is younger would be trusted too much.
    const { atime, mtime } = statSync(userIndex);
    utimesSync(paths.index, atime, mtime);
  } catch {
    // No index yet: every file is read.
  }
  return paths;
}

function git(store: TreeStore, paths: StorePaths, args: string[]): Promise<Finished> {
  return runToEnd({
    command: "git",
    args: [
      "-C",
      store.workspace,
      "-c",
      "core.fsmonitor=false",
      "-c",
      "core.splitIndex=false",
      "-c",
      "advice.addEmbeddedRepo=false",
      // A repository may keep its hooks in the work tree, where Codex writes; ours would run outside the sandbox.
      "-c",
      `core.hooksPath=${devNull}`,
      // Mixed line ends are no reason to know nothing.
      "-c",
      "core.safecrlf=false",
      ...args,
    ],
    cwd: store.workspace,
    timeoutMs: 120_000,
    env: {
      ...gitEnvironment(store.env),
      GIT_INDEX_FILE: paths.index,
      GIT_OBJECT_DIRECTORY: paths.objects,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: quoteAlternate(paths.repositoryObjects),
    },
  });
}

/**
 * Options that switch every configured filter off: `git add` would run its program, which may lie in the work tree and
 * be Codex's, outside the sandbox. Asked anew before each use, because a configuration may include a file from there.
 */
async function disarmFilters(store: TreeStore, paths: StorePaths): Promise<string[]> {
  const listed = await git(store, paths, ["config", "--null", "--name-only", "--get-regexp", "^filter\\."]);

  const names = new Set(listed.stdout.split("\0").map((key) => key.slice(0, key.lastIndexOf("."))));
  names.delete("");
  return [...names].flatMap((name) => [
    ...["-c", `${name}.clean=`],
    ...["-c", `${name}.process=`],
    ...["-c", `${name}.required=false`],
  ]);
}

/** The variable is a list between colons (semicolons on Windows), in which git takes a path in quotes as in C. */
function quoteAlternate(path: string): string {
  if (!/[:;"\n]/.test(path)) return path;
  return `"${path.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

const explain = (what: string, done: Finished): string =>
  `${what}: ${(done.stderr || done.failure || `exit ${done.exitCode}`).trim().split("\n").slice(-1)[0] ?? ""}`;
