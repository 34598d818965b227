import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { errorCode } from "../core/errors.ts";
import { fileError } from "./files.ts";

const LF = 10;
const BLOCK_BYTES = 64 * 1024;
/** A line that is longer is left out: nobody reads it, and memory stays flat. */
const LINE_BYTES = 4 * 1024 * 1024;

/** A stretch of a file that another process adds lines to. */
interface Block {
  bytes: Buffer;
  /** Where it begins. */
  from: number;
}

/** The lines in the last `maxBytes` of a file, oldest first; none when it is not there. A line that is cut, or not finished yet, is none. */
export function lastLines(path: string, maxBytes = BLOCK_BYTES): string[] {
  const block = readBlock(path, (size) => Math.max(0, size - maxBytes), maxBytes);
  if (!block) return [];
  const begin = block.from === 0 ? 0 : block.bytes.indexOf(LF) + 1;
  return splitLines(block.bytes.subarray(begin, block.bytes.lastIndexOf(LF) + 1));
}

/** The first line of a file, where it is no longer than `maxBytes`. */
export function firstLine(path: string, maxBytes = BLOCK_BYTES): string | undefined {
  const block = readBlock(path, () => 0, maxBytes);
  const end = block?.bytes.indexOf(LF) ?? -1;
  return end < 0 ? undefined : block?.bytes.subarray(0, end).toString("utf8");
}

/** The beginning of a file as text, or undefined when it is not there; a character that the cut parts is replaced. */
export const headOf = (path: string, maxBytes: number): string | undefined =>
  readBlock(path, () => 0, maxBytes)?.bytes.toString("utf8");

/** Where the last whole line of a file ends; 0 when there is none. */
export function endOfLines(path: string): number {
  for (let end = Number.POSITIVE_INFINITY; end > 0; ) {
    const block = readBlock(path, (size) => Math.max(0, Math.min(size, end) - BLOCK_BYTES), BLOCK_BYTES);
    if (!block) return 0;
    const at = block.bytes.lastIndexOf(LF);
    if (at >= 0) return block.from + at + 1;
    end = block.from;
  }
  return 0;
}

/** The lines of a file backwards from its end, or from the place `before`, as many as are asked for, whatever its size. */
export function* linesFromEnd(path: string, before = Number.POSITIVE_INFINITY): Generator<string> {
  let parts: Buffer[] = [];
  let held = 0;
  let whole = false;
  for (let end = before; end > 0; ) {
    const block = readBlock(path, (size) => Math.max(0, Math.min(size, end) - BLOCK_BYTES), BLOCK_BYTES);
    if (!block || block.bytes.length === 0) return;
    let bytes = end === Number.POSITIVE_INFINITY ? block.bytes : block.bytes.subarray(0, end - block.from);
    for (let at = bytes.lastIndexOf(LF); at >= 0; at = bytes.lastIndexOf(LF)) {
      // What stands behind the last line end is not finished yet.
      if (whole && held + bytes.length - at - 1 <= LINE_BYTES) yield joined([bytes.subarray(at + 1), ...parts]);
      parts = [];
      held = 0;
      whole = true;
      bytes = bytes.subarray(0, at);
    }
    held += bytes.length;
    parts = held <= LINE_BYTES ? [bytes, ...parts] : [];
    end = block.from;
  }
  if (whole && held > 0 && held <= LINE_BYTES) yield joined(parts);
}

/** The lines that came behind the place `from`, and the place behind them; none when the file is gone. */
export function linesSince(path: string, from: number): { lines: string[]; at: number } {
  const block = readBlock(path, () => from, LINE_BYTES);
  if (!block) return { lines: [], at: from };
  const end = block.bytes.lastIndexOf(LF) + 1;
  if (end === 0) return { lines: [], at: block.bytes.length === LINE_BYTES ? from + LINE_BYTES : from };
  return { lines: splitLines(block.bytes.subarray(0, end)), at: from + end };
}

function readBlock(path: string, start: (size: number) => number, maxBytes: number): Block | undefined {
  return withFile(path, (file) => {
    const { size } = fstatSync(file);
    const from = start(size);
    const bytes = Buffer.alloc(Math.max(0, Math.min(maxBytes, size - from)));
    let read = 0;
    while (read < bytes.length) {
      const more = readSync(file, bytes, read, bytes.length - read, from + read);
      if (more === 0) break;
      read += more;
    }
    return { bytes: bytes.subarray(0, read), from };
  });
}

function withFile<Result>(path: string, act: (file: number) => Result): Result | undefined {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
    throw fileError("read", path, error);
  }
  try {
    return act(file);
  } finally {
    closeSync(file);
  }
}

const joined = (parts: readonly Buffer[]): string => Buffer.concat(parts).toString("utf8");

const splitLines = (bytes: Buffer): string[] => {
  const lines: string[] = [];
  let from = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, from)) {
    if (at > from) lines.push(bytes.subarray(from, at).toString("utf8"));
    from = at + 1;
  }
  return lines;
};
