import type { Finding, ReviewKind, ReviewResult } from "../core/review.ts";
import { newFindingId } from "./fingerprint.ts";
import { entryState, type Ledger, type LedgerEntry } from "./ledger-state.ts";
import { byFile, type Found, matchFindings, rememberWords, tie } from "./match-findings.ts";

/** What a review has to tell the ledger. */
export interface Sighting {
  reviewId: string;
  kind: ReviewKind;
  focus: string | null;
  found: readonly Found[];
  /** New names by old ones. */
  renamed: ReadonlyMap<string, string>;
  /** Whether the review looked where the finding was, and its answer was read. */
  lookedAt: (entry: LedgerEntry, file: string | null) => boolean;
}

export interface Reconciled {
  /** The very same object where nothing is new. */
  ledger: Ledger;
  findings: Finding[];
  fixed: ReviewResult["fixed"];
}

/** Of what is over, so many are remembered; what is open or waived always is. */
const MAX_FIXED = 500;

/** What the ledger makes of a review. Told the same again it says the same again, also when a later review came between. */
export function reconcile(ledger: Ledger, sighting: Sighting): Reconciled {
  const { reviewId, found, renamed } = sighting;
  const words = rememberWords();
  const foundIn = byFile(found);
  const fileNow = ({ file }: LedgerEntry) => (file === null ? null : (renamed.get(file) ?? file));
  const matched = matchFindings(ledger.entries, foundIn, fileNow, words);
  const seen = new Map([...matched].map(([one, entry]) => [entry.id, one]));
  // Seen twice before and once now: neither is gone.
  const isThere = (entry: LedgerEntry) => {
    const file = fileNow(entry);
    return foundIn.get(file)?.some((one) => tie(entry, file, one, words)?.sameLines) ?? false;
  };
  const known = ledger.entries.map((entry) => {
    const one = seen.get(entry.id);
    if (one) return seenAgain(entry, one, reviewId);
    const isFixed = wouldBeFound(entry, fileNow(entry), sighting) && !isThere(entry);
    return isFixed ? { ...entry, fixed_in: reviewId } : entry;
  });
  const ids = new Set(known.map(({ id }) => id));
  const added: LedgerEntry[] = [];
  const idOf = new Map<Found, string>([...matched].map(([one, entry]) => [one, entry.id]));
  for (const one of found.filter((each) => !matched.has(each))) {
    const entry = newEntry(one, sighting, ids);
    ids.add(entry.id);
    idOf.set(one, entry.id);
    added.push(entry);
  }
  const entries = withoutOldest([...known, ...added]);
  const byId = new Map([...known, ...added].map((entry) => [entry.id, entry]));
  return {
    ledger: JSON.stringify(entries) === JSON.stringify(ledger.entries) ? ledger : { ...ledger, entries },
    findings: found.flatMap((one) => {
      const entry = byId.get(idOf.get(one) ?? "");
      return entry ? [toFinding(one, entry, reviewId)] : [];
    }),
    fixed: entries.filter((entry) => entry.fixed_in === reviewId).map(({ id, file, claim }) => ({ id, file, claim })),
  };
}

/** A review that is older than the last look changes nothing of what that one saw. */
function seenAgain(entry: LedgerEntry, { claim, anchors }: Found, reviewId: string): LedgerEntry {
  if (reviewId < entry.last || (entry.fixed_in !== null && reviewId < entry.fixed_in)) return entry;
  const { file, line, severity } = claim;
  return { ...entry, file, line, severity, anchors: [...anchors], last: reviewId, fixed_in: null };
}

/** Only what this review would have found again: by the same eyes, with the same question, in what it read. */
function wouldBeFound(entry: LedgerEntry, file: string | null, sighting: Sighting): boolean {
  const { reviewId, kind, focus, lookedAt } = sighting;
  if (entry.fixed_in !== null || entry.last >= reviewId) return false;
  if (entry.kind !== kind || (focus !== null && focus !== entry.focus)) return false;
  return lookedAt(entry, file);
}

function newEntry(
  { claim, anchors }: Found,
  { reviewId, kind, focus }: Sighting,
  ids: ReadonlySet<string>,
): LedgerEntry {
  return {
    id: newFindingId(claim, anchors, (id) => ids.has(id)),
    file: claim.file,
    line: claim.line,
    severity: claim.severity,
    claim: claim.claim,
    anchors: [...anchors],
    kind,
    focus,
    first: reviewId,
    last: reviewId,
    fixed_in: null,
    waived: null,
  };
}

function toFinding({ claim }: Found, { id, first, waived }: LedgerEntry, reviewId: string): Finding {
  const state = waived ? "waived" : first < reviewId ? "repeated" : "new";
  return { ...claim, id, state, ...(waived ? { waived: waived.reason } : {}) };
}

function withoutOldest(entries: readonly LedgerEntry[]): LedgerEntry[] {
  const fixed = entries.filter((entry) => entryState(entry) === "fixed");
  if (fixed.length <= MAX_FIXED) return [...entries];
  const oldest = fixed.toSorted((a, b) => ((a.fixed_in ?? "") < (b.fixed_in ?? "") ? -1 : 1)).slice(0, -MAX_FIXED);
  return entries.filter((entry) => !oldest.includes(entry));
}
