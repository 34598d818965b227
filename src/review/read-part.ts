import { messageOf } from "../core/errors.ts";
import { type AnyVerdict, exitCodeOf } from "../core/exit-table.ts";
import type { Receipt } from "../core/record.ts";
import { redact, redactValue } from "../core/redact.ts";
import type { Claim, ReviewedShard, ReviewPart } from "../core/review.ts";
import { readRun } from "../run/read-run.ts";
import { parseAnswer } from "./parse-answer.ts";

/** A part of a review, and the record of the run that carried it out. */
export interface PartRun {
  part: ReviewPart;
  runId: string;
  /** The record; it need not exist where the run was not even started. */
  dir: string;
  /** Why there is no run at all: refused, a bad start. */
  failure?: { verdict: AnyVerdict; reason: string };
}

/** What a part has to say; only one that is `parsed` has looked at its files. */
export interface PartAnswer {
  shard: ReviewedShard;
  verdict: AnyVerdict | null;
  claims: Claim[];
  tokens: Receipt["tokens"];
}

const RAW_CHARS = 2_000;

/** Reads what became of a part; nothing that is wrong with its record keeps the others from being read. */
export async function readPart({ part, runId, dir, failure }: PartRun): Promise<PartAnswer> {
  const start = { run_id: runId, session_id: null, files: [...part.files], summary: "" };
  const none = (verdict: AnyVerdict | null, reason: string): PartAnswer => ({
    shard: { ...start, verdict, exit_code: verdict === null ? null : exitCodeOf(verdict), review: "none", reason },
    verdict,
    claims: [],
    tokens: null,
  });
  if (failure) return none(failure.verdict, failure.reason);
  try {
    const view = await readRun(dir);
    if (view.state !== "ended") return none(null, `its run has not ended (${view.state})`);
    return readReceipt(part, view.receipt);
  } catch (error) {
    return none(null, `its record can't be read: ${messageOf(error)}`);
  }
}

function readReceipt(part: ReviewPart, receipt: Receipt): PartAnswer {
  const { verdict, answer } = receipt;
  const read = redactValue(parseAnswer(answer));
  const claims = read.review === "parsed" ? read.claims : [];
  const shard = {
    run_id: receipt.run_id,
    session_id: receipt.session_id,
    files: [...part.files],
    verdict,
    exit_code: receipt.exit_code,
    ...judge(receipt, read),
    summary: read.review === "parsed" ? read.summary : "",
    ...(read.review === "unparsed" && answer.trim() !== "" ? { raw: headOf(answer) } : {}),
  };
  return { shard, verdict, claims, tokens: receipt.tokens };
}

/** An answer counts only from a run that was carried through; what another one found before it stopped is kept all the same. */
function judge(
  { verdict, reason, answer_truncated: truncated }: Receipt,
  read: ReturnType<typeof parseAnswer>,
): Pick<ReviewedShard, "review" | "reason"> {
  if (read.review === "unparsed" && (verdict === "done" || verdict === "unverified"))
    return { review: "unparsed", reason: truncated ? `${read.reason}: it was too long and is cut` : read.reason };
  if (verdict === "done") return { review: "parsed", reason: read.review === "parsed" ? (read.note ?? "") : "" };
  const kept = read.review === "parsed" && read.claims.length > 0 ? "; what it had found by then is kept" : "";
  return { review: "none", reason: `${verdict}${reason === "" ? "" : `: ${reason}`}${kept}` };
}

const headOf = (answer: string): string =>
  redact(answer)
    .slice(0, RAW_CHARS)
    .replace(/[\uD800-\uDBFF]$/, "");
