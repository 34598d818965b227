const MAX_TICK_MS = 30_000;

/**
 * Rings once when nothing has happened for a time, by whichever clock says so first: the machine may have slept, which
 * only the one counts, or its clock been set back, which only the other ignores. With 0 it never rings.
 */
export function createIdleClock(idleMs: number, ring: () => void): { stop(): void } {
  const since = { wall: Date.now(), monotonic: performance.now() };
  let timer: NodeJS.Timeout | undefined;
  const tick = () => {
    const passed = Math.max(Date.now() - since.wall, performance.now() - since.monotonic);
    if (passed >= idleMs) ring();
    else timer = setTimeout(tick, Math.min(idleMs - passed, MAX_TICK_MS));
  };
  if (idleMs > 0) timer = setTimeout(tick, Math.min(idleMs, MAX_TICK_MS));
  return { stop: () => clearTimeout(timer) };
}
