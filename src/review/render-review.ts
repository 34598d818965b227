import { shortLine } from "../core/one-line.ts";
import type { Finding, ReviewResult } from "../core/review.ts";
import { shownPath } from "../packet/shown-path.ts";
import { bytesOf, fitBlocks } from "./fit-blocks.ts";
import { quoteLines } from "./plain-lines.ts";

/** So much of one finding's own words, where the whole must be short. */
const BRIEF = { claim: 300, evidence: 700, suggestion: 500, raw: 700, listed: 8 };
const WHOLE = { claim: 600, evidence: 9_000, suggestion: 9_000, raw: 2_000, listed: Number.POSITIVE_INFINITY };
type Size = typeof BRIEF;

/** What of the whole the sections behind the findings may take. */
const REST_SHARE = 0.4;
const INDENT = "   ";

/**
 * The review for Claude, in no more bytes than asked for: head lines of `key=value`, then the findings, worst first,
 * then what can't be read, was left out, is waived or fixed. Whatever a model said stands indented or in a quote.
 */
export function renderReview(result: ReviewResult, maxBytes: number): string {
  const size = maxBytes === Number.POSITIVE_INFINITY ? WHOLE : BRIEF;
  const head = [...headLines(result), ""];
  const where = result.output_path ? shownPath(result.output_path) : "the record of the review";
  const sections = restBlocks(result, size);
  const share = (maxBytes - bytesOf(head)) * REST_SHARE;
  const rest = fitBlocks(sections, share, (left) => `… sections left out: ${left}, in ${where}`);
  const open = result.findings.filter(({ state }) => state !== "waived");
  const found = fitBlocks(
    open.map((finding, at) => findingLines(finding, at + 1, size)),
    maxBytes - bytesOf(head) - bytesOf(rest),
    (left) => `… and ${left} more findings, in ${where}`,
  );
  return `${[...head, ...found, ...rest].join("\n").trimEnd()}\n`;
}

function headLines(result: ReviewResult): string[] {
  const { findings, fixed, omitted, shards, tokens } = result;
  const inState = (state: Finding["state"]) => findings.filter((one) => one.state === state).length;
  const parsed = shards.filter(({ review }) => review === "parsed").length;
  return [
    `review_id=${result.review_id}`,
    `review=${result.review}`,
    `verdict=${result.verdict}`,
    `exit_code=${result.exit_code}`,
    `reason=${shortLine(result.reason, 500)}`,
    `findings=${findings.length} (new ${inState("new")}, repeated ${inState("repeated")}, waived ${inState("waived")})`,
    `fixed=${fixed.length}`,
    `omitted=${omitted.length}`,
    `parts=${shards.length} (parsed ${parsed})`,
    `output_path=${shownPath(result.output_path ?? "")}`,
    `tokens=${tokens ? `in:${tokens.input} cached:${tokens.cached} out:${tokens.output}` : "unknown"}`,
    ...(result.ledger_problem === undefined ? [] : [`warning: ledger: ${shortLine(result.ledger_problem, 400)}`]),
  ];
}

/** `src/a.ts:10-12`, on one line and without an end of code in it. */
export function placeText({ file, line, end_line: end }: Pick<Finding, "file" | "line" | "end_line">): string {
  if (file === null) return "the change as a whole";
  const range = line === null ? "" : end === null || end === line ? `:${line}` : `:${line}-${end}`;
  return `\`${shortLine(shownPath(file), 300).replaceAll("`", "'")}${range}\``;
}

const fileText = (file: string | null): string => placeText({ file, line: null, end_line: null });

function findingLines(finding: Finding, number: number, size: Size): string[] {
  const { severity, id, state, place, note } = finding;
  const where = finding.file === null && place === "outside" ? "no place in this workspace" : placeText(finding);
  const suggestion = quoteLines(finding.suggestion, INDENT, size.suggestion);
  return [
    `${number}. **${severity}** ${where} (${id}, ${state})`,
    `${INDENT}${shortLine(finding.claim, size.claim)}`,
    ...(place === "change" ? [] : [`${INDENT}[${PLACED[place]}${note ? `: ${shortLine(note, 300)}` : ""}]`]),
    ...quoteLines(finding.evidence, INDENT, size.evidence),
    ...(suggestion.length === 0 ? [] : [`${INDENT}Suggestion:`, ...suggestion]),
    "",
  ];
}

const PLACED = { file: "in a changed file, but in no changed line", outside: "outside of the change" };

function restBlocks({ findings, fixed, omitted, shards }: ReviewResult, size: Size): string[][] {
  const waived = findings.filter(({ state }) => state === "waived");
  return [
    ...shards.flatMap((shard, at) =>
      shard.review === "parsed" ? [] : [unreadBlock(shard, at + 1, shards.length, size)],
    ),
    listBlock("Left out", omitted, size, ({ file, why }) => `${fileText(file)}: ${shortLine(why, 200)}`),
    listBlock(
      "Waived",
      waived,
      size,
      (one) => `${one.id} ${placeText(one)}: ${shortLine(one.claim, 160)} — ${shortLine(one.waived ?? "", 160)}`,
    ),
    listBlock("Fixed", fixed, size, ({ id, file, claim }) => `${id} ${fileText(file)}: ${shortLine(claim, 160)}`),
    ...shards.flatMap(({ summary }) => (summary.trim() === "" ? [] : [summaryBlock(summary, size)])),
  ].filter((lines) => lines.length > 0);
}

function unreadBlock(shard: ReviewResult["shards"][number], nth: number, of: number, size: Size): string[] {
  const what = shard.review === "unparsed" ? "can't be read" : "no answer";
  return [
    `Part ${nth} of ${of} (${shard.run_id}), ${what}: ${shortLine(shard.reason, 400)}`,
    ...quoteLines(shard.raw ?? "", INDENT, size.raw),
    "",
  ];
}

const summaryBlock = (summary: string, size: Size): string[] => [
  "Summary:",
  ...quoteLines(summary, INDENT, size.suggestion),
  "",
];

function listBlock<One>(title: string, all: readonly One[], { listed }: Size, line: (one: One) => string): string[] {
  if (all.length === 0) return [];
  const shown = all.slice(0, listed).map((one) => `- ${line(one)}`);
  return [
    `${title}:`,
    ...shown,
    ...(all.length > shown.length ? [`- … and ${all.length - shown.length} more`] : []),
    "",
  ];
}
