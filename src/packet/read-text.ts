import { closeSync, openSync, readSync, statSync } from "node:fs";
import { errorCode, usageError } from "../core/errors.ts";
import { fileReason } from "../sys/files.ts";
import { fault } from "./fault.ts";
import { shownPath } from "./shown-path.ts";

/** More than any packet, plan or specification that a person wrote, and as much as Codex takes. */
export const MAX_TEXT_BYTES = 1024 * 1024;

/** The text of a file that a person wrote, checked before it is read: a file, small, UTF-8, without a NUL. */
export function readText(path: string, what: string, maxBytes: number = MAX_TEXT_BYTES): string {
  const bytes = readBytes(path, what, maxBytes);
  try {
    return plainText(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), path);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw usageError(`the ${what} ${shownPath(path)} is not UTF-8 text`, "save it as UTF-8");
  }
}

/** Text without its byte order mark; a NUL in it is refused, because nothing behind it would reach Codex. */
export function plainText(text: string, path: string): string {
  const at = text.indexOf("\0");
  if (at >= 0) throw fault(path, text.slice(0, at).split("\n").length, "there is a NUL character", "remove it");
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

function readBytes(path: string, what: string, maxBytes: number): Uint8Array {
  const name = `the ${what} ${shownPath(path)}`;
  try {
    const stats = statSync(path);
    if (!stats.isFile())
      throw usageError(`${name} is ${stats.isDirectory() ? "a directory" : "no file"}`, "name a text file");
    if (stats.size > maxBytes) throw tooBig(name, stats.size, maxBytes);
    const bytes = readUpTo(path, maxBytes + 1);
    if (bytes.length > maxBytes) throw tooBig(name, bytes.length, maxBytes);
    return bytes;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    throw usageError(`${name} can't be read: ${fileReason(error)}`, "name a text file");
  }
}

const tooBig = (name: string, bytes: number, maxBytes: number) =>
  usageError(
    `${name} has ${bytes} bytes, over the ${maxBytes} that it may have`,
    "put the material into files of its own and name them in it",
  );

/** A file may grow while it is read, and some (below /proc) have no size at all: so much and no more. */
function readUpTo(path: string, limit: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  const file = openSync(path, "r");
  try {
    for (let left = limit; left > 0; ) {
      const chunk = new Uint8Array(Math.min(left, 65_536));
      const read = readSync(file, chunk, 0, chunk.length, null);
      if (read === 0) break;
      chunks.push(chunk.subarray(0, read));
      left -= read;
    }
  } finally {
    closeSync(file);
  }
  return Buffer.concat(chunks);
}
