import { join } from "node:path";
import * as z from "zod";
import { shortLine } from "../../core/one-line.ts";
import { eventsPath, type LoggedEvent, parseEvent } from "../../run/event-log.ts";
import { readIfThere } from "../../sys/files.ts";
import { endOfLines, linesFromEnd } from "../../sys/growing-file.ts";
import { describeLogged } from "./describe-logged.ts";

/** What a line of a log is made of; `event` is missing where the record tells the end of the run. */
export interface LogEntry {
  at: string;
  text: string | undefined;
  event?: LoggedEvent;
}

/** A run's log as far as it was read, oldest first. */
export interface LoggedRun {
  runId: string;
  entries: LogEntry[];
  /** How far the file of its events was read, and whether its end was. */
  readTo: number;
  ended: boolean;
}

/**
 * The last `count` entries over the runs of a session, read backwards and no further than needed. `wanted` says which
 * count; a run whose folder is gone has none.
 */
export function readLog(
  runs: readonly { runId: string; dir: string }[],
  count: number,
  wanted: (entry: LogEntry) => boolean,
): LoggedRun[] {
  const found: LoggedRun[] = [];
  let left = count;
  for (const { runId, dir } of runs.toReversed()) {
    if (left === 0) break;
    const read = readRunLog(dir, left, wanted);
    left -= read.entries.length;
    found.unshift({ runId, ...read });
  }
  return found;
}

function readRunLog(dir: string, count: number, wanted: (entry: LogEntry) => boolean): Omit<LoggedRun, "runId"> {
  // The end is looked for first: when it is there, all of the events are.
  const end = endOfRun(dir);
  const path = eventsPath(dir);
  const readTo = endOfLines(path);
  const entries = end && wanted(end) ? [end] : [];
  for (const line of linesFromEnd(path, readTo)) {
    if (entries.length >= count) break;
    const entry = entryOf(line);
    if (entry && wanted(entry)) entries.unshift(entry);
  }
  return { entries, readTo, ended: end !== undefined };
}

/** A line of events.jsonl as an entry, or undefined when it is none. */
export function entryOf(line: string): LogEntry | undefined {
  const event = parseEvent(line);
  return event && { at: event.at, text: describeLogged(event), event };
}

const END_CHARS = 160;
const Ended = z.looseObject({ verdict: z.string(), reason: z.string(), ended_at: z.string() });

/** How a run ended, as the last entry of its log; no event says it. */
export function endOfRun(dir: string): LogEntry | undefined {
  try {
    const { verdict, reason, ended_at: at } = Ended.parse(JSON.parse(readIfThere(join(dir, "result.json")) ?? ""));
    return { at, text: shortLine(`${verdict}: ${reason}`, END_CHARS) };
  } catch {
    return undefined;
  }
}
