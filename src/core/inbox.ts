import * as z from "zod";
import { Owner } from "./request.ts";

/**
 * What a run has to tell: its end, a question of Codex's by the id of its call, or that its record can't be read. Each is
 * delivered by itself: who has read a question has not read the end.
 */
export const What = z.union([z.literal(["finished", "unreadable"]), z.templateLiteral(["question:", z.string()])]);
export type What = z.infer<typeof What>;

/**
 * `<run>/inbox/<what>/<n>.json`: to whom an item of the inbox was shown; the highest number counts. It stands for as long as
 * the process lives that it names, and for an hour where that is not known.
 */
export const InboxClaim = z.strictObject({
  version: z.literal(1),
  run_id: z.string(),
  what: What,
  session: z.string(),
  owner: Owner.nullable(),
  at: z.string(),
});
export type InboxClaim = z.infer<typeof InboxClaim>;

/** `<run>/inbox/<what>/read.json`: the item was read, and is shown to nobody any more. `by` is a session; null: a person. */
export const InboxRead = z.strictObject({
  version: z.literal(1),
  run_id: z.string(),
  what: What,
  by: z.string().nullable(),
  at: z.string(),
});
export type InboxRead = z.infer<typeof InboxRead>;
