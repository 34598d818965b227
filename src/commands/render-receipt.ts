import type { ChangedFile, Receipt } from "../core/record.ts";

/** stdout of a run stays under 8 KB: Claude Code shows only the first 2 KB of what is too long. */
const ANSWER_CHARS = 4_000;
const MAX_FILES = 30;

/** Everything of a run's stdout behind `run_id=`: the contract of DESIGN.md 5.1. */
export function renderReceipt(
  receipt: Receipt,
  options: { self: (script: string) => string; sessionShown: boolean },
): string {
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
    ...(changed === null || changed.length === 0 ? [] : ["[FILES_MODIFIED]", ...filesText(changed), ""]),
    marker(receipt, options.self),
    "",
  ].join("\n");
}

const tokensText = ({ tokens }: Receipt): string =>
  tokens ? `in:${tokens.input} cached:${tokens.cached} out:${tokens.output}` : "unknown";

function cutAnswer(receipt: Receipt): string {
  const { answer, output_path: path, answer_truncated: truncated } = receipt;
  if (answer.length <= ANSWER_CHARS && !truncated) return answer;
  return `${cleanCut(answer, ANSWER_CHARS)}\n[… ${answer.length - ANSWER_CHARS} more characters in ${oneLinePath(path ?? receipt.record)}]`;
}

/** Never between the halves of a surrogate pair. */
const cleanCut = (text: string, at: number): string =>
  text.slice(0, /[\uD800-\uDBFF]/.test(text[at - 1] ?? "") ? at - 1 : at);

function filesText(changed: readonly ChangedFile[]): string[] {
  const lines = changed
    .slice(0, MAX_FILES)
    .map((file) => `- ${oneLinePath(file.path)} (${file.change}${file.from ? ` from ${oneLinePath(file.from)}` : ""})`);
  return changed.length > MAX_FILES
    ? [...lines, `- … and ${changed.length - MAX_FILES} more, in result.json of the record`]
    : lines;
}

/** A file name may hold a line end, and must not be able to write a marker of ours. */
export const oneLinePath = (path: string): string => (/\p{Cc}/u.test(path) ? JSON.stringify(path) : path);

function marker(receipt: Receipt, self: (script: string) => string): string {
  const { verdict, reason, next } = receipt;
  const answerLine = receipt.session_id ? `answer: ${self("ask_codex")} --session ${receipt.run_id} "…"` : undefined;
  const lines: (string | undefined)[] = [];
  switch (verdict) {
    case "question":
      lines.push(
        `[QUESTION] ${receipt.question?.question ?? receipt.answer}`,
        ...(receipt.question?.options ?? []).map((option) => `- ${option}`),
        answerLine,
      );
      break;
    case "blocked":
      lines.push(`[BLOCKED] ${reason}`, answerLine);
      break;
    case "done":
      lines.push(`[CODEX_COMPLETE] done in ${receipt.counts.commands} commands`);
      break;
    default:
      lines.push(`[CODEX_COMPLETE] ${verdict}: ${reason}`, next ? `next: ${next}` : undefined);
      if (receipt.session_id && verdict !== "cancelled")
        lines.push(`resume: ${self("ask_codex")} --session ${receipt.run_id} "go on"`);
  }
  const engine =
    receipt.engine.name === receipt.engine.requested
      ? undefined
      : `engine: ${receipt.engine.name} (${receipt.engine.reason ?? "fallback"})`;
  const warnings = receipt.warnings.slice(0, 5).map((warning) => `warning: ${warning.slice(0, 300)}`);
  return [...lines, engine, ...warnings].filter((line) => line !== undefined).join("\n");
}
