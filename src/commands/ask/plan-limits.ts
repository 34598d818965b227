import { usageError } from "../../core/errors.ts";
import type { Limits } from "../../core/request.ts";
import type { Draft } from "../../packet/draft.ts";

const DEFAULT_HOLD_S = 900;

/** The limits of a run, from what was said of it. */
export const planLimits = (values: Draft, env: NodeJS.ProcessEnv): Limits => ({
  totalMs: toMs(values.timeoutS ?? 0),
  idleMs: toMs(values.idleTimeoutS ?? 0),
  maxSteps: values.maxSteps ?? 0,
  holdMs: holdMs(env.ASK_CODEX_QUESTION_TIMEOUT),
  checkMs: toMs(values.verifyTimeoutS ?? 0),
});

const toMs = (seconds: number): number => Math.round(seconds * 1000);

/** How long a question keeps its turn open: 15 minutes, or the seconds that ASK_CODEX_QUESTION_TIMEOUT says. */
function holdMs(named: string | undefined): number {
  if (named === undefined || named === "") return toMs(DEFAULT_HOLD_S);
  const held = Number(named);
  if (!Number.isFinite(held) || held <= 0 || held > 86_400)
    throw usageError(`ASK_CODEX_QUESTION_TIMEOUT is ${named}, not a number of seconds up to a day`, "unset it for 900");
  return toMs(held);
}
