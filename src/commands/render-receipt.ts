import { oneLine } from "../core/one-line.ts";
import type { ChangedFile, Receipt } from "../core/record.ts";

/** stdout of a run stays under 8 KB, which is counted in bytes: Claude Code shows only the first 2 KB of what is too long. */
const ANSWER_CHARS = 4_000;
const ANSWER_BYTES = 4_800;
const MAX_FILES = 30;
const FILES_BYTES = 1_500;
const QUESTION_CHARS = 1_000;
const MAX_OPTIONS = 12;
const REASON_CHARS = 600;
const LINE_CHARS = 300;
/** Ends after which going on at once would only fail again, or is nobody's wish. */
const NO_RESUME = new Set<string>(["cancelled", "fatal", "refused"]);

export interface ReceiptOptions {
  self: (script: string) => string;
  sessionShown: boolean;
  /** Warnings that were said when the run began. */
  announced: readonly string[];
}

/** Everything of a run's stdout behind `run_id=`: the contract of DESIGN.md 5.1. */
export function renderReceipt(receipt: Receipt, options: ReceiptOptions): string {
  const changed = receipt.files_changed;
  return [
    ...(options.sessionShown || receipt.session_id === null ? [] : [`session_id=${receipt.session_id}`]),
    `verdict=${receipt.verdict}`,
    `exit_code=${receipt.exit_code}`,
    `output_path=${oneLinePath(receipt.output_path ?? "")}`,
    `record=${oneLinePath(receipt.record)}`,
    `files_changed=${changed === null ? "unknown" : changed.length}`,
    `policy=${receipt.policy}`,
    `verification=${receipt.verification}`,
    `tokens=${tokensText(receipt)}`,
    `elapsed=${(receipt.elapsed_ms / 1000).toFixed(1)}s`,
    "",
    ...(receipt.answer === "" ? [] : [cutAnswer(receipt), ""]),
    ...(changed === null || changed.length === 0
      ? []
      : ["[FILES_MODIFIED]", ...filesText(changed, receipt.out_of_scope)]),
    ...reviewLine(receipt),
    marker(receipt, options),
    "",
  ].join("\n");
}

const tokensText = ({ tokens }: Receipt): string =>
  tokens ? `in:${tokens.input} cached:${tokens.cached} out:${tokens.output}` : "unknown";

function cutAnswer(receipt: Receipt): string {
  const { answer, output_path: path, answer_truncated: truncated } = receipt;
  const head = cleanCut(answer);
  if (head.length === answer.length && !truncated) return answer;
  return `${head}\n[… ${answer.length - head.length} more characters in ${oneLinePath(path ?? receipt.record)}]`;
}

/** What fits in characters and in bytes, never ending between the halves of a surrogate pair. */
function cleanCut(text: string): string {
  let head = text.slice(0, ANSWER_CHARS);
  while (Buffer.byteLength(head) > ANSWER_BYTES)
    head = head.slice(0, -Math.ceil((Buffer.byteLength(head) - ANSWER_BYTES) / 4));
  return /[\uD800-\uDBFF]$/.test(head) ? head.slice(0, -1) : head;
}

/** What was not allowed comes first: it must not be what the cut takes away. */
function filesText(changed: readonly ChangedFile[], outOfScope: readonly ChangedFile[]): string[] {
  const forbidden = new Set(outOfScope.map(({ path }) => path));
  const [bad, good] = [
    changed.filter(({ path }) => forbidden.has(path)),
    changed.filter(({ path }) => !forbidden.has(path)),
  ];
  const lines: string[] = [];
  let bytes = 0;
  for (const file of [...bad, ...good]) {
    const note = forbidden.has(file.path) ? ", NOT ALLOWED" : "";
    const line = `- ${oneLinePath(file.path)} (${file.change}${file.from ? ` from ${oneLinePath(file.from)}` : ""}${note})`;
    bytes += Buffer.byteLength(line);
    if (lines.length === MAX_FILES || bytes > FILES_BYTES) break;
    lines.push(line);
  }
  const left = changed.length - lines.length;
  return left > 0 ? [...lines, `- … and ${left} more, in result.json of the record`] : lines;
}

/** A text of Codex's on one line of ours: it can't begin a line, and so can't look like a marker. */
const short = (text: string, chars: number): string => [...oneLine(text)].slice(0, chars).join("");

/** A file name may hold a line end, and must not be able to write a marker of ours. */
export const oneLinePath = (path: string): string => (/\p{Cc}/u.test(path) ? escaped(path) : path);

/** As JSON writes it, and what JSON leaves raw as well. */
const escaped = (path: string): string =>
  JSON.stringify(path).replace(/\p{Cc}/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** That there were two turns is never silent. */
const reviewLine = ({ review }: Receipt): string[] =>
  review === undefined ? [] : [`[AUTO_REVIEW] first turn: ${review.verdict}: ${short(review.reason, LINE_CHARS)}`];

function marker(receipt: Receipt, { self, announced }: ReceiptOptions): string {
  const { verdict, reason, next } = receipt;
  const answerLine = receipt.session_id ? `answer: ${self("ask_codex")} --session ${receipt.run_id} "…"` : undefined;
  const lines: (string | undefined)[] = [];
  switch (verdict) {
    case "question":
      lines.push(
        `[QUESTION] ${short(receipt.question?.question ?? receipt.answer, QUESTION_CHARS)}`,
        ...(receipt.question?.options ?? []).slice(0, MAX_OPTIONS).map((option) => `- ${short(option, LINE_CHARS)}`),
        answerLine,
      );
      break;
    case "blocked":
      lines.push(`[BLOCKED] ${short(reason, REASON_CHARS)}`, answerLine);
      break;
    case "done":
      lines.push(`[CODEX_COMPLETE] done in ${receipt.counts.commands} commands`);
      break;
    default:
      lines.push(
        `[CODEX_COMPLETE] ${verdict}: ${short(reason, REASON_CHARS)}`,
        next ? `next: ${short(next, LINE_CHARS)}` : undefined,
      );
      if (receipt.session_id && !NO_RESUME.has(verdict))
        lines.push(`resume: ${self("ask_codex")} --session ${receipt.run_id} "go on"`);
  }
  const engine =
    receipt.engine.name === receipt.engine.requested
      ? undefined
      : `engine: ${receipt.engine.name} (${short(receipt.engine.reason ?? "fallback", LINE_CHARS)})`;
  const warnings = receipt.warnings
    .filter((warning) => !announced.includes(warning))
    .slice(0, 5)
    .map((warning) => `warning: ${short(warning, LINE_CHARS)}`);
  return [...lines, engine, ...warnings].filter((line) => line !== undefined).join("\n");
}
