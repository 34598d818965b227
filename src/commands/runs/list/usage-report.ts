import type { Tokens } from "../../../core/event.ts";
import type { BriefRun } from "./brief-run.ts";

/** Tokens of some runs; `unknown` of the `runs` are not in the sums, for nobody has counted theirs. */
export interface Sum {
  runs: number;
  unknown: number;
  tokens: Tokens;
}

export type Group<Key extends string> = Record<Key, string | null> & Sum;

/** What was used, from four sides; each list has the latest first, `models` the most used. Days are UTC. */
export interface UsageReport {
  total: Sum;
  runs: (Pick<BriefRun, "run_id" | "state" | "verdict" | "model" | "session_id" | "tokens"> & { goal: string })[];
  sessions: (Group<"session_id"> & { last_run_id: string; goal: string })[];
  days: Group<"day">[];
  models: Group<"model">[];
}

/** Adds up runs that stand with the newest first. One that can't be read counts as unknown. Pure. */
export function usageReport(runs: readonly BriefRun[]): UsageReport {
  const sessions = [...groupBy(runs, (run) => run.session_id)];
  const models = [...groupBy(runs, (run) => run.model)];
  return {
    total: sumOf(runs),
    runs: runs.map(({ run_id, state, verdict, model, session_id, tokens, goal }) => ({
      run_id,
      state,
      verdict,
      model,
      session_id,
      tokens,
      goal,
    })),
    sessions: sessions.map(([session_id, its]) => ({
      session_id,
      last_run_id: its[0]?.run_id ?? "",
      // What a session is about stands in its first run.
      goal: its.at(-1)?.goal ?? "",
      ...sumOf(its),
    })),
    days: [...groupBy(runs, (run) => run.created_at?.slice(0, "2026-11-21".length) ?? null)].map(([day, its]) => ({
      day,
      ...sumOf(its),
    })),
    models: models
      .map(([model, its]) => ({ model, ...sumOf(its) }))
      .sort((one, two) => allOf(two.tokens) - allOf(one.tokens)),
  };
}

const allOf = ({ input, output }: Tokens): number => input + output;

function groupBy(runs: readonly BriefRun[], keyOf: (run: BriefRun) => string | null): Map<string | null, BriefRun[]> {
  const groups = new Map<string | null, BriefRun[]>();
  for (const run of runs) {
    const group = groups.get(keyOf(run));
    if (group) group.push(run);
    else groups.set(keyOf(run), [run]);
  }
  return groups;
}

function sumOf(runs: readonly BriefRun[]): Sum {
  const sum: Sum = { runs: runs.length, unknown: 0, tokens: { input: 0, cached: 0, output: 0 } };
  for (const { tokens } of runs) {
    if (tokens === null) {
      sum.unknown++;
      continue;
    }
    sum.tokens.input += tokens.input;
    sum.tokens.cached += tokens.cached;
    sum.tokens.output += tokens.output;
  }
  return sum;
}
