import { join } from "node:path";
import { explain, type Failure, failed, gitInStore, gitOfUser, type StorePlace } from "./git.ts";
import { parseIndex } from "./parse-index.ts";
import { bytesOf, type PathKey, placeOf, splitKeys } from "./path-key.ts";
import { readSmall } from "./read-small.ts";
import { isOn, type Repository } from "./repository.ts";
import { type ConvertedEntry, entryOf, type TreeEntry, type UserIndex } from "./user-index.ts";
import { configHome, expandHome } from "./user-paths.ts";

/**
 * The files that differ from their blobs although they are clean, because git converts them on the way: line ends,
 * `$Id$`, encodings, filters (Git LFS). Nothing is asked where nothing in the repository speaks of conversion.
 */
export async function findConverted(
  place: StorePlace,
  repository: Repository,
  index: UserIndex,
  bytes: Buffer,
): Promise<Map<PathKey, ConvertedEntry> | Failure> {
  const kinds = readSources(place, repository, index);
  if (!kinds.lines && !kinds.programs) return new Map();
  const entries = new Map<PathKey, ConvertedEntry>();
  parseIndex(bytes, repository.objectFormat, (entry) => {
    if (entry.special || entry.size() === 0) return;
    const [mtimeSec, mtimeNsec] = entry.modified();
    entries.set(entry.path(), { ...entryOf(entry), size: entry.size(), mtimeSec, mtimeNsec });
  });
  const [sizes, filtered] = await Promise.all([
    blobSizes(place, entries),
    kinds.programs ? filteredPaths(place, entries) : new Set<PathKey>(),
  ]);
  if (failed(sizes)) return sizes;
  if (failed(filtered)) return filtered;
  let at = 0;
  for (const [key, entry] of entries) {
    // The index keeps 32 bits of a size.
    const same = sizes[at++] === entry.size && !filtered.has(key);
    if (same) entries.delete(key);
  }
  return entries;
}

async function blobSizes(place: StorePlace, entries: ReadonlyMap<PathKey, TreeEntry>): Promise<number[] | Failure> {
  const asked = Buffer.from([...entries.values()].map((entry) => `${entry.id}\n`).join(""), "latin1");
  const args = ["cat-file", "--buffer", "--batch-check=%(objectsize)"];
  const told = await gitInStore(place, args, { input: [asked] });
  if (told.exitCode !== 0) return { failure: explain("cat-file", told) };
  // "ID missing" for what a partial clone does not have: no number, so it is read.
  const lines = told.stdout.toString("latin1").split("\n");
  return lines.map((line) => Number(line) % 2 ** 32);
}

/** By the attributes of the user's repository, which may be in its info/ or in the user's home. */
async function filteredPaths(
  place: StorePlace,
  entries: ReadonlyMap<PathKey, TreeEntry>,
): Promise<Set<PathKey> | Failure> {
  const asked = bytesOf([...entries.keys()].map((key) => `${key}\0`).join(""));
  const args = ["check-attr", "-z", "--stdin", "filter", "working-tree-encoding"];
  const told = await gitOfUser(place, args, { input: [asked] });
  if (told.exitCode !== 0) return { failure: explain("check-attr", told) };
  const found = new Set<PathKey>();
  const fields = splitKeys(told.stdout);
  for (let at = 0; at + 2 < fields.length; at += 3)
    if (!/^(unspecified|unset)$/.test(fields[at + 2] ?? "")) found.add(fields[at] ?? "");
  return found;
}

interface Kinds {
  /** Conversions that can't keep the size of what they change: line ends and $Id$. */
  lines: boolean;
  /** Filters and encodings, which can. */
  programs: boolean;
}

const LINES = /(?:^|\s)(text|eol|crlf|ident)(?:=|\s|$)/m;
const PROGRAMS = /(?:^|\s)(filter|working-tree-encoding)(?:=|\s|$)/m;

function readSources({ workspace, env }: StorePlace, { commonDir, config }: Repository, index: UserIndex): Kinds {
  const texts = [
    join(commonDir, "info", "attributes"),
    expandHome(config.get("core.attributesfile"), env) ?? join(configHome(env), "git", "attributes"),
    ...["/etc", "/usr/local/etc", "/opt/homebrew/etc"].map((etc) => join(etc, "gitattributes")),
    placeOf(workspace, ".gitattributes"),
  ].map((place) => readText(place) ?? "");
  for (const key of index.attributeFiles) {
    // One that is not there is taken from the index by git, and may say anything.
    if (!index.skipped.has(key)) texts.push(readText(placeOf(workspace, key)) ?? "* text filter");
  }
  const autocrlf = isOn(config, "core.autocrlf", false) || /^input$/i.test(config.get("core.autocrlf") ?? "");
  return {
    lines: autocrlf || texts.some((text) => LINES.test(text)),
    programs: texts.some((text) => PROGRAMS.test(text)),
  };
}

const readText = (place: string | Buffer): string | undefined => readSmall(place)?.toString("latin1");
