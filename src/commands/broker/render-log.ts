import type { LogEntry, LoggedRun } from "./read-log.ts";

const STRING_CHARS = 400;

/**
 * The last lines of a log as text, its runs under headings, which count as lines; with `maxBytes` without the oldest
 * that would be too much.
 */
export function renderLog(runs: readonly LoggedRun[], maxLines: number, maxBytes = Number.POSITIVE_INFINITY): string {
  const lines: string[] = [];
  let bytes = 0;
  for (const { runId, entries } of runs.toReversed()) {
    const shown: string[] = [];
    let day = "";
    for (const entry of entries.toReversed()) {
      const text = entryLine(entry);
      const headings = maxLines === 1 ? 0 : 1;
      if (lines.length + shown.length + headings >= maxLines) break;
      if (bytes + Buffer.byteLength(text) + HEADING_BYTES > maxBytes) break;
      bytes += Buffer.byteLength(text);
      shown.unshift(text);
      day = dayOf(entry);
    }
    if (shown.length === 0 && entries.length > 0) break;
    if (shown.length > 0) lines.unshift(...(maxLines === 1 ? [] : [heading(runId, day)]), ...shown);
    bytes += HEADING_BYTES;
    if (shown.length < entries.length) break;
  }
  return lines.join("");
}

/** `== r-20261121-051103-k7qz 2026-11-21 UTC ==` */
export const heading = (runId: string, day: string): string => `== ${runId} ${day} UTC ==\n`;
const HEADING_BYTES = Buffer.byteLength(heading("r-20261121-051103-k7qz", "2026-11-21"));

export const entryLine = ({ at, text }: LogEntry): string => `${at.slice(11, 19)} ${text}\n`;
export const dayOf = ({ at }: LogEntry): string => at.slice(0, 10);

/** The events themselves, with the run of each; with `maxBytes` their texts are cut, and the oldest left out. */
export function eventsJson(runs: readonly LoggedRun[], maxBytes = Number.POSITIVE_INFINITY): string {
  const told: string[] = [];
  let left = maxBytes - FRAME_BYTES;
  const events = runs.flatMap(({ runId, entries }) =>
    entries.flatMap(({ event }) => (event ? [{ run_id: runId, ...event }] : [])),
  );
  for (const event of events.toReversed()) {
    const text = JSON.stringify(event, Number.isFinite(maxBytes) ? shortened : undefined);
    left -= Buffer.byteLength(text) + 1;
    if (left < 0 && told.length > 0) break;
    told.unshift(text);
  }
  return `{"events":[${told.join(",")}]}\n`;
}

const FRAME_BYTES = 16;

const shortened = (_key: string, value: unknown): unknown =>
  typeof value === "string" && value.length > STRING_CHARS ? `${value.slice(0, STRING_CHARS - 1)}…` : value;
