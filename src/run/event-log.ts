import { join } from "node:path";
import * as z from "zod";

/** A line of events.jsonl: when, and a RunEvent of this version or of another one. */
export const LoggedEvent = z.looseObject({ at: z.string(), type: z.string() });
export type LoggedEvent = z.infer<typeof LoggedEvent>;

export const eventsPath = (dir: string): string => join(dir, "events.jsonl");

/** A line of a log, or undefined for one that is none of ours: half a line, or the note on what went over the cap. */
export function parseEvent(line: string): LoggedEvent | undefined {
  try {
    return LoggedEvent.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
