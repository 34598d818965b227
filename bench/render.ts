import type { Row } from "./row.ts";

const HEADS: Record<keyof Row, string> = {
  name: "what",
  ours: "ours",
  theirs: "theirs",
  value: "ratio or value",
  goal: "goal",
  met: "met",
};
const COLUMNS = ["name", "ours", "theirs", "value", "goal", "met"] as const;

/** The table as Markdown that lines up in a terminal too. */
export function renderTable(rows: readonly Row[]): string {
  const lines = [HEADS, ...rows].map((row) => COLUMNS.map((column) => row[column]));
  const widths = COLUMNS.map((_, at) => Math.max(...lines.map((cells) => cells[at]?.length ?? 0)));
  const show = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  const [head = [], ...body] = lines;
  return [show(head), rule, ...body.map(show)].join("\n");
}

export interface Facts {
  date: Date;
  node: string;
  codex: string;
  cores: number;
  rounds: number;
  skipStream: boolean;
}

/** bench/RESULTS.md: the table and what is needed to read it. The machine is named by its cores only. */
export function renderResults(rows: readonly Row[], facts: Facts): string {
  const { date, node, codex, cores, rounds, skipStream } = facts;
  return `# Benchmark

Written by \`npm run bench\` on ${date.toISOString().slice(0, 10)}: Node ${node}, Codex ${codex}, ${cores} cores, ${rounds} rounds.

${renderTable(rows)}

One scripted model on 127.0.0.1 answers both sides at once, in one run of the benchmark, so what is measured is what
stands around a model. A comparison goes A B A B …, one pair to warm up thrown away; "ours" and "theirs" are medians,
the ratio is the median of the pairs' ratios, with its quartiles. "theirs" is \`codex exec --json -s workspace-write\`
through the npm wrapper, in the same git repository of 200 files, with the same configuration; or \`node -e 0\`.
Memory is the kernel's high-water mark (VmHWM), the highest of ${rounds} runs; of one run for the stream.
The audit looks twice at a repository of 100,000 files, 50 of them dirty, and tells the difference, against one warm
\`git status\` there; with more megabytes of new files a look may take longer as they are more, and no longer.
A live session is idle when it is sent something; its thread and that of \`codex exec resume\` have as many turns. Its profile
closes secrets, which \`-s workspace-write\` does not: the row after it gives bare Codex the same one. Of many sessions at once
every answer is checked, and that no thread was asked what belongs to another one; the orders ours-theirs and theirs-ours
alternate. The memory of an idle session is their mean: RSS counts every page of its processes, PSS one that several
processes have in parts. That of a broker after many turns is one look.
The background runs are started at the same moment and held at the model until all of them have a place in the line; then it
answers at once. That no more than 4 went on, that all ended as they should, that their records are whole and nothing is left, is
checked; the memory of the brokers that wait is their mean.
What Claude pays is characters / 4; of other bridges the numbers were counted in their own files (\`bench/other-bridges.ts\`). The doctor's
other side is the sum of 20 × \`codex --version\` of the native binary and one command in Codex's sandbox.
${skipStream ? "The 200 MB event stream was left out (--skip-stream)." : "The 200 MB event stream is 51,200 deltas of 4 KiB through the real Codex, one run a side."}
`;
}
