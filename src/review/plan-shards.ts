import { dirname } from "node:path";
import type { Omitted } from "../core/review.ts";
import type { Change } from "./list-changes.ts";

export interface ShardRules {
  /** Bytes of diff in one part. */
  shardBytes: number;
  maxShards: number;
}

export interface Shards {
  shards: Change[][];
  /** What was too much for all of them. */
  omitted: Omitted[];
}

/** A list of more is no list that anybody works through. */
const MAX_FILES = 200;

/**
 * Divides a change into parts by file, each within the budget; a file that is larger by itself is a part by itself. What
 * lies in one directory stays together where it fits, and directories that are neighbours come together. Pure.
 */
export function planShards(changes: readonly Change[], { shardBytes, maxShards }: ShardRules): Shards {
  const shards: Change[][] = [];
  const fits = (shard: readonly Change[], more: readonly Change[]): boolean =>
    shard.length + more.length <= MAX_FILES && sizeOf(shard) + sizeOf(more) <= shardBytes;
  for (const group of byDirectory(changes)) {
    const last = shards.at(-1);
    if (last && fits(last, group)) last.push(...group);
    else if (fits([], group)) shards.push([...group]);
    else
      for (const change of group) {
        const open = shards.at(-1);
        if (open && fits(open, [change])) open.push(change);
        else shards.push([change]);
      }
  }
  const why = `it is beyond the ${maxShards} parts of a review; name it with --path, or make the parts larger`;
  const beyond = shards.slice(maxShards).flat();
  return {
    shards: shards.slice(0, maxShards),
    omitted: beyond.map(({ file, bytes }) => ({ file, bytes, why })),
  };
}

/** Its name has to be told, too. */
const sizeOf = (changes: readonly Change[]): number =>
  changes.reduce((sum, { file, bytes }) => sum + bytes + file.length, 0);

function byDirectory(changes: readonly Change[]): Change[][] {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const directory = dirname(change.file);
    const group = groups.get(directory);
    if (group) group.push(change);
    else groups.set(directory, [change]);
  }
  return [...groups].sort(([one], [two]) => (one < two ? -1 : 1)).map(([, group]) => group);
}
