import { closeSync, openSync, writeSync } from "node:fs";
import { errorCode } from "../core/errors.ts";
import { redact } from "../core/redact.ts";
import { fileError } from "../sys/files.ts";
import { createRedactStream } from "./redact-stream.ts";

/** What is kept of a check's output: its beginning as it comes, and its end, which has the result. */
export const HEAD_BYTES = 6 * 1024 * 1024;
export const END_BYTES = 2 * 1024 * 1024;
export const TAIL_CHARS = 2_000;

/** The file that a check's output goes to. It never throws before `close`: a full disk must not end what reads the pipe. */
export interface CheckLog {
  push(chunk: Buffer): void;
  /** Writes the end, gives back the last characters, and throws what could not be written. */
  close(): string;
}

/**
 * Memory stays flat however much a check prints, and what is left out in the middle costs nothing: it is not even
 * looked at for secrets. Throws when the file can't be made or is there already.
 */
export function openCheckLog(path: string): CheckLog {
  const file = openNew(path);
  const head = createRedactStream();
  const end = createEndBuffer(END_BYTES);
  let room = HEAD_BYTES;
  let tail = "";
  let failure: unknown;
  const write = (text: string) => {
    tail = (tail + text).slice(-2 * TAIL_CHARS);
    try {
      const bytes = Buffer.from(text, "utf8");
      for (let at = 0; at < bytes.length && failure === undefined; ) at += writeSync(file, bytes, at);
    } catch (error) {
      failure ??= error;
    }
  };
  return {
    push(chunk) {
      const part = chunk.subarray(0, room);
      room -= part.length;
      if (part.length > 0) write(head.push(part));
      if (part.length < chunk.length) end.push(chunk.subarray(part.length));
    },
    close() {
      const { leftOut, bytes } = end.take();
      if (leftOut === 0) write(head.push(bytes) + head.end());
      else {
        write(head.end(true));
        write(`\n[ask-codex: about ${leftOut} bytes left out here]\n`);
        write(redact(withoutHalves(bytes.toString("utf8"))));
      }
      closeSync(file);
      if (failure !== undefined) throw errorCode(failure) === undefined ? failure : fileError("write", path, failure);
      return wholeCharacters(tail.slice(-TAIL_CHARS));
    },
  };
}

function openNew(path: string): number {
  try {
    return openSync(path, "wx", 0o600);
  } catch (error) {
    throw fileError("create", path, error);
  }
}

/** Text that begins anywhere: its first line may be half a secret, and what stands before the end of a key block is one. */
function withoutHalves(text: string): string {
  const line = text.indexOf("\n");
  const whole = line >= 0 && line < text.length / 2 ? text.slice(line + 1) : text.slice(text.search(/\s|$/));
  const key = /-----(BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/.exec(whole);
  return key?.[1] === "END" ? whole.slice(key.index + key[0].length) : whole;
}

const wholeCharacters = (text: string): string => (/^[\uDC00-\uDFFF]/.test(text) ? text.slice(1) : text);

/** The last `size` bytes of a stream, in two halves that take turns: no byte is moved twice. */
function createEndBuffer(size: number) {
  let older: Buffer[] = [];
  let newer: Buffer[] = [];
  let newerBytes = 0;
  let total = 0;
  return {
    push(chunk: Buffer): void {
      total += chunk.length;
      newerBytes += chunk.length;
      newer.push(chunk);
      if (newerBytes < size) return;
      older = newer;
      newer = [];
      newerBytes = 0;
    },
    take(): { leftOut: number; bytes: Buffer } {
      const bytes = Buffer.concat([...older, ...newer]).subarray(-size);
      return { leftOut: total - bytes.length, bytes };
    },
  };
}
