import type { RunStatus } from "../../../core/record.ts";

/** What a queued run waits for, in a few words; `timeOf` says a time. */
export function waitingText(
  { for: what, ahead, until }: NonNullable<RunStatus["waiting"]>,
  timeOf: (at: string) => string = minuteOf,
): string {
  if (what === "quota") return until === null ? "parked" : `parked until ${timeOf(until)}`;
  return ahead === null ? "waits for its place" : `${ahead} before it`;
}

/** `2026-11-21 18:40Z`; what is no time is said as it is. */
export function minuteOf(at: string): string {
  const ms = Date.parse(at);
  return Number.isNaN(ms) ? at : `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")}Z`;
}

/** The same where room is scarce: without the year, and without the day where it is this one (UTC). */
export function shortMinuteOf(at: string, clockMs: number): string {
  const today = new Date(clockMs).toISOString().slice(0, "2026-11-21 ".length - 1);
  const text = minuteOf(at);
  return text.startsWith(today) ? text.slice(today.length + 1) : text.replace(/^\d{4}-/, "");
}
