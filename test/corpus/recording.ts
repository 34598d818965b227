import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { ENGINES } from "../../src/core/request.ts";
import { EvidenceRecord } from "../../src/run/evidence.ts";
import { FAMILIES } from "./scenario.ts";

export const RUNS = join(import.meta.dirname, "runs");

/** A file of runs/: what one real run of the real Codex left, without what differs from one recording to the next. */
export const Recording = z.strictObject({
  version: z.literal(1),
  name: z.string(),
  family: z.enum(FAMILIES),
  engine: z.enum(ENGINES),
  codex: z.string(),
  /** What Codex said on its protocol, as far as it means anything to a run. */
  lines: z.array(z.string()),
  /** evidence.json of the record; null where the broker did not live to write it. */
  evidence: EvidenceRecord.nullable(),
  receipt: z.strictObject({
    verdict: z.string(),
    exit_code: z.int(),
    reason: z.string(),
    verification: z.string(),
    policy: z.string(),
    counts: z.record(z.string(), z.int()),
    warnings: z.array(z.string()),
  }),
  /** The exit code that the caller of ask_codex saw. */
  exit: z.int().nullable(),
  /** `codex exec` without us in the same situation: its exit code as a shell says it, and all that it printed, bounded. */
  bare: z.strictObject({ exit: z.int(), log: z.string() }),
});
export type Recording = z.infer<typeof Recording>;

export const recordedFiles = (): string[] =>
  readdirSync(RUNS)
    .filter((name) => name.endsWith(".json"))
    .sort();

export const readRecording = (file: string): Recording =>
  Recording.parse(JSON.parse(readFileSync(join(RUNS, file), "utf8")));
