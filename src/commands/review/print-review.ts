import { resolve } from "node:path";
import type { Io } from "../../cli/define.ts";
import { packageVersion } from "../../cli/main.ts";
import { usageError } from "../../core/errors.ts";
import type { ReviewResult } from "../../core/review.ts";
import { acknowledgePrinted } from "../../inbox/acknowledge-printed.ts";
import { renderReview } from "../../review/render-review.ts";
import type { ReviewPlan } from "../../review/review-plan.ts";
import { toSarif } from "../../review/to-sarif.ts";
import { writeOutput } from "../../run/answer-file.ts";
import { readReceipt } from "../../run/record.ts";
import { attempt } from "../../sys/files.ts";
import { runDir } from "../../sys/paths.ts";
import { checkOutput } from "../ask/locate.ts";
import type { ReviewFlags } from "./flags.ts";

type Output = Pick<ReviewFlags, "json" | "sarif">;

/** Claude Code cuts long output to its first 2 KB; what does not fit is in the file. */
const STDOUT_BYTES = 8_000;

const ID_LINE = /^review_id=.*\n/;

/** Whether stdout is one object, and everything else goes to stderr. */
export const saysOnlyOne = ({ json, sarif }: Output): boolean => json === true || sarif === "-";

/** That the file can be written is checked before anything starts. */
export function checkSarif({ json, sarif }: Output, io: Io): void {
  if (sarif === undefined) return;
  if (sarif !== "-") checkOutput(resolve(io.cwd, sarif));
  else if (json)
    throw usageError("--json and --sarif - both want stdout for themselves", "write the SARIF into a file");
}

/** Prints a review; the exit code is its own. */
export function printReview(result: ReviewResult, { json, sarif }: Output, io: Io): number {
  const log = sarif === undefined ? undefined : `${JSON.stringify(toSarif(result, packageVersion()), null, 2)}\n`;
  if (log !== undefined && sarif !== undefined && sarif !== "-") writeOutput(checkOutput(resolve(io.cwd, sarif)), log);
  if (log !== undefined && sarif === "-") io.stdout.write(log);
  // Its id was said when it was started, or asked for.
  else io.stdout.write(json ? `${JSON.stringify(result)}\n` : renderReview(result, STDOUT_BYTES).replace(ID_LINE, ""));
  return result.exit_code;
}

/** Nothing was started, and nothing is wrong. */
export function printNothing(why: string, { json, sarif }: Output, io: Io): number {
  const text = `nothing to review: ${why}`;
  if (sarif === "-") io.stderr.write(`${text}\n`);
  else io.stdout.write(json ? `${JSON.stringify({ review: "nothing", reason: why, exit_code: 0 })}\n` : `${text}\n`);
  return 0;
}

/** Whom the runs are for has read them with the review; the inbox need not tell of each. */
export async function acknowledgeRuns(home: string, plan: ReviewPlan, io: Io): Promise<void> {
  for (const { run_id: runId } of plan.runs) {
    const dir = runDir(home, plan.workspace, runId);
    const receipt = attempt(() => readReceipt(dir));
    if (receipt) await acknowledgePrinted({ dir, receipt, env: io.env }, io.stdout);
  }
}
