import type { Case } from "./cases.ts";

/** A promise that did not hold: what was promised, and what was found instead. */
export class Unmet extends Error {
  readonly expected: string;
  readonly found: string;

  constructor(expected: string, found: unknown) {
    const text = typeof found === "string" ? found : (JSON.stringify(found) ?? String(found));
    super(`expected ${expected}; found ${text}`);
    this.name = "Unmet";
    this.expected = expected;
    this.found = text;
  }
}

/** Throws what was found where a promise does not hold. */
export function hold(holds: boolean, expected: string, found: unknown): asserts holds {
  if (!holds) throw new Unmet(expected, found);
}

/** How a case ended. */
export interface Outcome {
  one: Case;
  /** `left out`: this machine can't do it. */
  word: "ok" | "FAILED" | "left out";
  seconds: number;
  /** Where it was in the case, what was expected and what was found. */
  problem?: { step: string; expected: string; found: string };
  /** The world of the case, if it was left. */
  kept?: string;
}
