import { gitEnvironment } from "../../sys/environment.ts";
import { type QuickCommand, type QuickFinished, runQuick } from "../../sys/run-quick.ts";

/** Why something of git's could not be had, in one sentence. */
export interface Failure {
  failure: string;
}

/** No file, by the name that git itself knows for it on every system; it does not read Windows's own. */
export const NO_FILE = "/dev/null";

export const failed = <T extends object>(value: T | Failure): value is Failure => "failure" in value;

/** Where a store works: the top of a repository's work tree, and a private directory that becomes a git directory of ours. */
export interface StorePlace {
  workspace: string;
  dir: string;
  env: NodeJS.ProcessEnv;
}

export interface GitOptions extends Pick<QuickCommand, "input" | "signal" | "sink" | "timeoutMs"> {
  /** Another index of the store, by its whole path. */
  index?: string;
  /** Another work tree: a repository inside the workspace, looked at with our git directory. */
  workTree?: string;
}

/**
 * Runs git with the store as its git directory: of the user's and the repository's configuration, attributes, hooks and
 * filters nothing is in force, and nothing of the user's is written.
 */
export function gitInStore(
  place: StorePlace,
  args: readonly string[],
  options: GitOptions = {},
): Promise<QuickFinished> {
  const { index, workTree, ...rest } = options;
  const at = workTree ?? place.workspace;
  return runQuick({ command: "git", args, cwd: at, env: storeEnvironment(place, at, index), ...rest });
}

function storeEnvironment({ dir, env }: StorePlace, workTree: string, index: string | undefined): NodeJS.ProcessEnv {
  return {
    ...gitEnvironment(env),
    // Before 2.32 git does not know the second line, but looks into the home it is given.
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: NO_FILE,
    GIT_ATTR_NOSYSTEM: "1",
    HOME: dir,
    XDG_CONFIG_HOME: dir,
    GIT_DIR: dir,
    GIT_WORK_TREE: workTree,
    GIT_LITERAL_PATHSPECS: "1",
    ...(index === undefined ? {} : { GIT_INDEX_FILE: index }),
  };
}

/** Runs git in the user's own repository, for what only it can say; no hook and no file system monitor is started. */
export function gitOfUser(
  { workspace, env }: Omit<StorePlace, "dir">,
  args: readonly string[],
  options: Pick<GitOptions, "input" | "signal"> = {},
): Promise<QuickFinished> {
  const quiet = ["-c", "core.fsmonitor=false", "-c", `core.hooksPath=${NO_FILE}`];
  return runQuick({ command: "git", args: [...quiet, ...args], cwd: workspace, env: gitEnvironment(env), ...options });
}

/** What git said, all of it in one line: its advice (a directory that belongs to somebody else) comes after a line end. */
export function explain(what: string, done: QuickFinished): string {
  const said = (done.failure ?? done.stderr).trim() || `exit ${done.exitCode}`;
  return `git ${what}: ${said.replaceAll(/\s*\n\s*/g, " ")}`;
}
