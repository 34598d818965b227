import { closeSync, openSync, writeSync } from "node:fs";
import { errorCode } from "../core/errors.ts";
import { fileError } from "./files.ts";

/** A file that lines are added to while the run lives (`tail -f` works); what goes over the cap is counted, not kept. */
export interface CappedLog {
  write(line: string): void;
  /** Writes the note on what was left out, if anything was. */
  close(): void;
}

/**
 * Synchronous on purpose: memory stays flat however fast lines come, and a full disk is met at the line that meets
 * it. Lines come at the pace of a model, deltas excluded.
 */
export function openCappedLog(path: string, maxBytes: number): CappedLog {
  let file: number;
  try {
    file = openSync(path, "a", 0o600);
  } catch (error) {
    throw fileError("open", path, error);
  }
  let written = 0;
  let dropped = 0;
  let closed = false;
  const append = (line: string) => {
    try {
      const bytes = Buffer.from(`${line}\n`, "utf8");
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      written += bytes.length;
    } catch (error) {
      if (errorCode(error) !== undefined) throw fileError("write", path, error);
      throw error;
    }
  };
  return {
    write(line) {
      if (closed) return;
      if (written + line.length > maxBytes) dropped++;
      else append(line);
    },
    close() {
      if (closed) return;
      try {
        if (dropped > 0) append(JSON.stringify({ dropped_lines: dropped, reason: `over ${maxBytes} bytes` }));
      } finally {
        closed = true;
        closeSync(file);
      }
    },
  };
}
