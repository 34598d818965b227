import type { Limits } from "../core/request.ts";

/** The longest grace window; a shorter limit gets one as long as itself. */
const MAX_GRACE_MS = 300_000;

export type ClockName = "total" | "idle";

export interface Clock {
  /** Something came from Codex. */
  activity(now: number): void;
  /** A command runs or none does: a long build is no silence. */
  commandRunning(running: boolean, now: number): void;
  /** Stops both clocks while a person is being asked. */
  pause(now: number): void;
  resume(now: number): void;
  /** What is due at `now`: nothing, the one grace window opens, or the run must end. */
  check(now: number): { fired: "none" } | { fired: "grace" | "end"; clock: ClockName; graceMs: number };
  /** When `check` may have something to say next; Infinity when no clock runs. */
  nextAt(): number;
}

/**
 * The two clocks of a run, total and idle. The first that fires opens the one grace window; whatever fires after
 * that ends the run. Pure but for its own state: time comes in as an argument, in milliseconds.
 */
export function createClock(limits: Limits, startedAt: number): Clock {
  const totalMs = limits.totalMs || Number.POSITIVE_INFINITY;
  const idleMs = limits.idleMs || Number.POSITIVE_INFINITY;
  let totalAt = startedAt + totalMs;
  let lastActivity = startedAt;
  let idleGrace = 0;
  let graceUsed = false;
  let running = false;
  let pausedAt: number | undefined;

  const idleAt = () => (running ? Number.POSITIVE_INFINITY : lastActivity + idleMs + idleGrace);
  const activity = (now: number) => {
    lastActivity = now;
    idleGrace = 0;
  };

  return {
    activity,
    commandRunning(now_running, now) {
      if (running && !now_running) activity(now);
      running = now_running;
    },
    pause(now) {
      pausedAt ??= now;
    },
    resume(now) {
      if (pausedAt === undefined) return;
      totalAt += now - pausedAt;
      pausedAt = undefined;
      activity(now);
    },
    nextAt: () => (pausedAt === undefined ? Math.min(totalAt, idleAt()) : Number.POSITIVE_INFINITY),
    check(now) {
      const clock: ClockName | undefined = now >= totalAt ? "total" : now >= idleAt() ? "idle" : undefined;
      if (pausedAt !== undefined || clock === undefined) return { fired: "none" };
      const graceMs = Math.min(clock === "total" ? totalMs : idleMs, MAX_GRACE_MS);
      if (graceUsed) return { fired: "end", clock, graceMs };
      graceUsed = true;
      if (clock === "total") totalAt = now + graceMs;
      else idleGrace = now - lastActivity - idleMs + graceMs;
      return { fired: "grace", clock, graceMs };
    },
  };
}
