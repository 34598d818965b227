import type { Verb } from "./verb.ts";

/**
 * Removes the records of runs that are long over and not among the newest, and lets go of what their repositories keep
 * for undo. What lives, waits, can still be resumed or was not read stays.
 */
export const gc: Verb = {
  takes: "nothing",
  usage: "codex_runs gc [--keep N] [--older-than DAYS] [--dry-run]",
  options: ["keep", "older-than", "dry-run"],
  examples: [["codex_runs gc --keep 50 --older-than 14 --dry-run", "which records of ended runs would be removed"]],
  run: async (flags, io) => (await import("./gc/collect.ts")).collect(flags, io),
};
