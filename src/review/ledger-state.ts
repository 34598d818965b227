import * as z from "zod";
import { REVIEW_KINDS, SEVERITIES } from "../core/review.ts";

/** A finding as the ledger of a branch knows it; it keeps its id from its first sight on. */
export const LedgerEntry = z.strictObject({
  id: z.string(),
  /** Where it was last seen. */
  file: z.string().nullable(),
  line: z.int().min(1).nullable(),
  severity: z.enum(SEVERITIES),
  /** In the words of the review that saw it first. */
  claim: z.string(),
  /** The flagged lines by what they said when it was last seen: hashes, for the code itself is not kept. */
  anchors: z.array(z.string()),
  kind: z.enum(REVIEW_KINDS),
  focus: z.string().nullable(),
  /** Reviews by id, which sort by time. */
  first: z.string(),
  last: z.string(),
  /** The review that looked for it and did not find it again. */
  fixed_in: z.string().nullable(),
  waived: z.strictObject({ reason: z.string(), at: z.string() }).nullable(),
});
export type LedgerEntry = z.infer<typeof LedgerEntry>;

/** reviews/ledgers/<branch>/<n>.json: the highest number counts. */
export const Ledger = z.strictObject({
  version: z.literal(1),
  /** null: a detached HEAD, whose commit it is then. */
  branch: z.string().nullable(),
  head: z.string().nullable(),
  entries: z.array(LedgerEntry),
});
export type Ledger = z.infer<typeof Ledger>;

export const entryState = ({ waived, fixed_in: fixed }: LedgerEntry): "waived" | "fixed" | "open" =>
  waived ? "waived" : fixed === null ? "open" : "fixed";
