import * as z from "zod";
import type { Claim, Severity } from "../core/review.ts";

/** Capped before any pattern looks at it. */
const Text = z
  .string()
  .catch("")
  .transform((text) => text.slice(0, 20_000));

/**
 * What Codex asks of its own reviewer (the review guidelines in the binary of 0.169.0, and the app-server's raw agent
 * message); nothing checks that the model keeps to it, so whatever is not needed may be missing or odd.
 */
const NativeFinding = z
  .object({
    title: Text,
    body: Text,
    priority: z.unknown().optional(),
    code_location: z
      .object({
        absolute_file_path: z.string().nullable().catch(null),
        line_range: z.object({ start: z.number(), end: z.number().optional() }).nullable().catch(null),
      })
      .nullable()
      .catch(null),
  })
  .refine(({ title, body }) => `${title}${body}`.trim() !== "");

export const NativeAnswer = z
  .object({
    findings: z.array(NativeFinding),
    overall_correctness: z.string().optional(),
    overall_explanation: z.string().catch(""),
  })
  .refine(({ findings, overall_correctness: overall }) => findings.length > 0 || overall !== undefined);
export type NativeAnswer = z.infer<typeof NativeAnswer>;

const SEVERITY_OF: readonly Severity[] = ["critical", "high", "medium", "low"];
const TAG = /^\s*\[\s*P([0-3])\s*\]\s*/i;
const SUGGESTION = /^[ \t]*```suggestion[^\n]*\n([\s\S]*?)^[ \t]*```[ \t]*$/gm;

/** The claims of a native answer in our own words; the file is still as the model wrote it. */
export const nativeClaims = ({ findings }: NativeAnswer): Claim[] => findings.map(toClaim);

function toClaim({ title, body, priority, code_location: at }: NativeAnswer["findings"][number]): Claim {
  const said = title.replace(TAG, "").trim();
  return {
    severity: severityOf(priority, title),
    file: at?.absolute_file_path ?? null,
    line: lineOf(at?.line_range?.start),
    end_line: lineOf(at?.line_range?.end ?? at?.line_range?.start),
    claim: said || firstSentence(body),
    evidence: body.replaceAll(SUGGESTION, "").trim(),
    suggestion: [...body.matchAll(SUGGESTION)].map(([, code = ""]) => code.replace(/\n$/, "")).join("\n\n"),
  };
}

/** Of number and tag the worse; a finding without either is one all the same. */
function severityOf(priority: unknown, title: string): Severity {
  const tag = TAG.exec(title)?.[1];
  const ranks = [rankOf(priority), ...(tag === undefined ? [] : [Number(tag)])].filter((rank) => rank !== undefined);
  return SEVERITY_OF[Math.min(...ranks)] ?? "medium";
}

function rankOf(priority: unknown): number | undefined {
  const digit = /^P?([0-3])$/i.exec(String(priority).trim())?.[1];
  return digit === undefined ? undefined : Number(digit);
}

const lineOf = (line: number | undefined): number | null =>
  line !== undefined && Number.isSafeInteger(line) && line >= 1 ? line : null;

const firstSentence = (text: string): string => /^.*?(?:[.!?](?=\s)|$)/s.exec(text.trim())?.[0] ?? "";
