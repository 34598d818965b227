import { existsSync } from "node:fs";
import { join } from "node:path";
import { redact } from "../core/redact.ts";
import { VerificationRecord, type VerificationRound } from "../core/verification.ts";
import { writeWhole } from "../sys/files.ts";
import { toJson } from "./create-record.ts";
import { parseFile } from "./record.ts";

const NAME = "verification.json";

export const emptyVerification = (): VerificationRecord => ({
  version: 1,
  status: "none",
  rounds: [],
  red_to_green: [],
  schema: null,
  touched_checks: [],
});

export const writeVerification = (dir: string, record: VerificationRecord): void =>
  writeWhole(join(dir, NAME), redact(toJson(record)));

/** undefined where nothing was checked yet; a file that is not ours is named and left alone. */
export function readVerification(dir: string): VerificationRecord | undefined {
  const path = join(dir, NAME);
  return existsSync(path) ? parseFile(path, VerificationRecord) : undefined;
}

/** The record with one more round; what earlier ones said stays. `undefined` is a round in which nothing was to be checked. */
export function addRound(record: VerificationRecord, round: VerificationRound | undefined): VerificationRecord {
  return round === undefined ? record : settled({ ...record, rounds: [...record.rounds, round] });
}

export const withSchema = (record: VerificationRecord, schema: VerificationRecord["schema"]): VerificationRecord =>
  settled({ ...record, schema });

/** The round that decides: what was before the turn says nothing about what came back. */
export const lastRound = (record: VerificationRecord): VerificationRound | undefined =>
  record.rounds.findLast((round) => round.phase === "after");

/** Commands that failed before the turn and passed after it. One that could not be run was not red. */
export function redToGreen(base: VerificationRound | undefined, after: VerificationRound | undefined): string[] {
  const ended = (round: VerificationRound | undefined, outcomes: readonly string[]) =>
    new Set(round?.checks.filter((check) => outcomes.includes(check.outcome)).map((check) => check.command));
  const red = ended(base, ["failed", "timeout"]);
  return [...ended(after, ["passed"])].filter((command) => red.has(command));
}

function settled(record: VerificationRecord): VerificationRecord {
  const last = lastRound(record);
  const said = [last?.status, record.schema && (record.schema.ok ? "passed" : "failed")];
  const status = said.includes("failed") ? "failed" : said.includes("passed") ? "passed" : "none";
  const base = record.rounds.findLast((round) => round.phase === "base");
  return { ...record, status, red_to_green: redToGreen(base, last) };
}
