import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ZodType } from "zod";
import { redact } from "../core/redact.ts";
import { attempt } from "../sys/files.ts";
import { makeOnce } from "../sys/lasting-files.ts";
import { toJson } from "./create-record.ts";
import { listDir, parseIfThere } from "./record.ts";

/** The numbers of the files `<n>.json` in a directory, from the lowest on; whatever else lies there is nobody's. */
export function numbersIn(dir: string): number[] {
  return listDir(dir)
    .flatMap((name) => (NUMBERED.test(name) ? [Number.parseInt(name, 10)] : []))
    .sort((one, two) => one - two);
}

const NUMBERED = /^[1-9]\d{0,14}\.json$/;

/** The highest of them, 0 where there is none. */
export const latestNumber = (dir: string): number => numbersIn(dir).at(-1) ?? 0;

/** So many states are kept behind the one that counts. */
const KEPT = 8;

/** Of many processes that write at once each is beaten by those before it; every try costs one flush of the disk. */
export const TRIES = 1_000;

export const numberedPath = (dir: string, number: number): string => join(dir, `${number}.json`);

/**
 * Puts the next state into a directory that is there, behind the number that was seen, and says whether nobody was
 * faster: each state is a file with the next number, which one process can make, so that no lock can be left behind. Old
 * states go; what does not parse by `schema` is not ours, and is left where it lies.
 */
export function putNumbered<State extends object>(
  dir: string,
  seen: number,
  next: State,
  schema: ZodType<State>,
): boolean {
  if (!makeOnce(numberedPath(dir, seen + 1), redact(toJson(next)))) return false;
  // Whoever was held up since its look may have made a file anew that had been removed as an old one: the one before
  // it is removed first, so that this can be seen.
  const isStale = seen === 0 ? latestNumber(dir) > KEPT : !existsSync(numberedPath(dir, seen));
  if (isStale) return false;
  attempt(() => removeOld(dir, seen + 1, schema));
  return true;
}

function removeOld(dir: string, number: number, schema: ZodType): void {
  for (const old of numbersIn(dir).filter((one) => one < number - KEPT)) {
    const path = numberedPath(dir, old);
    if (attempt(() => parseIfThere(path, schema)) !== undefined) rmSync(path, { force: true });
  }
}
