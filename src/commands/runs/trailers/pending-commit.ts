import { AskCodexError } from "../../../core/errors.ts";
import { explain, gitOfUser, type StorePlace } from "../../../policy/trees/git.ts";
import { parseRecords, type RawRecord } from "../../../policy/trees/parse-diff.ts";
import { type PathKey, splitKeys } from "../../../policy/trees/path-key.ts";
import { lookAtPath } from "../../../policy/undo/look-at-paths.ts";
import type { PendingFile } from "./judge-authors.ts";

/** What a commit would hold now: what is staged, and where nothing is, all that differs from HEAD or is untracked. */
export interface PendingCommit {
  from: "index" | "work tree";
  files: ReadonlyMap<PathKey, PendingFile>;
}

type Place = Omit<StorePlace, "dir">;

/**
 * Asks the user's git, without its hooks and monitors; writes nothing. Of the files on the disk only those are read
 * that `isAsked` names: what is untracked may be much.
 */
export async function pendingCommit(
  place: Place,
  format: "sha1" | "sha256",
  isAsked: (path: PathKey) => boolean,
): Promise<PendingCommit> {
  const [staged, unstaged] = await Promise.all([rawDiff(place, ["--cached"]), rawDiff(place, [])]);
  const dirty = new Set(unstaged.map(({ key }) => key));
  const onDisk = (key: PathKey): (string | null)[] => {
    if (!isAsked(key)) return [];
    const { present, behind } = lookAtPath(place.workspace, key, format);
    if (present.kind === "file") return [present.blob];
    return present.kind === "absent" || (present.kind === "directory" && behind === null) ? [null] : [];
  };
  if (staged.length > 0) {
    const fileOf = ({ key, before, after }: RawRecord): PendingFile => ({
      // Git may store other bytes than the disk has (line ends); a run knows those of the disk.
      content: new Set([after?.id ?? null, ...(after === null || dirty.has(key) ? [] : onDisk(key))]),
      head: before?.id ?? null,
    });
    return { from: "index", files: new Map(staged.map((record) => [record.key, fileOf(record)])) };
  }
  const untracked = await git(place, ["ls-files", "--others", "--exclude-standard", "-z"]);
  const known = unstaged.map(({ key, before }): [PathKey, PendingFile] => [
    key,
    { content: new Set(onDisk(key)), head: before?.id ?? null },
  ]);
  const added = splitKeys(untracked).map((key): [PathKey, PendingFile] => {
    // A repository inside is one name with "/" behind it.
    const path = key.replace(/\/$/, "");
    return [path, { content: new Set(path === key ? onDisk(key) : []), head: null }];
  });
  return { from: "work tree", files: new Map([...known, ...added].sort(([one], [two]) => (one < two ? -1 : 1))) };
}

/** Also where there is no commit yet. */
async function rawDiff(place: Place, more: readonly string[]): Promise<RawRecord[]> {
  const plain = ["--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv"];
  return parseRecords(await git(place, ["diff", ...more, ...plain]));
}

async function git(place: Place, args: readonly string[]): Promise<Buffer> {
  const done = await gitOfUser(place, args);
  if (done.exitCode === 0) return done.stdout;
  throw new AskCodexError("failed", `what would be committed is not known: ${explain(args[0] ?? "", done)}`);
}
