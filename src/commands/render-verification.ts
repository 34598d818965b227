import { shortLine } from "../core/one-line.ts";
import type { CheckResult, VerificationRecord } from "../core/verification.ts";
import { outcomeWord } from "../run/verification-finding.ts";
import { lastRound } from "../run/verification-record.ts";

/** Claude Code shows 2 KB of what is too long; counted in bytes. */
const MAX_BYTES = 1_900;
const COMMAND_CHARS = 120;
const PATH_CHARS = 160;
const TAIL_LINES = 6;
const TAIL_CHARS = 160;

/**
 * What `codex_runs verify` prints. Each line begins with a word of ours, and nothing of a command, a path or an output
 * can begin one; what does not fit is counted, the most telling lines first.
 */
export function renderVerification(record: VerificationRecord): string {
  const round = lastRound(record);
  const files = round?.expect_files ?? [];
  return withinSize([
    `verification=${record.status}`,
    `rounds=${record.rounds.length}`,
    ...(round?.checks ?? []).filter((check) => check.outcome !== "passed").flatMap(failedCheck),
    ...files.filter((file) => !file.exists).map((file) => `[EXPECT] missing ${shortLine(file.path, PATH_CHARS)}`),
    ...(record.schema ? [`[SCHEMA] ${record.schema.ok ? "ok" : shortLine(record.schema.detail, PATH_CHARS)}`] : []),
    ...(round?.checks ?? []).filter((check) => check.outcome === "passed").map(checkLine),
    ...files.filter((file) => file.exists).map((file) => `[EXPECT] there ${shortLine(file.path, PATH_CHARS)}`),
    ...record.red_to_green.map((command) => `[RED_TO_GREEN] ${shortLine(command, COMMAND_CHARS)}`),
    ...record.touched_checks.map(
      ({ path, change, checks }) =>
        `[TOUCHED] ${shortLine(path, PATH_CHARS)} (${shortLine(change, 20)}) read by ${checks.map((one) => shortLine(one, 40)).join(", ")}`,
    ),
  ]);
}

const checkLine = (check: CheckResult): string =>
  `[CHECK] ${outcomeWord(check)} ${(check.elapsed_ms / 1000).toFixed(1)}s ${shortLine(check.command, COMMAND_CHARS)}`;

/** With the end of its output: mostly that is all that must be known. */
function failedCheck(check: CheckResult): string[] {
  const lines = check.output_tail.split("\n").filter((line) => line.trim() !== "");
  return [
    checkLine(check),
    ...(check.reason && check.exit_code === null ? [`  reason: ${shortLine(check.reason, TAIL_CHARS)}`] : []),
    ...lines.slice(-TAIL_LINES).map((line) => `  | ${shortLine(line, TAIL_CHARS)}`),
    ...(check.output === "" ? [] : [`  output: ${shortLine(check.output, PATH_CHARS)}`]),
  ];
}

function withinSize(lines: readonly string[]): string {
  const kept: string[] = [];
  let bytes = 0;
  for (const line of lines) {
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > MAX_BYTES) break;
    kept.push(line);
  }
  const left = lines.length - kept.length;
  return `${[...kept, ...(left > 0 ? [`… and ${left} more lines, in verification.json of the record`] : [])].join("\n")}\n`;
}
