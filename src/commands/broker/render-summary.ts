import { oneLine } from "../../core/one-line.ts";
import { oneLinePath } from "../render-receipt.ts";
import type { Summary, ToldMessage, ToldRun } from "./collect-summary.ts";
import { cutBytes } from "./fit-lines.ts";
import { limitsText, nextText, nowText, tokensText } from "./render-status.ts";
import { shortTime } from "./short-time.ts";

/** What a Claude that comes back reads first: all of it in one look. */
const MAX_BYTES = 3_000;
/** What a line may be: together with all that can't be cut they leave room for the newest run. */
const GOAL_BYTES = 200;
const LINE_BYTES = 150;
const MESSAGE_BYTES = 110;
const TEXT_BYTES = 50;
const PATH_BYTES = 50;
/** Where there is room, the newest run has more of it. */
const NEWEST_BYTES = 300;

/** The story of a session in at most 3,000 bytes: what is open is always there, the newest runs fill what is left. */
export function renderSummary(summary: Summary): string {
  const top = [
    `broker_id=${summary.broker_id}`,
    ...(summary.name === null ? [] : [line("name=", summary.name)]),
    `status=${summary.status}`,
    ...(summary.session_id === null ? [] : [`session_id=${summary.session_id}`]),
    line("workspace=", oneLinePath(summary.workspace)),
    ...(summary.created_at === null ? [] : [`started=${summary.created_at}`]),
    ...(summary.tokens === null ? [] : [`tokens=${tokensText(summary.tokens)}`]),
    `runs=${summary.runs_total}${verdictsText(summary.verdicts)}`,
    cutBytes(`goal: ${oneLine(summary.goal)}`, GOAL_BYTES),
  ];
  const bottom = [
    ...nowLines(summary),
    ...messageLines("UNDELIVERED", summary.undelivered, summary.undelivered_total),
    ...summary.unread.map((why) => line("[UNREAD] ", why)),
    ...messageLines("WAITING", summary.waiting, summary.queue_depth),
    ...(summary.question
      ? [
          line("[QUESTION] ", summary.question.question),
          ...(summary.question.options.length > 0 ? [line("options: ", summary.question.options.join(" | "))] : []),
        ]
      : []),
    `next=${nextText(summary)}`,
  ];
  const left = MAX_BYTES - bytesOf([...top, ...bottom]) - HEADING_BYTES;
  return `${[...top, ...runLines(summary, left), ...bottom].join("\n")}\n`;
}

const HEADING_BYTES = 60;

/** The newest ones that fit, in the order in which they ran. */
function runLines({ runs, runs_total: total }: Summary, maxBytes: number): string[] {
  const shown: string[][] = [];
  let left = maxBytes;
  for (const run of runs.toReversed()) {
    const block = toldLines(run, shown.length > 0 ? LINE_BYTES : roomOf(left));
    left -= bytesOf(block);
    if (left < 0) break;
    shown.unshift(block);
  }
  if (shown.length === 0) return [];
  return ["", `[RUNS] ${shown.length === total ? "all" : `the newest ${shown.length}`} of ${total}`, ...shown.flat()];
}

const roomOf = (left: number): number => Math.max(LINE_BYTES, Math.min(NEWEST_BYTES, Math.floor(left / 5)));

function toldLines(run: ToldRun, maxBytes: number): string[] {
  const facts = [
    run.verdict,
    ...(run.elapsed_ms === null ? [] : [shortTime(run.elapsed_ms)]),
    ...(run.started_at === null ? [] : [`began ${run.started_at.slice(0, 16).replace("T", " ")} UTC`]),
    ...(run.policy === null || run.policy === "ok" ? [] : [`policy ${run.policy}`]),
    ...(run.verification === null || run.verification === "none" ? [] : [`checks ${run.verification}`]),
  ];
  return [
    `- ${run.run_id} ${facts.join(", ")}`,
    ...(run.asked === "" ? [] : [line("  asked: ", run.asked, maxBytes)]),
    ...(run.files_changed ? [line("  files: ", filesText(run.files, run.files_changed))] : []),
    ...(run.said === "" ? [] : [line(run.verdict === "done" ? "  said: " : "  why: ", run.said, maxBytes)]),
  ];
}

function filesText(files: readonly string[], total: number): string {
  const names = files.map((path) => cutBytes(oneLinePath(path), PATH_BYTES));
  let kept = names;
  while (kept.length > 1 && Buffer.byteLength(kept.join(", ")) > LINE_BYTES - PATH_BYTES) kept = kept.slice(0, -1);
  return kept.join(", ") + (total > kept.length ? ` and ${total - kept.length} more` : "");
}

function nowLines(summary: Summary): string[] {
  const now = nowText(summary);
  return [
    "",
    ...(now === null ? [] : [line("now=", now)]),
    ...(summary.limits === null ? [] : [`limits=${limitsText(summary.limits)}`]),
    ...(summary.last_error === null ? [] : [line("last_error=", summary.last_error)]),
    ...(summary.steered === 0 ? [] : [`steered=${summary.steered}`]),
  ];
}

function messageLines(word: string, messages: readonly ToldMessage[], total: number): string[] {
  if (total === 0) return [];
  const more = total - messages.length;
  return [
    `[${word}] ${total}`,
    ...messages.map((message) => cutBytes(`- ${message.message_id} ${messageText(message)}`, MESSAGE_BYTES)),
    ...(more > 0 ? [`- and ${more} more`] : []),
  ];
}

const messageText = ({ text, why }: ToldMessage): string =>
  why === null ? text : `"${cutBytes(text, TEXT_BYTES)}": ${why}`;

const verdictsText = (verdicts: Record<string, number>): string => {
  const said = Object.entries(verdicts).map(([word, count]) => `${word} ${count}`);
  return said.length === 0 ? "" : ` (${said.join(", ")})`;
};

const line = (head: string, text: string, maxBytes = LINE_BYTES): string => cutBytes(head + oneLine(text), maxBytes);

const bytesOf = (lines: readonly string[]): number => lines.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
