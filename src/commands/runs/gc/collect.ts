import { dirname } from "node:path";
import type { Io } from "../../../cli/define.ts";
import { keptThreads } from "../../../engine/find-thread.ts";
import { stateHome, temporaryDir } from "../../../sys/paths.ts";
import type { Flags } from "../verb.ts";
import { carryOut } from "./carry-out.ts";
import { findLeftovers } from "./find-leftovers.ts";
import { planGc } from "./plan-gc.ts";
import { renderGc } from "./render-gc.ts";
import { surveyRecords } from "./survey-records.ts";

const DEFAULT_DAYS = 30;
const DEFAULT_KEEP = 200;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Looks through the state home, removes what is not needed any more, and says what that was. */
export async function collect(flags: Flags, io: Io): Promise<number> {
  const home = stateHome(io.env);
  const now = Date.now();
  const olderThanDays = flags["older-than"] ?? DEFAULT_DAYS;
  const keep = flags.keep ?? DEFAULT_KEEP;
  const limit = now - olderThanDays * DAY_MS;
  const dryRun = flags["dry-run"] ?? false;
  const survey = await surveyRecords(home, dirname(temporaryDir(home, "r")), !dryRun);
  const known = new Set(survey.runs.map((run) => run.id));
  const threads = keptThreads(io.env);
  const plan = planGc(survey, {
    endedSince: limit,
    undeliveredSince: now - DEFAULT_DAYS * DAY_MS,
    touchedSince: Math.max(limit, now - DAY_MS),
    keep,
    hasThread: (id) => threads.has(id),
  });
  const leftovers = await findLeftovers(home, new Set(plan.runs.map((run) => run.id)), now);
  const report = await carryOut(plan, { dryRun, olderThanDays, keep, limit, leftovers, known, env: io.env });
  const code = report.failed.length > 0 ? 1 : 0;
  io.stdout.write(flags.json ? `${JSON.stringify({ ...report, exit_code: code })}\n` : renderGc(report));
  return code;
}
