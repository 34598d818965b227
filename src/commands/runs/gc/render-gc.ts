import { shortLine } from "../../../core/one-line.ts";
import { oneLinePath } from "../../render-receipt.ts";
import type { GcReport } from "./carry-out.ts";

const MAX_NAMED = 8;
const REASON_CHARS = 200;

/** Counts, and by name only what was not removed. */
export function renderGc(report: GcReport): string {
  const named = (word: string, list: GcReport["left"]) => [
    ...list
      .slice(0, MAX_NAMED)
      .map(({ path, reason }) => `[${word}] ${oneLinePath(path)}: ${shortLine(reason, REASON_CHARS)}`),
    ...(list.length > MAX_NAMED ? [`… and ${list.length - MAX_NAMED} more; --json names all of them`] : []),
  ];
  const would = report.dry_run ? "would_" : "";
  return [
    `gc=${report.dry_run ? "dry-run" : report.failed.length > 0 ? "partial" : "done"}`,
    `older_than=${report.older_than_days}d`,
    `keep=${report.keep}`,
    `${would}remove${would ? "" : "d"}_runs=${report.removed_runs.length}`,
    `${would}drop${would ? "" : "ped"}_refs=${report.dropped_refs.length}`,
    `${would}remove${would ? "" : "d"}_sessions=${report.removed_sessions.length}`,
    `${would}remove${would ? "" : "d"}_tmp=${report.removed_tmp.length}`,
    `${would}remove${would ? "" : "d"}_leftovers=${report.removed_leftovers.length}`,
    `kept_runs=${report.kept_runs}`,
    ...named("FAILED", report.failed),
    ...named("LEFT", report.left),
    "",
  ].join("\n");
}
