import { shortLine } from "../core/one-line.ts";
import { breakerView } from "../gate/breaker.ts";
import { type Check, finding, ok } from "./check.ts";

const REASON_CHARS = 120;

/** Whether the circuit breaker of the workspace lets a run through. */
export const checkBreaker: Check = {
  id: "breaker",
  title: "Circuit breaker",
  run({ home, workspace, now, self }) {
    const { state, fatal_in_a_row: count, until, last, problem } = breakerView(home(), workspace, now);
    const why = shortLine(last.at(-1)?.reason ?? "", REASON_CHARS);
    const cure = `${self("codex_runs")} list`;
    if (state === "open")
      return finding("fail", `open until ${until}: ${count} fatal runs in a row, the last: ${why}`, cure);
    if (state === "half-open")
      return finding("warn", `half-open: the next run tries whether Codex works again (${why})`, cure);
    if (problem !== undefined) return finding("warn", `closed: ${problem}`, cure);
    return ok(count === 0 ? "closed" : `closed, after ${count} fatal in a row`);
  },
};
