import { FAULTS, POINTS } from "./cases.ts";
import type { Outcome } from "./outcome.ts";

/** Points by faults, as Markdown that lines up in a terminal too; what was not run has an empty cell. */
export function renderTable(outcomes: readonly Outcome[]): string {
  const faults = FAULTS.filter((fault) => outcomes.some(({ one }) => one.fault === fault));
  const points = POINTS.filter((point) => outcomes.some(({ one }) => one.point === point));
  const cellOf = (point: string, fault: string) => {
    const outcome = outcomes.find(({ one }) => one.point === point && one.fault === fault);
    if (outcome === undefined) return "";
    return outcome.word === "left out" ? outcome.word : `${outcome.word} ${outcome.seconds.toFixed(1)} s`;
  };
  const lines = [
    ["point", ...faults],
    ...points.map((point) => [point, ...faults.map((fault) => cellOf(point, fault))]),
  ];
  const widths = ["", ...faults].map((_, at) => Math.max(...lines.map((cells) => cells[at]?.length ?? 0)));
  const show = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  const [head = [], ...body] = lines;
  return [show(head), rule, ...body.map(show)].join("\n");
}

/** What a person needs of a case that failed: expected, found, and where its world is. */
export function renderProblem({ one, problem, kept }: Outcome): string {
  return [
    `${one.point}/${one.fault} FAILED at: ${problem?.step}`,
    `  expected  ${problem?.expected}`,
    `  found     ${problem?.found}`,
    ...(kept === undefined ? [] : [`  kept in   ${kept}`]),
  ].join("\n");
}

/** The whole of stdout: the table, what failed, and the count in the last line. */
export function renderCampaign(outcomes: readonly Outcome[]): string {
  const failed = outcomes.filter(({ word }) => word === "FAILED");
  const ran = outcomes.filter(({ word }) => word !== "left out");
  const parts = [renderTable(outcomes), ...failed.map(renderProblem)];
  return `${parts.join("\n\n")}\n\n${ran.length - failed.length} of ${ran.length} cases held\n`;
}
