import { AskCodexError } from "../../core/errors.ts";

/** Rejects when a signal says so, for a race with work that hears of no signal. Nobody has to listen to it. */
export function endedBy(signal: AbortSignal): Promise<never> {
  const ended = new Promise<never>((_, reject) => {
    const end = () => reject(new AskCodexError("timeout", "Codex did not answer in time"));
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
  ended.catch(() => {});
  return ended;
}
