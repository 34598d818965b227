import type { Case } from "./cases.ts";
import type { Outcome } from "./outcome.ts";
import { type CaseOptions, runCase } from "./run-case.ts";

/** Carries the cases out, so many side by side; the outcomes are in the order of the cases. */
export async function runCases(
  cases: readonly Case[],
  options: CaseOptions & { jobs: number; onEnd?: (outcome: Outcome) => void },
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let next = 0;
  const takeCases = async (): Promise<void> => {
    for (let at = next++; at < cases.length; at = next++) {
      const one = cases[at];
      options.signal.throwIfAborted();
      if (one === undefined) return;
      const outcome = await runCase(one, options);
      outcomes[at] = outcome;
      options.onEnd?.(outcome);
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: options.jobs }, takeCases));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return outcomes;
}
