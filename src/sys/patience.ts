const TICKS = 10;

/**
 * Calls back when nothing was heard for a time in which we listened: a process that was stopped, or busy itself, finds
 * what came meanwhile before its patience ends. Returns what calls it off.
 */
export function startPatience(ms: number, atEnd: () => void): () => void {
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
    if (ticks < TICKS) return;
    clearInterval(timer);
    atEnd();
  }, ms / TICKS);
  return () => clearInterval(timer);
}
