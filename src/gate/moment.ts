import { uptime } from "node:os";
import type { Moment } from "../core/gate.ts";
import { currentOwner } from "../sys/owner.ts";

/** `now` as a moment of this machine; a time that lies ahead or behind is so far from the machine's present one. */
export const momentAt = (now: Date): Moment => ({
  at: now.toISOString(),
  uptime_ms: Math.round(uptime() * 1000 + now.getTime() - Date.now()),
  boot_id: currentOwner().bootId,
});

/** Of two processes one may have looked at the clock before the other and come to write after it. */
const APART_MS = 60_000;

/**
 * The milliseconds that went by for certain. Within one boot the machine's own count tells; over a reboot its clock
 * does, and at least the time since the boot. A clock that was set back tells nothing: then it is long ago.
 */
export function elapsedMs(since: Moment, now: Moment): number {
  const counted = now.uptime_ms - since.uptime_ms;
  // Windows has no boot ids: a count that began anew is another boot.
  if (since.boot_id === now.boot_id && counted > -APART_MS) return Math.max(0, counted);
  const byClock = Date.parse(now.at) - Date.parse(since.at);
  return byClock < -APART_MS ? Number.POSITIVE_INFINITY : Math.max(0, byClock, now.uptime_ms);
}
