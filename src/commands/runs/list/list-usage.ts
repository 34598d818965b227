import type { Io } from "../../../cli/define.ts";
import type { BriefRun } from "./brief-run.ts";
import { findRuns, type Wanted } from "./find-runs.ts";
import { renderUsage } from "./render-usage.ts";
import { toldByEvents } from "./told-by-events.ts";
import { usageReport } from "./usage-report.ts";

/** Rows of each table where nobody says a number: four tables must stay small. */
const SHOWN = 8;

/** Prints what the runs used, of all that match: `limit` is only how many rows each table has (0: all). */
export async function listUsage(
  home: string,
  about: { workspace: string | undefined; wanted: Wanted; limit?: number; json: boolean },
  io: Io,
): Promise<number> {
  const { workspace, wanted, limit = SHOWN } = about;
  const { runs } = await findRuns(home, { workspace, wanted, limit: 0 });
  const report = usageReport(runs.map(counted));
  io.stdout.write(
    about.json
      ? `${JSON.stringify(report)}\n`
      : renderUsage(report, { workspace, limit: limit === 0 ? Number.POSITIVE_INFINITY : limit }),
  );
  return 0;
}

function counted(run: BriefRun): BriefRun {
  if (run.tokens !== null) return run;
  const { tokens, model } = toldByEvents(run.record);
  return { ...run, tokens: tokens ?? null, model: run.model ?? model ?? null };
}
