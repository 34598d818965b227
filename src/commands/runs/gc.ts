import { dirname } from "node:path";
import { stateHome, temporaryDir } from "../../sys/paths.ts";
import { carryOut } from "./gc/carry-out.ts";
import { planGc } from "./gc/plan-gc.ts";
import { renderGc } from "./gc/render-gc.ts";
import { surveyRecords } from "./gc/survey-records.ts";
import type { Verb } from "./verb.ts";

const DEFAULT_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Removes the records of runs that are long over, and lets go of what their repositories keep for undo. */
export const gc: Verb = {
  takes: "nothing",
  usage: "codex_runs gc [--older-than DAYS] [--dry-run]",
  options: ["older-than", "dry-run"],
  examples: [["codex_runs gc --older-than 14 --dry-run", "which records of ended runs would be removed"]],
  async run(flags, io) {
    const home = stateHome(io.env);
    const now = new Date();
    const olderThanDays = flags["older-than"] ?? DEFAULT_DAYS;
    const limit = now.getTime() - olderThanDays * DAY_MS;
    const dryRun = flags["dry-run"] ?? false;
    const survey = await surveyRecords(home, dirname(temporaryDir(home, "r")), !dryRun);
    const known = new Set(survey.runs.map((run) => run.id));
    const report = await carryOut(planGc(survey, limit, Math.max(limit, now.getTime() - DAY_MS)), {
      dryRun,
      olderThanDays,
      limit,
      known,
      env: io.env,
    });
    const code = report.failed.length > 0 ? 1 : 0;
    io.stdout.write(flags.json ? `${JSON.stringify({ ...report, exit_code: code })}\n` : renderGc(report));
    return code;
  },
};
