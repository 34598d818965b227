import { type Claim, FindingsAnswer, SEVERITIES } from "../core/review.ts";
import { findObjects } from "./find-objects.ts";
import { NativeAnswer, nativeClaims } from "./native-answer.ts";

/** The answer of one part, read; `unparsed` is never an approval. */
export type ParsedAnswer =
  | { review: "parsed"; summary: string; claims: Claim[]; note?: string }
  | { review: "unparsed"; reason: string };

const ANSWER_CHARS = 2_000_000;
/** What a part may claim; of more the worst are kept, and it is said. */
const MAX_CLAIMS = 200;
const CHARS = { claim: 600, text: 4_000, path: 4_096 };

/**
 * Reads an answer in one of two forms, Codex's own reviewer's or ours: a run that could not start the one answers in
 * the other. It must hold exactly one such object, alone, in a fence, or behind prose.
 */
export function parseAnswer(text: string): ParsedAnswer {
  if (text.trim() === "") return unparsed("the answer is empty");
  if (text.length > ANSWER_CHARS) return unparsed(`the answer has ${text.length} characters`);
  const answers = findObjects(text).flatMap(readOne);
  const [only] = answers;
  if (only === undefined) return unparsed("the answer holds no review in a form that was asked for");
  return answers.length === 1 ? only : unparsed(`the answer holds ${answers.length} reviews`);
}

function readOne(value: unknown): ParsedAnswer[] {
  const ours = FindingsAnswer.safeParse(value).data;
  if (ours) return [within(ours.summary, ours.findings)];
  const native = NativeAnswer.safeParse(value).data;
  return native ? [judgeNative(native)] : [];
}

/** Findings win over the word on the whole; that word alone approves only where it is exactly the one that says so. */
function judgeNative(answer: NativeAnswer): ParsedAnswer {
  if (answer.findings.length > 0 || answer.overall_correctness === "patch is correct")
    return within(answer.overall_explanation, nativeClaims(answer));
  if (answer.overall_correctness === "patch is incorrect")
    // Something is wrong, and nobody says what: neither an approval nor anything that could be mended.
    return unparsed("it says that the patch is incorrect and names no finding");
  return unparsed("it names no finding and does not say that the patch is correct");
}

const unparsed = (reason: string): ParsedAnswer => ({ review: "unparsed", reason });

function within(summary: string, all: readonly Claim[]): ParsedAnswer {
  const worst = all.toSorted((one, other) => SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity));
  const claims = worst.slice(0, MAX_CLAIMS).map(shorten);
  const note = all.length > MAX_CLAIMS ? `the worst ${MAX_CLAIMS} of its ${all.length} findings are kept` : undefined;
  return { review: "parsed", summary: cut(summary, CHARS.text), claims, ...(note === undefined ? {} : { note }) };
}

const shorten = (claim: Claim): Claim => ({
  ...claim,
  file: claim.file === null ? null : claim.file.slice(0, CHARS.path),
  claim: cut(claim.claim, CHARS.claim),
  evidence: cut(claim.evidence, CHARS.text),
  suggestion: cut(claim.suggestion, CHARS.text),
});

/** Never between the halves of a surrogate pair. */
function cut(text: string, chars: number): string {
  if (text.length <= chars) return text;
  return `${text.slice(0, chars - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
