import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { messageOf } from "../core/errors.ts";
import { createRedactStream } from "../run/redact-stream.ts";
import { type CappedLog, openCappedLog } from "../sys/capped-log.ts";

const EVENTS_CAP = 64 * 1024 * 1024;
const RAW_CAP = 64 * 1024 * 1024;
const STDERR_CAP = 4 * 1024 * 1024;
/** A line that goes on for longer is searched in pieces. */
const LINE_CHARS = 64 * 1024;

/** The three files of a record that grow while the run lives. What is written to the first two is a whole line without a secret. */
export interface RunLogs {
  events: CappedLog;
  raw: CappedLog;
  /** Takes text as it comes and keeps back what is not a whole line yet: half a secret is none that anybody knows. */
  stderr: CappedLog;
  onFailure: (reason: string) => void;
  /** Runs a write; the first that fails (a full disk) ends the run with its reason. */
  guard(write: () => void): void;
  close(): void;
}

export function openRunLogs(dir: string): RunLogs {
  let failed = false;
  const logs: RunLogs = {
    events: openCappedLog(join(dir, "events.jsonl"), EVENTS_CAP),
    raw: openCappedLog(join(dir, "raw.jsonl"), RAW_CAP),
    stderr: openTextLog(join(dir, "stderr.log")),
    onFailure: () => {},
    guard(write) {
      if (failed) return;
      try {
        write();
      } catch (error) {
        failed = true;
        logs.onFailure(messageOf(error));
      }
    },
    close() {
      for (const log of [logs.events, logs.raw, logs.stderr]) logs.guard(() => log.close());
    },
  };
  return logs;
}

function openTextLog(path: string): CappedLog {
  const log = openCappedLog(path, STDERR_CAP);
  const clean = createRedactStream();
  let begun = "";
  const add = (text: string) => {
    if (text.trimEnd() !== "") log.write(text.trimEnd());
  };
  // A colour in the middle of a secret would hide it from us, and half a colour code is none.
  const push = (text: string) => add(clean.push(Buffer.from(stripVTControlCharacters(text), "utf8")));
  return {
    write(text) {
      begun += text;
      const end = begun.length > LINE_CHARS ? begun.length : begun.lastIndexOf("\n") + 1;
      if (end > 0) push(begun.slice(0, end));
      begun = begun.slice(end);
    },
    close() {
      push(begun);
      begun = "";
      add(clean.end());
      log.close();
    },
  };
}
