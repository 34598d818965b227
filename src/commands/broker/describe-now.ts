import type { RunNow } from "../../run/read-now.ts";
import { describeLogged } from "./describe-logged.ts";

/** What goes on, in words, and for how long. */
export interface Doing {
  what: string;
  forMs: number;
}

/** What a run that has not ended does at this moment. */
export function describeNow(now: RunNow, clockMs: number): Doing {
  const step = now.open.at(-1);
  const which = now.isReview ? "second turn: " : "";
  if (step) {
    const what = `${which}${describeLogged(step.event) ?? step.key}${besides(now)}`;
    return { what, forMs: since(step.event.at, clockMs) };
  }
  return { what: `${which}${between(now)}`, forMs: since(now.at, clockMs) };
}

/** Between two steps the model is at work, or we are. */
function between(now: RunNow): string {
  if (now.phase === "opening") return now.at === undefined ? "starting Codex" : "preparing the turn";
  if (now.phase === "settling") return "auditing and checking what the turn changed";
  return `waiting for the model${after(now)}`;
}

const after = (now: RunNow): string =>
  now.lastFile === undefined
    ? now.lastText === undefined
      ? ""
      : `, which said: ${now.lastText}`
    : `; last edited ${now.lastFile}`;

const besides = (now: RunNow): string => (now.open.length > 1 ? ` (and ${now.open.length - 1} more)` : "");

const since = (at: string | undefined, clockMs: number): number =>
  at === undefined ? 0 : Math.max(0, clockMs - Date.parse(at));
