import { type Finding, PLACES, SEVERITIES } from "../core/review.ts";
import { type ClaimWords, claimWords, differByOneWord, likeness } from "./claim-words.ts";

/** A claim with its place, not known to the ledger yet. */
export type PlacedClaim = Omit<Finding, "id" | "state" | "waived">;

/** From here on two claims about the same lines are taken for one. */
const ALIKE = 0.55;

interface Group {
  members: { claim: PlacedClaim; words: ClaimWords }[];
}

/**
 * What several parts (or one, twice) claim of the same lines in like words is one finding, as bad as the worst says,
 * with the evidence of all. In doubt they stay two: a finding too many is read past, one that was merged away is lost.
 */
export function mergeClaims(claims: readonly PlacedClaim[]): PlacedClaim[] {
  const groups: Group[] = [];
  for (const claim of claims) {
    const one = { claim, words: claimWords(claim.claim) };
    // Every member must be meant: a chain of likenesses leads from anything to anything.
    const group = groups.find(({ members }) => members.every((member) => isSame(member, one)));
    if (group) group.members.push(one);
    else groups.push({ members: [one] });
  }
  return groups.map(({ members }) => members.map(({ claim }) => claim).reduce(merge));
}

function isSame(one: Group["members"][number], other: Group["members"][number]): boolean {
  const [a, b] = [one.claim, other.claim];
  if (a.file !== b.file || !touch(a, b)) return false;
  if (oneText(a.claim) === oneText(b.claim)) return true;
  return likeness(one.words, other.words) >= ALIKE && !differByOneWord(one.words, other.words);
}

/** Overlapping or adjacent lines; a claim without lines touches only one without. */
function touch(a: PlacedClaim, b: PlacedClaim): boolean {
  if (a.line === null || b.line === null) return a.line === b.line;
  return a.line <= (b.end_line ?? b.line) + 1 && b.line <= (a.end_line ?? a.line) + 1;
}

function merge(one: PlacedClaim, other: PlacedClaim): PlacedClaim {
  const [worse, rest] = rank(one) <= rank(other) ? [one, other] : [other, one];
  return {
    ...worse,
    line: worse.line === null || rest.line === null ? worse.line : Math.min(worse.line, rest.line),
    end_line: worse.line === null ? null : Math.max(lastLine(worse), lastLine(rest)),
    place: PLACES[Math.min(PLACES.indexOf(one.place), PLACES.indexOf(other.place))] ?? worse.place,
    evidence: both(worse.evidence, rest.evidence),
    suggestion: both(worse.suggestion, rest.suggestion),
  };
}

const rank = ({ severity }: PlacedClaim): number => SEVERITIES.indexOf(severity);
const lastLine = ({ line, end_line: end }: PlacedClaim): number => end ?? line ?? 0;
const oneText = (text: string): string => text.replaceAll(/\s+/g, " ").trim().toLowerCase();

/** Both texts, or the one that says it all. */
function both(one: string, other: string): string {
  if (oneText(one).includes(oneText(other))) return one;
  return oneText(other).includes(oneText(one)) ? other : `${one}\n\n${other}`;
}
