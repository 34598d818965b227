import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

const MAX_BYTES = 8 * 1024 * 1024;

/** A small file, or undefined when there is none that can be read; a pipe in its place, which would never end, is none. */
export function readSmall(path: string | Buffer): Buffer | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = fstatSync(file);
    if (!stat.isFile()) return undefined;
    const bytes = Buffer.alloc(Math.min(stat.size, MAX_BYTES));
    const read = readSync(file, bytes, 0, bytes.length, 0);
    return bytes.subarray(0, read);
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
