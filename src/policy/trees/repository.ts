import { existsSync, lstatSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { QuickFinished } from "../../sys/run-quick.ts";
import { explain, type Failure, gitOfUser, type StorePlace } from "./git.ts";

/** The user's repository, as far as a store needs to know it. */
export interface Repository {
  /** Of this work tree: HEAD and the index are in it. */
  gitDir: string;
  /** Of all work trees: objects, refs, config, hooks. */
  commonDir: string;
  indexFile: string;
  objectsDir: string;
  objectFormat: "sha1" | "sha256";
  /** The effective configuration, keys in small letters; the last value counts. A key without a value is "true". */
  config: ReadonlyMap<string, string>;
}

/** Finds the repository whose work tree the workspace is: in one process where it is as most are, else in two. */
export async function findRepository(place: Omit<StorePlace, "dir">): Promise<Repository | Failure> {
  const listed = await gitOfUser(place, ["config", "--null", "--list"]);
  const config = parseConfig(listed);
  const found = (listed.exitCode === 0 && plainDirectory(place.workspace, config)) || (await askGit(place));
  if ("failure" in found) return found;
  if (listed.exitCode !== 0) return { failure: explain("config", listed) };
  const objectFormat = config.get("extensions.objectformat") === "sha256" ? "sha256" : "sha1";
  return { ...found, objectsDir: realOf(found.objectsDir), objectFormat, config };
}

type Places = Pick<Repository, "gitDir" | "commonDir" | "indexFile" | "objectsDir">;

/**
 * The usual case: `.git` is the git directory of this work tree. Git reads its configuration only where it trusts its
 * owner, and this key is in every one of them.
 */
function plainDirectory(workspace: string, config: ReadonlyMap<string, string>): Places | undefined {
  const gitDir = join(workspace, ".git");
  const usual = config.has("core.repositoryformatversion") && !config.has("core.worktree");
  if (!usual || isOn(config, "core.bare", false)) return undefined;
  if (!lstatSync(gitDir, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  if (!existsSync(join(gitDir, "HEAD")) || existsSync(join(gitDir, "commondir"))) return undefined;
  return { gitDir, commonDir: gitDir, indexFile: join(gitDir, "index"), objectsDir: join(gitDir, "objects") };
}

async function askGit(place: Omit<StorePlace, "dir">): Promise<Places | Failure> {
  const asked = await gitOfUser(place, ["rev-parse", ...QUESTIONS]);
  if (asked.exitCode !== 0) return { failure: explain("rev-parse", asked) };
  const answer = asked.stdout.toString("utf8");
  if (answer.startsWith("--path-format")) return { failure: "git is older than 2.31: the audit needs a newer one" };
  const [, inside, prefix, indexFile, objectsDir] = ANSWERS.exec(answer) ?? [];
  if (inside !== "true" || !indexFile || !objectsDir) return { failure: `${place.workspace} is not a git work tree` };
  if (prefix !== "") return { failure: `${place.workspace} is not the top of its git repository` };
  return { gitDir: dirname(indexFile), commonDir: dirname(objectsDir), indexFile, objectsDir };
}

const QUESTIONS = [
  "--path-format=absolute",
  "--is-inside-work-tree",
  "--show-prefix",
  "--git-path",
  "index",
  "--git-path",
  "objects",
];
/** Paths may hold line ends; git ends the two with the names that were asked for. */
const ANSWERS = /^(true|false)\n([\s\S]*?)\n(\/[\s\S]*\/index|[A-Za-z]:[\s\S]*\/index)\n([\s\S]*)\n$/;

function parseConfig(listed: QuickFinished): Map<string, string> {
  const config = new Map<string, string>();
  for (const line of listed.stdout.toString("utf8").split("\0")) {
    const end = line.indexOf("\n");
    if (line !== "") config.set(end === -1 ? line : line.slice(0, end), end === -1 ? "true" : line.slice(end + 1));
  }
  return config;
}

/** A switch of the configuration; what git does not take for one is as if it were not there. */
export function isOn(config: ReadonlyMap<string, string>, key: string, fallback: boolean): boolean {
  const value = config.get(key)?.toLowerCase();
  if (value === undefined) return fallback;
  if (/^(true|yes|on|-?0*[1-9]\d*)$/.test(value)) return true;
  return /^(false|no|off|0+|)$/.test(value) ? false : fallback;
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
