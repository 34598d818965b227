import { type AnyVerdict, EXIT_TABLE, exitCodeOf, firstVerdict, type Verdict } from "../core/exit-table.ts";
import type { Finding, Omitted, ReviewResult } from "../core/review.ts";
import type { PartAnswer } from "./read-part.ts";

type Parts = readonly Pick<PartAnswer, "shard" | "verdict">[];
type Judgement = Pick<ReviewResult, "review" | "verdict" | "exit_code" | "reason">;

/** The verdict on the change, and how carrying it out went: `approve` is what is left when nothing speaks against it. */
export function judgeReview(parts: Parts, findings: readonly Finding[], omitted: readonly Omitted[]): Judgement {
  const verdict = worstVerdict(parts);
  return { ...judgeChange(parts, findings, omitted), verdict, exit_code: exitCodeOf(verdict) };
}

function judgeChange(
  parts: Parts,
  findings: readonly Finding[],
  omitted: readonly Omitted[],
): Pick<ReviewResult, "review" | "reason"> {
  const open = findings.filter(({ state }) => state !== "waived").length;
  const gaps = [
    ...gapsOf(parts),
    ...(omitted.length > 0 ? [`${count(omitted.length, "changed file")} not looked at`] : []),
  ];
  if (open > 0) return { review: "findings", reason: [count(open, "finding"), ...gaps].join("; ") };
  if (parts.some(({ shard }) => shard.review === "unparsed")) return { review: "unparsed", reason: gaps.join("; ") };
  if (parts.length === 0) return { review: "incomplete", reason: ["no part was started", ...gaps].join("; ") };
  if (gaps.length > 0) return { review: "incomplete", reason: gaps.join("; ") };
  const waived = findings.length > 0 ? `nothing but what is waived (${findings.length})` : "nothing";
  return { review: "approve", reason: `${waived} was found in ${count(filesOf(parts), "changed file")}` };
}

const gapsOf = (parts: Parts): string[] =>
  parts.flatMap(({ shard }, at) =>
    shard.review === "parsed" && shard.reason === ""
      ? []
      : [`part ${at + 1} of ${parts.length}: ${SAID[shard.review]}${shard.reason || "no reason was given"}`],
  );

const SAID = { parsed: "", unparsed: "its answer can't be read, ", none: "no answer, " };

const filesOf = (parts: Parts): number => new Set(parts.flatMap(({ shard }) => shard.files)).size;

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;

/** Of runs that ended the first in the exit table; a part that nobody can read, or that has no end yet, is unverified. */
function worstVerdict(parts: Parts): AnyVerdict {
  const held = new Set<Verdict>();
  let notStarted: AnyVerdict | undefined;
  for (const { shard, verdict } of parts) {
    const row = EXIT_TABLE.find((one) => one.verdict === verdict);
    if (row) held.add(row.verdict);
    else if (verdict !== null) notStarted ??= verdict;
    if (shard.review === "unparsed" || verdict === null) held.add("unverified");
  }
  if (parts.length === 0) held.add("failed");
  const worst = firstVerdict(held);
  return worst === "done" && notStarted !== undefined ? notStarted : worst;
}
