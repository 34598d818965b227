import { failed } from "./git.ts";
import type { WorkTreeLook } from "./look-at.ts";
import { commitInside, listInside } from "./nested.ts";
import { type PathKey, textOf } from "./path-key.ts";
import type { TreeStore } from "./store.ts";

/** Above these, a repository inside is compared by its commit only: its files would be read as a whole. */
const MOST_FILES = 5_000;
const MOST_BYTES = 64n * 1024n * 1024n;

export interface Repositories {
  /** The commit that is checked out, by the path of the repository. */
  commits: Map<PathKey, string | null>;
  /** Files of covered repositories. */
  files: PathKey[];
  covered: Set<PathKey>;
  /** Of those files. */
  bytes: bigint;
}

/** Lists the files of repositories inside; `plain` are those whose directory the index knows, so that git lists them anyway. */
export async function coverRepositories(
  store: TreeStore,
  look: WorkTreeLook,
  found: readonly PathKey[],
  plain: readonly PathKey[],
  signal?: AbortSignal,
): Promise<Repositories> {
  const told: Repositories = { commits: new Map(), files: [], covered: new Set(), bytes: 0n };
  for (const key of plain) {
    told.commits.set(key, commitInside(store.workspace, key));
    note(store, key, "its own git directory (commits, configuration, hooks) is not compared");
  }
  let waiting = [...found];
  while (waiting.length > 0) {
    const listed = await Promise.all(
      waiting.map(async (key) => [key, await listUnlessNamed(store, key, signal)] as const),
    );
    waiting = [];
    for (const [key, inside] of listed) {
      told.commits.set(key, commitInside(store.workspace, key));
      if (inside === "named") continue;
      const problem = failed(inside) ? inside.failure : tooMuch(store, look, key, told, inside.files);
      store.memory.repositories.set(key, problem === undefined ? "covered" : "named");
      if (problem !== undefined || failed(inside)) {
        note(store, key, `only its commit is compared, not its files (${problem})`);
        continue;
      }
      note(store, key, "its own git directory (commits, configuration, hooks) is not compared");
      told.covered.add(key);
      // Not spread into arguments: there may be more files than a call can have.
      told.files = told.files.concat(inside.files);
      waiting = waiting.concat(inside.repositories);
    }
  }
  return told;
}

const listUnlessNamed = async (store: TreeStore, key: PathKey, signal: AbortSignal | undefined) =>
  store.memory.repositories.get(key) === "named" ? "named" : listInside(store, key, signal);

/** Once covered, always covered: the two trees have to be of the same things. */
function tooMuch(
  store: TreeStore,
  look: WorkTreeLook,
  key: PathKey,
  told: Repositories,
  files: readonly PathKey[],
): string | undefined {
  if (store.memory.repositories.get(key) === "covered") return undefined;
  if (told.files.length + files.length > MOST_FILES) return `there are ${files.length}`;
  let bytes = 0n;
  for (const file of files) {
    const found = look.at(file);
    if (found.is === "file") bytes += found.stat.size;
  }
  if (told.bytes + bytes > MOST_BYTES) return `they are ${bytes / 1024n / 1024n} MiB`;
  told.bytes += bytes;
  return undefined;
}

function note(store: TreeStore, key: PathKey, what: string): void {
  store.memory.notes.add(`${textOf(key)} is a repository of its own: ${what}`);
}
