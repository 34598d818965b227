import { type Finding, type ReviewResult, SEVERITIES, type Severity } from "../../core/review.ts";
import type { GateSettings } from "./gate-settings.ts";
import type { GateRound } from "./gate-store.ts";

/** What becomes of a stop. `why` is told to the user; null: there is nothing to tell. */
export type GateDecision =
  | { stop: "allow"; why: string | null }
  | { stop: "block"; findings: readonly Finding[]; round: number };

/** A turn at the moment of its stop. */
export interface TurnNow {
  settings: GateSettings;
  /** Claude goes on because a Stop hook held it up before. */
  again: boolean;
  rounds: readonly GateRound[];
  /** Tokens of the session's reviews so far. */
  spent: number;
  /** The working tree as it is. */
  tree: string;
}

const allow = (why: string | null): GateDecision => ({ stop: "allow", why });

/** Whether the turn is looked at by Codex at all: undefined is yes. Pure. */
export function decideBefore({ settings, again, rounds, spent, tree }: TurnNow): GateDecision | undefined {
  const last = rounds.at(-1);
  if (again && last === undefined)
    return allow("this stop was held up by something else, and nothing is kept of a review before it");
  if (last?.tree === tree) {
    if (last.held_by.length === 0) return allow(null);
    return allow(`stagnated: nothing was changed after round ${rounds.length}, and ${open(last.held_by.length)}`);
  }
  if (rounds.length >= settings.rounds)
    return allow(
      `the limit of ${settings.rounds} ${settings.rounds === 1 ? "round" : "rounds"} is reached; what was changed after the last one is not reviewed`,
    );
  if (settings.tokens > 0 && spent >= settings.tokens)
    return allow(`the session's budget is used up: ${spent} of ${settings.tokens} tokens`);
  return undefined;
}

/**
 * Whether a review holds the stop up: only findings that were read, of the named severity or worse, in the lines that were
 * changed, in files of this turn; and only while they become fewer. Pure.
 */
export function decideAfter(result: ReviewResult, changed: ReadonlySet<string>, turn: TurnNow): GateDecision {
  if (result.review === "approve") return allow(null);
  if (result.review !== "findings") return allow(`the review is ${result.review}: ${result.reason}`);
  const findings = holding(result, changed, turn.settings.severity);
  if (findings.length === 0) return allow(null);
  const before = turn.rounds.at(-1)?.held_by ?? [];
  const still = new Set(findings.map(({ id }) => id));
  if (before.length > 0 && before.every((id) => still.has(id)))
    return allow(
      `stagnated: round ${turn.rounds.length + 1} found again all that round ${turn.rounds.length} had found, and ${open(findings.length)}`,
    );
  return { stop: "block", findings, round: turn.rounds.length + 1 };
}

/** The findings that count, worst first. */
export function holding(result: ReviewResult, changed: ReadonlySet<string>, least: Severity): Finding[] {
  const rank = (severity: Severity) => SEVERITIES.indexOf(severity);
  return result.findings
    .filter(({ state, place, file }) => state !== "waived" && place === "change" && file !== null && changed.has(file))
    .filter(({ severity }) => rank(severity) <= rank(least))
    .sort((one, two) => rank(one.severity) - rank(two.severity));
}

const open = (count: number): string => `${count} ${count === 1 ? "finding is" : "findings are"} still open`;
