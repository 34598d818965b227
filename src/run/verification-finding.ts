import { shortLine } from "../core/one-line.ts";
import type { CheckResult, VerificationRecord, VerificationRound } from "../core/verification.ts";
import { lastRound } from "./verification-record.ts";

const COMMAND_CHARS = 80;
const PATH_CHARS = 120;
const SAID_CHARS = 200;
/** More names than this are counted. */
const NAMED = 3;

export interface VerificationFinding {
  ok: boolean;
  reason: string;
}

/** What our own run of the checks means for the verdict, in one sentence; undefined when nothing was checked. */
export function verificationFinding(record: VerificationRecord | undefined): VerificationFinding | undefined {
  if (record === undefined || record.status === "none") return undefined;
  const round = lastRound(record);
  const wrong = [...(round ? failures(round) : []), ...(record.schema?.ok === false ? [schemaText(record)] : [])];
  if (record.status === "failed") return { ok: false, reason: wrong.join("; ") || "the checks did not pass" };
  return { ok: true, reason: successes(round, record).join(", ") };
}

const schemaText = ({ schema }: VerificationRecord): string =>
  `the answer breaks the schema: ${shortLine(schema?.detail ?? "", SAID_CHARS)}`;

function failures({ checks, expect_files: files }: VerificationRound): string[] {
  const failed = checks.filter((check) => check.outcome !== "passed");
  const missing = files.filter((file) => !file.exists).map((file) => shortLine(file.path, PATH_CHARS));
  const [only] = failed;
  return [
    ...(only && failed.length === 1 ? [sentence(only)] : []),
    ...(failed.length > 1
      ? [
          `${failed.length} of ${checks.length} checks failed: ${list(failed.map((check) => `${quoted(check)} (${outcomeWord(check)})`))}`,
        ]
      : []),
    ...(missing.length === 1 ? [`expected file ${missing[0]} is missing`] : []),
    ...(missing.length > 1 ? [`expected files are missing: ${list(missing)}`] : []),
  ];
}

function sentence(check: CheckResult): string {
  const reason = shortLine(check.reason ?? "", SAID_CHARS);
  switch (check.outcome) {
    case "timeout":
      return `${quoted(check)} did not end in our own run: ${reason || "its limit passed"}`;
    case "cancelled":
      return `${quoted(check)} was cancelled in our own run`;
    case "not_started":
      return `${quoted(check)} could not be started in the sandbox: ${reason || "it gave no reason"}`;
    default:
      if (check.exit_code === null) return `${quoted(check)} failed in our own run: ${reason || "no exit code"}`;
      return `${quoted(check)} failed with ${outcomeWord(check)} in our own run`;
  }
}

function successes(round: VerificationRound | undefined, { schema }: VerificationRecord): string[] {
  const checks = round?.checks.length ?? 0;
  const files = round?.expect_files.length ?? 0;
  return [
    ...(checks > 0 ? [`${checks === 1 ? "the check" : `all ${checks} checks`} passed in our own run`] : []),
    ...(files > 0 ? [files === 1 ? "the expected file is there" : `all ${files} expected files are there`] : []),
    ...(schema ? ["the answer satisfies the schema"] : []),
  ];
}

/** One or two words for how a check ended. */
export function outcomeWord({ outcome, exit_code, reason }: CheckResult): string {
  if (outcome === "not_started") return "not started";
  if (outcome !== "failed") return outcome;
  return exit_code === null ? shortLine(reason ?? "no exit code", 40) : `exit ${exit_code}`;
}

const quoted = ({ command }: CheckResult): string => `\`${shortLine(command, COMMAND_CHARS)}\``;

const list = (names: readonly string[]): string =>
  names.length > NAMED ? `${names.slice(0, NAMED).join(", ")} and ${names.length - NAMED} more` : names.join(", ");
