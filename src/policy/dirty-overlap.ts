import { scopeMatcher } from "./scope.ts";
import { harmlessGit } from "./trees/harmless-git.ts";
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
