import type { Tokens } from "../../../core/event.ts";
import { oneLine, shortLine } from "../../../core/one-line.ts";
import { oneLinePath } from "../../render-receipt.ts";
import { columns } from "./columns.ts";
import type { Sum, UsageReport } from "./usage-report.ts";

const GOAL_CHARS = 28;
const UNKNOWN = "unknown";

/** Four small tables, each with at most `limit` rows, and the sum of all; counts that nobody has are `unknown`, never 0. */
export function renderUsage(report: UsageReport, about: { workspace: string | undefined; limit: number }): string {
  const { total } = report;
  if (total.runs === 0)
    return about.workspace === undefined ? "no such runs\n" : `no such runs in ${oneLinePath(about.workspace)}\n`;
  const table = <Row>(head: string, rows: readonly Row[], cells: (row: Row) => string[]): string[] => {
    const shown = rows.slice(0, about.limit);
    const heads = [head, "in", "cached", "out", "of"];
    const lines = columns([heads, ...shown.map(cells)], [1, 2, 3]).map((line) => line.trimEnd());
    return [...lines, ...(rows.length > shown.length ? [`and ${rows.length - shown.length} more`] : []), ""];
  };
  return [
    ...table("day (UTC)", report.days, (day) => [day.day ?? UNKNOWN, ...sumCells(day)]),
    ...table("model", report.models, (one) => [oneLine(one.model ?? "not known"), ...sumCells(one)]),
    ...table("session", report.sessions, (one) => [
      // Whole: threads of the same minute begin alike.
      one.session_id ?? "none",
      ...sumCells(one, shortLine(one.goal, GOAL_CHARS)),
    ]),
    ...table("run", report.runs, (run) => [
      run.run_id,
      ...tokenCells(run.tokens),
      `${run.verdict ?? run.state} ${shortLine(run.goal, GOAL_CHARS)}`,
    ]),
    `tokens=${total.unknown === total.runs ? UNKNOWN : tokensText(total.tokens)}`,
    `runs=${total.runs}`,
    ...(total.unknown > 0 ? [`not_counted=${total.unknown}`] : []),
    "",
  ].join("\n");
}

const tokenCells = (tokens: Tokens | null): string[] =>
  tokens === null ? [UNKNOWN, "-", "-"] : [tokens.input, tokens.cached, tokens.output].map(String);

function sumCells({ runs, unknown, tokens }: Sum, about?: string): string[] {
  const counted = `${runs} run${runs === 1 ? "" : "s"}${unknown > 0 ? `, ${unknown} not counted` : ""}`;
  return [...tokenCells(unknown === runs ? null : tokens), about === undefined ? counted : `${counted}: ${about}`];
}

const tokensText = ({ input, cached, output }: Tokens): string => `in:${input} cached:${cached} out:${output}`;
