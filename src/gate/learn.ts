import type { RunEvent } from "../core/event.ts";
import { QuotaCache } from "../core/gate.ts";
import type { Receipt } from "../core/record.ts";
import type { RunRequest } from "../core/request.ts";
import { classifyError } from "../run/classify-error.ts";
import { parseIfThere } from "../run/record.ts";
import { resetOfText } from "../run/reset-of-text.ts";
import { attempt } from "../sys/files.ts";
import { countEnd } from "./breaker.ts";
import { isTelling } from "./breaker-state.ts";
import { afterUsageLimit, mergeTold, NO_WINDOWS, type Windows } from "./merge-quota.ts";
import { writeQuota } from "./quota.ts";
import { codexHomeOf, quotaPath } from "./quota-place.ts";

type Limits = Extract<RunEvent, { type: "limits" }>;

/** What a run that is over tells the gates before the next start: how full its account is, and whether Codex works here. */
export function learnFromRun(
  home: string,
  request: RunRequest,
  receipt: Receipt,
  limits: Limits | undefined,
  env: NodeJS.ProcessEnv,
): void {
  const now = new Date();
  // A home that is full or gone keeps no run from ending.
  attempt(() => learnQuota(home, receipt, limits, env, now));
  attempt(() => {
    if (isTelling(receipt.verdict))
      countEnd(
        home,
        request.workspace,
        { runId: receipt.run_id, verdict: receipt.verdict, reason: receipt.reason },
        now,
      );
  });
}

function learnQuota(
  home: string,
  receipt: Receipt,
  limits: Limits | undefined,
  env: NodeJS.ProcessEnv,
  now: Date,
): void {
  const isLimit = isUsageLimit(receipt);
  if (limits === undefined && !isLimit) return;
  const codexHome = codexHomeOf(env);
  const path = quotaPath(home, codexHome);
  const cache = parseIfThere(path, QuotaCache);
  // One from after now was written before the clock was set back.
  const before: Windows = cache && Date.parse(cache.at) <= now.getTime() ? cache : NO_WINDOWS;
  const told = limits === undefined ? {} : { primary: limits, secondary: limits.secondary };
  const merged = mergeTold(before, told, now.getTime());
  // The only word on it where the service told no windows, and with the exec engine always.
  const { resetText = "" } = classifyError({ message: receipt.reason });
  const resets = resetOfText(resetText, now)?.toISOString() ?? null;
  const { primary, secondary } = isLimit ? afterUsageLimit(merged, told, resets) : merged;
  writeQuota(path, {
    version: 1,
    codex_home: codexHome,
    at: now.toISOString(),
    source: "run",
    primary,
    secondary,
    unanswered: null,
  });
}

/** The receipt has the classifier's words for it, which are asked for here and not repeated. */
function isUsageLimit({ verdict, reason }: Receipt): boolean {
  const words = classifyError({ message: "-", code: "usageLimitExceeded" }).reason.split(":")[0] ?? "";
  return verdict === "fatal" && reason.startsWith(words);
}
