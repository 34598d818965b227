import { gitEnvironment } from "../sys/environment.ts";
import { runQuick } from "../sys/run-quick.ts";
import { scopeMatcher } from "./scope.ts";
import { splitKeys, textOf } from "./trees/path-key.ts";
import { lookAtPath } from "./undo/look-at-paths.ts";

/** A path that differs from HEAD, with the id that its content has now; null when it is gone, or is a directory. */
export interface DirtyFile {
  path: string;
  kind: "file" | "directory" | "absent" | "other";
  blob: string | null;
}

/**
 * Files of the write scope that have uncommitted changes: a run there would mix its work with somebody else's. One
 * `git status`, in which no program of the repository runs. undefined: git can't say.
 */
export async function dirtyInScope(
  workspace: string,
  scope: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<DirtyFile[] | undefined> {
  const status = await harmlessGit(workspace, env, [
    ...["status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=dirty"],
  ]);
  if (status.exitCode !== 0) return undefined;
  const inScope = scopeMatcher(scope);
  // A repository inside has a "/" behind its name.
  const keys = splitKeys(status.stdout)
    .map((line) => line.slice(3).replace(/\/$/, ""))
    .filter((key) => key !== "" && inScope(textOf(key)));
  if (keys.length === 0) return [];
  const format = await harmlessGit(workspace, env, ["rev-parse", "--show-object-format"]);
  const hash = format.stdout.toString("utf8").trim() === "sha256" ? "sha256" : "sha1";
  return keys.map((key) => {
    const { present } = lookAtPath(workspace, key, hash);
    return { path: textOf(key), kind: present.kind, blob: present.kind === "file" ? present.blob : null };
  });
}

const HARMLESS = ["core.fsmonitor=false", "core.hooksPath=/dev/null", "core.quotePath=false"];

/** git without the programs that a repository may name: its monitor, its hooks and its filters. */
async function harmlessGit(workspace: string, env: NodeJS.ProcessEnv, args: readonly string[]) {
  const git = (settings: readonly string[], more: readonly string[]) =>
    runQuick({
      command: "git",
      args: ["-C", workspace, ...settings.flatMap((setting) => ["-c", setting]), ...more],
      cwd: workspace,
      env: gitEnvironment(env),
    });
  const filters = await git(HARMLESS, ["config", "--null", "--name-only", "--get-regexp", "^filter\\."]);
  const names = new Set(
    filters.stdout
      .toString("utf8")
      .split("\0")
      .map((key) => key.slice(0, key.lastIndexOf("."))),
  );
  names.delete("");
  // For -c a key ends at the first "=": a filter with one in its name would keep its program, so nothing is asked.
  if ([...names].some((name) => name.includes("="))) return { ...filters, exitCode: null };
  const disarmed = [...names].flatMap((name) => [`${name}.clean=`, `${name}.process=`, `${name}.required=false`]);
  return git([...HARMLESS, ...disarmed], args);
}
