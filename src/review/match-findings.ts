import { type ClaimWords, claimWords, likeness } from "./claim-words.ts";
import type { LedgerEntry } from "./ledger-state.ts";
import type { PlacedClaim } from "./merge-claims.ts";

/** A claim of this review with what its lines say. */
export interface Found {
  claim: PlacedClaim;
  anchors: readonly string[];
}

export type FoundByFile = ReadonlyMap<string | null, readonly Found[]>;

/** A claim and an entry of two files are never compared: there may be many of both. */
export function byFile(found: readonly Found[]): FoundByFile {
  const files = new Map<string | null, Found[]>();
  for (const one of found) {
    const known = files.get(one.claim.file);
    if (known) known.push(one);
    else files.set(one.claim.file, [one]);
  }
  return files;
}

/** What ties a claim to an entry. */
export interface Tie {
  score: number;
  /** Also by its place, not by the words alone. */
  held: boolean;
  /** By nothing that would tell it from the same words said of other lines. */
  sameLines: boolean;
}

const NEAR_LINES = 3;

/**
 * Whether a claim is an earlier finding again: in the same file, and alike in its words, the less so the surer the
 * place is. `file` is the entry's under the name that it has now.
 */
export function tie(
  entry: LedgerEntry,
  file: string | null,
  { claim, anchors }: Found,
  words = claimWords,
): Tie | undefined {
  if (file !== claim.file) return undefined;
  const alike = likeness(words(entry.claim), words(claim.claim));
  const anchored = anchors.some((anchor) => entry.anchors.includes(anchor));
  const near = entry.line !== null && claim.line !== null && Math.abs(entry.line - claim.line) <= NEAR_LINES;
  const least = anchored ? 0.25 : near ? 0.45 : 0.6;
  if (alike < least) return undefined;
  const nowhere = anchors.length === 0 || entry.anchors.length === 0;
  return {
    score: alike + (anchored ? 0.5 : 0) + (near ? 0.2 : 0),
    held: anchored || near || nowhere,
    sameLines: anchored || nowhere,
  };
}

/**
 * For each claim the earlier finding that it is, the best pairs first, none twice. What was waived hides what is found,
 * so for it like words in another place are not enough.
 */
export function matchFindings(
  entries: readonly LedgerEntry[],
  found: FoundByFile,
  fileNow: (entry: LedgerEntry) => string | null,
  words = rememberWords(),
): Map<Found, LedgerEntry> {
  const ties = entries.flatMap((entry) => {
    const file = fileNow(entry);
    return (found.get(file) ?? []).flatMap((one) => {
      const tied = tie(entry, file, one, words);
      return tied && (tied.held || entry.waived === null) ? [{ one, entry, score: tied.score }] : [];
    });
  });
  const matched = new Map<Found, LedgerEntry>();
  const taken = new Set<LedgerEntry>();
  for (const { one, entry } of ties.toSorted((a, b) => b.score - a.score)) {
    if (matched.has(one) || taken.has(entry)) continue;
    matched.set(one, entry);
    taken.add(entry);
  }
  return matched;
}

/** Each claim is taken apart once. */
export function rememberWords(): (claim: string) => ClaimWords {
  const known = new Map<string, ClaimWords>();
  return (claim) => {
    const words = known.get(claim) ?? claimWords(claim);
    known.set(claim, words);
    return words;
  };
}
