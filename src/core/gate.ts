import * as z from "zod";
import { Owner } from "./request.ts";

/** One window of an account's quota as it was last told; `resets_at` is null where nobody said when it begins anew. */
export const QuotaWindow = z.strictObject({
  used_percent: z.number().min(0).max(100),
  resets_at: z.iso.datetime().nullable(),
  window_minutes: z.number().nullable(),
});
export type QuotaWindow = z.infer<typeof QuotaWindow>;

/** quota/<sha256 of the Codex home, 12>.json: what was last heard of the quota of the account that is logged in there. */
export const QuotaCache = z.strictObject({
  version: z.literal(1),
  codex_home: z.string(),
  /** When the windows were told; the epoch where they never were. */
  at: z.iso.datetime(),
  /** A run told them in passing, or the account was asked. */
  source: z.enum(["run", "read"]),
  primary: QuotaWindow.nullable(),
  secondary: QuotaWindow.nullable(),
  /** When the account was last asked in vain, and why: it is not asked again at once. */
  unanswered: z.strictObject({ at: z.iso.datetime(), why: z.string() }).nullable(),
});
export type QuotaCache = z.infer<typeof QuotaCache>;

/** A point in time that a clock which is set anew does not move: the milliseconds since the machine's start. */
export const Moment = z.strictObject({ at: z.iso.datetime(), uptime_ms: z.number(), boot_id: z.string() });
export type Moment = z.infer<typeof Moment>;

/** breaker/<n>.json: the n-th state of a workspace's circuit breaker; the highest number counts. */
export const BreakerState = z.strictObject({
  version: z.literal(1),
  fatal_in_a_row: z.int().min(0),
  /** Since when nothing is started; null: it is closed. */
  opened: Moment.nullable(),
  /** The one run that is let through to see whether Codex works again, and the process that claimed it. */
  trial: z.strictObject({ run_id: z.string(), since: Moment, by: Owner }).nullable(),
  /** The last fatal runs, the newest last. */
  last: z.array(z.strictObject({ run_id: z.string(), at: z.string(), reason: z.string() })),
});
export type BreakerState = z.infer<typeof BreakerState>;
