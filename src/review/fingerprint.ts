import { createHash } from "node:crypto";
import { claimWords } from "./claim-words.ts";
import type { PlacedClaim } from "./merge-claims.ts";
import type { ReviewedText } from "./reviewed-text.ts";

const MAX_ANCHORS = 12;
/** `}`, `else {`, `return;`: lines that are everywhere hold nothing. */
const MIN_LETTERS = 6;
const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";

/** What a line says, as a short name: the same however it is indented; undefined for a line that says nothing of its own. */
export function anchorOf(line: string): string | undefined {
  const text = line.replaceAll(/\s+/g, "");
  const letters = text.replaceAll(/[^\p{L}\p{N}]/gu, "");
  return letters.length < MIN_LETTERS ? undefined : sha256(text).slice(0, 12);
}

/** The lines that a claim points at, by what they say, so that it is found again when they have moved. */
export function anchorsOf(
  { line, end_line: end }: Pick<PlacedClaim, "line" | "end_line">,
  text: ReviewedText,
): string[] {
  if (line === null || typeof text === "string") return [];
  const anchors = text.slice(line - 1, end ?? line).flatMap((one) => anchorOf(one) ?? []);
  return [...new Set(anchors)].slice(0, MAX_ANCHORS);
}

/**
 * The id that a finding gets when it is seen for the first time: from its file, the words of its claim and the text of
 * its lines, none of it in order. It keeps it from then on, for the ledger knows it again.
 */
export function newFindingId(
  { file, claim }: Pick<PlacedClaim, "file" | "claim">,
  anchors: readonly string[],
  isTaken: (id: string) => boolean,
): string {
  const { words, names } = claimWords(claim);
  const print = JSON.stringify([file, [...words].sort(), [...names].sort(), anchors.toSorted()]);
  for (let nth = 0; ; nth++) {
    const id = `f-${letters(nth === 0 ? print : `${print}${nth}`)}`;
    if (!isTaken(id)) return id;
  }
}

export const isFindingId = (id: string): boolean => /^f-[a-z0-9]{8}$/.test(id);

const letters = (text: string): string =>
  [...createHash("sha256").update(text).digest().subarray(0, 8)]
    .map((byte) => ALPHABET[byte % ALPHABET.length])
    .join("");

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
