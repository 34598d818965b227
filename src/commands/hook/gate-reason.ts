import type { Finding, ReviewResult } from "../../core/review.ts";
import { cutBytes, shortText } from "../broker/fit-lines.ts";
import type { GateSettings } from "./gate-settings.ts";

/** Claude Code puts a reason before Claude twice (answer.ts): together under 500 tokens. */
const MAX_BYTES = 1_000;
const CLAIM_BYTES = 220;

interface Blocked {
  findings: readonly Finding[];
  round: number;
  result: ReviewResult;
  settings: GateSettings;
  self: (script: string) => string;
}

/** What Claude is told that was held up: the findings, worst first, as many as find room, and what to do with them. Pure. */
export function gateReason({ findings, round, result, settings, self }: Blocked): string {
  const count = findings.length;
  const head = `Codex reviewed what this turn changed (round ${round} of ${settings.rounds}) and found ${count} ${count === 1 ? "thing" : "things"}:`;
  const rest =
    `Mend what is right, then stop again. What is wrong or not wanted: tell the user why, or ` +
    `${self("codex_review")} --waive ID --reason TEXT.${result.output_path === null ? "" : ` Evidence: ${shortText(result.output_path, 160)}`}`;
  const lines: string[] = [];
  let left = MAX_BYTES - Buffer.byteLength(head) - Buffer.byteLength(rest) - 40;
  for (const [at, finding] of findings.entries()) {
    const line = lineOf(finding);
    if (at > 0 && Buffer.byteLength(line) + 1 > left) break;
    lines.push(cutBytes(line, Math.max(left, 80)));
    left -= Buffer.byteLength(line) + 1;
  }
  const more = count > lines.length ? [`… and ${count - lines.length} more.`] : [];
  return [head, ...lines, ...more, rest].join("\n");
}

function lineOf({ id, severity, file, line, claim }: Finding): string {
  const place = `${shortText(file ?? "", 120)}${line === null ? "" : `:${line}`}`;
  return `- ${id} [${severity}] ${place}: ${shortText(claim, CLAIM_BYTES)}`;
}
