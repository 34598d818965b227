import * as z from "zod";
import { Receipt } from "../core/record.ts";

/** What a client may ask of a broker, and what it hears: JSON-RPC, one object a line, over the broker's socket. */
export const METHODS = { attach: "attach", cancel: "cancel", answer: "answer" } as const;
export const NOTIFICATIONS = { event: "event", parked: "parked", ended: "ended" } as const;

export const AnswerParams = z.strictObject({ text: z.string() });
export const AnswerResult = z.looseObject({ delivered: z.boolean() });
export const CancelParams = z.strictObject({ reason: z.string() });

/** A run that is parked on a question has an interim receipt; one that has ended has its last. */
export const ReceiptParams = z.looseObject({ receipt: Receipt });
export const AttachResult = z.looseObject({ parked: Receipt.nullish() });

/** An event as a client sees it: checked for its type only, because a newer broker may know more of them. */
export const EventParams = z.looseObject({ event: z.looseObject({ type: z.string() }) });
