import { join, resolve } from "node:path";
import { explain, type Failure, gitInStore, type StorePlace } from "./git.ts";
import { bytesOf, type PathKey, splitKeys, textOf } from "./path-key.ts";
import { readSmall } from "./read-small.ts";

/** The files of a repository inside the workspace, and the repositories inside that one; the paths are the workspace's. */
export interface Inside {
  files: PathKey[];
  repositories: PathKey[];
}

/**
 * Lists a repository inside with our own git directory and an index of nothing: its configuration, which may name a
 * program (a file system monitor), is never read.
 */
export async function listInside(place: StorePlace, key: PathKey, signal?: AbortSignal): Promise<Inside | Failure> {
  // A path that is no text can't be handed over as a directory.
  if (!bytesOf(key).equals(Buffer.from(textOf(key)))) return { failure: "its name is not UTF-8" };
  const workTree = join(place.workspace, textOf(key));
  const args = ["ls-files", "--others", "--exclude-standard", "-z"];
  const listed = await gitInStore(place, args, { workTree, index: join(place.dir, "no-index"), signal });
  if (listed.exitCode !== 0) return { failure: explain("ls-files", listed) };
  const inside: Inside = { files: [], repositories: [] };
  for (const found of splitKeys(listed.stdout)) {
    if (found.endsWith("/")) inside.repositories.push(`${key}/${found.slice(0, -1)}`);
    else inside.files.push(`${key}/${found}`);
  }
  return inside;
}

/** The commit that is checked out in a repository inside; null when there is none yet, or none that files can tell. */
export function commitInside(workspace: string, key: PathKey): string | null {
  const at = join(workspace, textOf(key));
  return commitIn(gitDirectory(join(at, ".git"), at));
}

/** The commit that HEAD of a git directory names; null too where refs are kept otherwise than in files. */
export function commitIn(gitDir: string): string | null {
  const head = readText(join(gitDir, "HEAD"))?.trim() ?? "";
  const ref = /^ref: (.+)$/.exec(head)?.[1];
  if (ref === undefined) return isId(head) ? head : null;
  const shared = readText(join(gitDir, "commondir"));
  return readRef(shared === undefined ? gitDir : resolve(gitDir, shared.trim()), ref);
}

/** `.git` is the directory, or a file that names it. */
function gitDirectory(path: string, at: string): string {
  const named = /^gitdir: (.+)/.exec(readText(path) ?? "")?.[1];
  return named === undefined ? path : resolve(at, named.trimEnd());
}

function readRef(commonDir: string, ref: string): string | null {
  if (ref.split("/").includes("..")) return null;
  const loose = readText(join(commonDir, ref))?.trim();
  if (loose !== undefined && isId(loose)) return loose;
  for (const line of (readText(join(commonDir, "packed-refs")) ?? "").split("\n"))
    if (line.endsWith(` ${ref}`) && isId(line.slice(0, -ref.length - 1))) return line.slice(0, -ref.length - 1);
  return null;
}

const isId = (text: string): boolean => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);

const readText = (path: string): string | undefined => readSmall(path)?.toString("utf8");
