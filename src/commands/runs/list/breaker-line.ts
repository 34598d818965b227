import { shortLine } from "../../../core/one-line.ts";
import type { BreakerView } from "../../../gate/breaker.ts";
import { minuteOf } from "./waiting-text.ts";

const REASON_CHARS = 80;

/** The breaker of the workspace where it is worth a line: not closed, or a file of it can't be read. */
export function breakerLine(view: BreakerView | null): string | undefined {
  if (view === null) return undefined;
  const { state, fatal_in_a_row: count, until, last, problem } = view;
  if (state === "closed") return problem === undefined ? undefined : `breaker=closed: ${problem}`;
  const why = shortLine(last.at(-1)?.reason ?? "", REASON_CHARS);
  const when = until === null ? "" : ` until ${minuteOf(until)}`;
  return `breaker=${state}${when}: ${count} fatal in a row${why === "" ? "" : ` (${why})`}`;
}
