import type { QuotaCache, QuotaWindow } from "../core/gate.ts";
import type { QuotaFinding } from "../core/request.ts";

/** What is younger need not be asked again. */
const FRESH_MS = 10 * 60_000;
/** How long a window is believed that does not say when it begins anew. */
const ENDLESS_MS = 15 * 60_000;
/** Clocks of one machine agree; what comes from a later time was written before the clock was set back. */
const AHEAD_MS = 60_000;
/** No quota lasts longer: a reset beyond it is none. */
const FAR_MS = 366 * 24 * 3_600_000;

export interface Judgement {
  finding: QuotaFinding;
  /** At or over the gate. */
  closed: boolean;
  /** Good enough to go by without asking the account. */
  settled: boolean;
}

export const UNKNOWN: QuotaFinding = {
  known: false,
  window: null,
  used_percent: null,
  resets_at: null,
  forced: false,
};

const NAMES = ["primary", "secondary"] as const;

interface Seen {
  window: (typeof NAMES)[number];
  used: number;
  resets: number | null;
}

/** What is known of the quota at `now`, held against the gate (percent). Pure. */
export function judgeQuota(cache: QuotaCache | undefined, gate: number, now: number): Judgement {
  const seen = cache === undefined ? [] : NAMES.flatMap((name) => seenNow(name, cache, now));
  const over = seen.filter(({ used }) => used >= gate);
  // Of several that are over, the one that keeps the gate closed longest; under it, the one that comes nearest.
  const told = over.toSorted((one, two) => lasts(two) - lasts(one))[0] ?? seen.toSorted((a, b) => b.used - a.used)[0];
  return {
    finding: told === undefined ? UNKNOWN : toFinding(told),
    closed: over.length > 0,
    settled: over.length > 0 || isRecent(cache?.at, now) || isRecent(cache?.unanswered?.at, now),
  };
}

const lasts = ({ resets }: Seen): number => resets ?? Number.POSITIVE_INFINITY;

function seenNow(window: Seen["window"], cache: QuotaCache, now: number): Seen[] {
  const last = cache[window];
  const at = Date.parse(cache.at);
  if (last === null || at > now + AHEAD_MS) return [];
  const resets = resetOf(last, now);
  if (resets !== null && resets <= now) return [{ window, used: 0, resets: null }];
  if (resets === null && now - at > ENDLESS_MS) return [];
  return [{ window, used: last.used_percent, resets }];
}

function resetOf({ resets_at }: QuotaWindow, now: number): number | null {
  const resets = resets_at === null ? Number.NaN : Date.parse(resets_at);
  return Number.isNaN(resets) || resets > now + FAR_MS ? null : resets;
}

function isRecent(at: string | undefined, now: number): boolean {
  const age = at === undefined ? Number.NaN : now - Date.parse(at);
  return age >= -AHEAD_MS && age < FRESH_MS;
}

const toFinding = ({ window, used, resets }: Seen): QuotaFinding => ({
  known: true,
  window,
  used_percent: used,
  resets_at: resets === null ? null : new Date(resets).toISOString(),
  forced: false,
});
