import { join, resolve } from "node:path";
import { NO_FILE, type StorePlace } from "./git.ts";
import { readSmall } from "./read-small.ts";
import type { Repository } from "./repository.ts";
import { configHome, expandHome } from "./user-paths.ts";

/**
 * The files that make a directory a git directory of ours. Its attributes stand above every .gitattributes of the work
 * tree: contents go in and come out byte for byte, and no filter is ever named.
 */
export function gitDirectoryFiles(
  place: StorePlace,
  repository: Repository,
  head: string | null,
): [name: string, content: string | Buffer][] {
  return [
    ["HEAD", head === null ? NO_HEAD : `${head}\n`],
    ["config", configText(place, repository)],
    ["info/attributes", "* -text -crlf -eol -ident -filter -working-tree-encoding !diff\n"],
    ["info/exclude", readSmall(join(repository.commonDir, "info", "exclude")) ?? ""],
    ["objects/info/alternates", alternates(repository)],
  ];
}

/** What HEAD says where there is no commit. */
export const NO_HEAD = "ref: refs/heads/none\n";

/** How the file system is to be understood: as the user's git does, or every file would look changed. */
const AS_USERS = ["filemode", "ignorecase", "symlinks", "precomposeunicode", "trustctime", "checkstat"] as const;

function configText({ workspace, env }: StorePlace, { config, objectFormat }: Repository): string {
  const excludes = expandHome(config.get("core.excludesfile"), env) ?? join(configHome(env), "git", "ignore");
  const lines = [
    "[core]",
    `repositoryformatversion = ${objectFormat === "sha1" ? 0 : 1}`,
    "bare = false",
    "sharedRepository = 0600",
    `excludesFile = ${quote(excludes === "" ? NO_FILE : resolve(workspace, excludes))}`,
    `attributesFile = ${quote(NO_FILE)}`,
    `hooksPath = ${quote(NO_FILE)}`,
    "fsmonitor = false",
    "autocrlf = false",
    "safecrlf = false",
    "splitIndex = false",
    "preloadIndex = true",
    // The names that these keep out are dangerous where they are checked out, and here they have to be seen.
    "protectNTFS = false",
    "protectHFS = false",
    // Speed, not size or safety: the store lives as long as its record, and what undo needs is kept elsewhere.
    "fsync = none",
    "compression = 0",
    "bigFileThreshold = 64m",
    ...AS_USERS.flatMap((key) => {
      const value = config.get(`core.${key}`);
      return value === undefined ? [] : [`${key} = ${quote(value)}`];
    }),
    "[gc]\nauto = 0",
    "[index]\nsparse = false\nthreads = true",
    ...(objectFormat === "sha1" ? [] : [`[extensions]\nobjectFormat = ${objectFormat}`]),
  ];
  return `${lines.join("\n")}\n`;
}

const quote = (value: string): string =>
  `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

/** The user's objects, and those that they are borrowed from where the place is told as seen from there. */
function alternates({ objectsDir }: Repository): string {
  const further = (readSmall(join(objectsDir, "info", "alternates"))?.toString("utf8") ?? "").split("\n");
  const relative = further.filter((line) => line !== "" && !/^[#"/]|^[A-Za-z]:/.test(line));
  return [objectsDir, ...relative.map((line) => resolve(objectsDir, line))].map((path) => `${listed(path)}\n`).join("");
}

/** One a line; git takes a path in quotes as in C. */
const listed = (path: string): string => (/["\n]|^#/.test(path) ? quote(path) : path);
