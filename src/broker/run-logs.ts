import { join } from "node:path";
import { messageOf } from "../core/errors.ts";
import { type CappedLog, openCappedLog } from "../sys/capped-log.ts";

const EVENTS_CAP = 64 * 1024 * 1024;
const RAW_CAP = 64 * 1024 * 1024;
const STDERR_CAP = 4 * 1024 * 1024;

/** The three files of a record that grow while the run lives. */
export interface RunLogs {
  events: CappedLog;
  raw: CappedLog;
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
    stderr: openCappedLog(join(dir, "stderr.log"), STDERR_CAP),
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
