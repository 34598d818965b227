import type { LimitWindow } from "../core/event.ts";
import { QuotaWindow } from "../core/gate.ts";

/** Both windows of a quota. */
export interface Windows {
  primary: QuotaWindow | null;
  secondary: QuotaWindow | null;
}

/** What Codex says of them; absent or null: not a word, and not that there is none. */
export interface ToldWindows {
  primary?: LimitWindow | null | undefined;
  secondary?: LimitWindow | null | undefined;
}

export const NO_WINDOWS: Windows = { primary: null, secondary: null };

/** Two ends of the same window may be told so far apart: Codex counts them from its own clock. */
const SAME_MS = 120_000;
/** A window so full may be what stopped a run by a usage limit. */
const FULL = 90;

/**
 * What is known after a run told its limits. A window that it did not mention stays, and one and the same window never
 * gets emptier: another run may have told more since.
 */
export const mergeTold = (before: Windows, told: ToldWindows, now: number): Windows => ({
  primary: mergeWindow(before.primary, told.primary, now),
  secondary: mergeWindow(before.secondary, told.secondary, now),
});

function mergeWindow(
  before: QuotaWindow | null,
  told: LimitWindow | null | undefined,
  now: number,
): QuotaWindow | null {
  const next = toQuotaWindow(told);
  if (next === null || before === null) return next ?? before;
  if (before.resets_at === null || Date.parse(before.resets_at) <= now) return next;
  if (next.resets_at !== null && Math.abs(Date.parse(next.resets_at) - Date.parse(before.resets_at)) > SAME_MS)
    return next;
  return {
    used_percent: Math.max(before.used_percent, next.used_percent),
    resets_at: next.resets_at ?? before.resets_at,
    window_minutes: next.window_minutes ?? before.window_minutes,
  };
}

/**
 * The windows after a run that a usage limit ended: the one that is full is full to the brim. Where none is, it was a
 * limit that has no window (credits, a cap), until `resets` where that was said (ISO) and else until nobody knows when.
 */
export function afterUsageLimit(windows: Windows, told: ToldWindows, resets: string | null): Windows {
  const fill = (name: keyof Windows): QuotaWindow | null => {
    const window = windows[name];
    return window !== null && isFull(told[name]) ? { ...window, used_percent: 100 } : window;
  };
  if (isFull(told.primary) || isFull(told.secondary)) return { primary: fill("primary"), secondary: fill("secondary") };
  return { ...windows, primary: { used_percent: 100, resets_at: resets, window_minutes: null } };
}

const isFull = (told: LimitWindow | null | undefined): boolean => (told?.usedPercent ?? 0) >= FULL;

/** A window as it is kept: in percent from 0 to 100, and with a reset only where that is a time. */
export function toQuotaWindow(told: LimitWindow | null | undefined): QuotaWindow | null {
  if (!told || told.usedPercent === null) return null;
  const resets = told.resetsAt === null ? null : new Date(told.resetsAt * 1000);
  return (
    QuotaWindow.safeParse({
      used_percent: Math.min(100, Math.max(0, told.usedPercent)),
      resets_at: resets === null || Number.isNaN(resets.getTime()) ? null : resets.toISOString(),
      window_minutes: told.windowMinutes,
    }).data ?? null
  );
}
