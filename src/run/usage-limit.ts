import type { Receipt } from "../core/record.ts";
import { classifyError } from "./classify-error.ts";
import { resetOfText } from "./reset-of-text.ts";
import type { TurnState } from "./turn-state.ts";

/**
 * What the turn told of the account's usage limit. Where the limit itself ended the turn and no figures came (without
 * headers, and with exec always), Codex's words for the reset are all there is.
 */
export function usageLimitOf({ usageLimit, ended, lastError }: TurnState, now: Date): Receipt["usage_limit"] {
  const error = ended?.error ?? lastError;
  const { resetText } = error ? classifyError(error) : {};
  const said = resetText === undefined ? null : (resetOfText(resetText, now)?.toISOString() ?? null);
  if (usageLimit === undefined) return said === null ? undefined : { used_percent: null, resets_at: said };
  const { usedPercent, resetsAt } = usageLimit;
  return { used_percent: usedPercent, resets_at: resetsAt === null ? said : new Date(resetsAt * 1000).toISOString() };
}
