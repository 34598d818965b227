import { join } from "node:path";
import * as z from "zod";
import { EXIT_TABLE, START_TABLE } from "../core/exit-table.ts";
import { ChangedFile } from "../core/record.ts";
import { redact } from "../core/redact.ts";
import { attempt, writeWhole } from "../sys/files.ts";
import { toJson } from "./create-record.ts";
import type { Evidence } from "./decide-verdict.ts";
import { parseFile } from "./record.ts";

/** Longest answer that is kept whole, in characters; of a longer one the two ends, where a report stands, are kept. */
const MESSAGE_CHARS = 64_000;
/** Longest of any other text. */
const TEXT_CHARS = 4_000;
const MAX_FILES = 200;

const ErrorRecord = z.strictObject({
  message: z.string(),
  code: z.string().optional(),
  httpStatus: z.number().optional(),
  details: z.string().optional(),
});

/** evidence.json: what the verdict of a run was decided from, so that it can be decided again. At most 300 KB. */
export const EvidenceRecord = z.strictObject({
  version: z.literal(1),
  turn: z.strictObject({
    ended: z
      .strictObject({ status: z.enum(["completed", "failed", "interrupted"]), error: ErrorRecord.optional() })
      .nullable(),
    last_message: z.string(),
    last_error: ErrorRecord.nullable(),
    usage_limit: z.strictObject({ used_percent: z.number().nullable(), resets_at: z.number().nullable() }).nullable(),
    failed_commands: z.int(),
    last_command: z.strictObject({ command: z.string(), exit_code: z.number().nullable() }).nullable(),
  }),
  /** Why we ended the turn. */
  stop: z
    .strictObject({
      verdict: z.enum(["cancelled", "timeout", "fatal", "failed", "lost"]),
      reason: z.string(),
      hint: z.string().optional(),
    })
    .nullable(),
  /** Why Codex went away. */
  failure: z
    .strictObject({
      kind: z.enum([...EXIT_TABLE, ...START_TABLE].map((row) => row.verdict)),
      message: z.string(),
      hint: z.string().optional(),
    })
    .nullable(),
  schema: z.boolean(),
  out_of_scope: z.array(ChangedFile),
  unaudited: z.string().nullable(),
  checked: z.strictObject({ ok: z.boolean(), reason: z.string() }).nullable(),
});
export type EvidenceRecord = z.infer<typeof EvidenceRecord>;

/**
 * Writes evidence.json and returns the evidence as it stands there, secrets taken out and bounded: the verdict is
 * decided from that. A file that can't be written changes no verdict.
 */
export function keepEvidence(dir: string, evidence: Evidence): Evidence {
  const text = redact(toJson(toRecord(evidence)));
  attempt(() => writeWhole(join(dir, "evidence.json"), text));
  return attempt(() => parseEvidence(JSON.parse(text))) ?? evidence;
}

/** The evidence of a record's folder; an error names the file where it is missing or is not what we wrote. */
export const readEvidence = (dir: string): Evidence =>
  fromRecord(parseFile(join(dir, "evidence.json"), EvidenceRecord));

/** The evidence of a parsed evidence.json. */
export const parseEvidence = (value: unknown): Evidence => fromRecord(EvidenceRecord.parse(value));

function toRecord({ turn, stop, failure, ...rest }: Evidence): EvidenceRecord {
  const { usageLimit: limit, lastCommand: command, ended } = turn;
  return {
    version: 1,
    turn: {
      ended: ended ? { status: ended.status, ...(ended.error ? { error: short(ended.error) } : {}) } : null,
      last_message: bothEnds(turn.lastMessage, MESSAGE_CHARS),
      last_error: turn.lastError ? short(turn.lastError) : null,
      usage_limit: limit ? { used_percent: limit.usedPercent, resets_at: limit.resetsAt } : null,
      failed_commands: turn.failedCommands,
      last_command: command ? { command: command.command, exit_code: command.exitCode } : null,
    },
    stop: stop ? { verdict: stop.verdict, reason: cut(stop.reason), ...hintOf(stop) } : null,
    failure: failure ? { kind: failure.kind, message: cut(failure.message), ...hintOf(failure) } : null,
    schema: rest.schema,
    out_of_scope: rest.outOfScope.slice(0, MAX_FILES),
    unaudited: rest.unaudited === undefined ? null : cut(rest.unaudited),
    checked: rest.checked ? { ok: rest.checked.ok, reason: cut(rest.checked.reason) } : null,
  };
}

function fromRecord({ turn, ...record }: EvidenceRecord): Evidence {
  const { usage_limit: limit, last_command: command } = turn;
  const { stop, failure } = record;
  return {
    turn: {
      ended: turn.ended
        ? { status: turn.ended.status, ...(turn.ended.error ? { error: errorFrom(turn.ended.error) } : {}) }
        : undefined,
      lastMessage: turn.last_message,
      lastError: turn.last_error ? errorFrom(turn.last_error) : undefined,
      usageLimit: limit ? { usedPercent: limit.used_percent, resetsAt: limit.resets_at } : undefined,
      failedCommands: turn.failed_commands,
      lastCommand: command ? { command: command.command, exitCode: command.exit_code } : undefined,
    },
    stop: stop ? { verdict: stop.verdict, reason: stop.reason, ...hintOf(stop) } : undefined,
    failure: failure ? { kind: failure.kind, message: failure.message, hint: failure.hint } : undefined,
    schema: record.schema,
    outOfScope: record.out_of_scope,
    unaudited: record.unaudited ?? undefined,
    checked: record.checked ?? undefined,
  };
}

type TurnError = NonNullable<Evidence["turn"]["lastError"]>;

const short = (error: TurnError): TurnError => ({
  ...error,
  message: cut(error.message),
  ...(error.details === undefined ? {} : { details: cut(error.details) }),
});

const errorFrom = ({ message, code, httpStatus, details }: z.infer<typeof ErrorRecord>): TurnError => ({
  message,
  ...(code === undefined ? {} : { code }),
  ...(httpStatus === undefined ? {} : { httpStatus }),
  ...(details === undefined ? {} : { details }),
});

const hintOf = ({ hint }: { hint?: string | undefined }) => (hint === undefined ? {} : { hint });
const cut = (text: string): string => text.slice(0, TEXT_CHARS);

function bothEnds(text: string, chars: number): string {
  if (text.length <= chars) return text;
  return `${text.slice(0, chars / 2)}\n\n[…]\n\n${text.slice(-chars / 2)}`;
}
