import * as z from "zod";
import { EXIT_TABLE, START_TABLE } from "../core/exit-table.ts";
import { EndedProcesses, Receipt } from "../core/record.ts";
import { RunRequest } from "../core/request.ts";
import { DELIVERIES } from "../core/session.ts";

/** What a client may ask of a broker, and what it hears: JSON-RPC, one object a line, over the broker's socket. */
export const METHODS = {
  hello: "hello",
  attach: "attach",
  answer: "answer",
  cancel: "cancel",
  send: "send",
  stop: "stop",
} as const;
export const NOTIFICATIONS = { event: "event", parked: "parked", ended: "ended" } as const;

export const PROTOCOL_VERSION = 1;
/** Nothing is said to a client that has not shown the token first. */
export const NOT_WELCOME = -32001;
export const NO_SUCH_METHOD = -32601;
export const BAD_PARAMS = -32602;
/** The broker says no for a reason of its own; `data` is a `Refusal`. */
export const REFUSED = -32000;

/** A message may be this long with all that goes with it, in bytes of its line. */
export const LINE_BYTES = 8 * 1024 * 1024;

export const HelloParams = z.looseObject({ token: z.string(), version: z.int() });
/** Without a run, the question or the turn of now is meant, whichever run has it. */
export const AnswerParams = z.strictObject({ text: z.string(), run_id: z.string().nullish() });
export const CancelParams = z.strictObject({ reason: z.string(), run_id: z.string().nullish() });
export const StopParams = z.strictObject({ reason: z.string() });
export const SendParams = z.strictObject({
  message_id: z.string(),
  delivery: z.enum(DELIVERIES),
  text: z.string(),
  request: RunRequest,
});
export type SendParams = z.infer<typeof SendParams>;

export const AttachResult = z.looseObject({ parked: Receipt.nullable() });
export type AttachResult = z.infer<typeof AttachResult>;
/** The run whose question it was; null where none waited. */
export const AnswerResult = z.looseObject({ delivered: z.boolean(), run_id: z.string().nullable() });
export type AnswerResult = z.infer<typeof AnswerResult>;
/** null: there was no such run at work. */
export const CancelResult = z.looseObject({ receipt: Receipt.nullable() });
export const SendResult = z.looseObject({
  delivery: z.enum(["started", "queued", "steered"]),
  run_id: z.string(),
  queue_depth: z.int(),
  note: z.string().nullable(),
});
export type SendResult = z.infer<typeof SendResult>;
/** What the sweep found, and the ids of the messages that nobody will get. */
export const StopResult = z.looseObject({ processes: EndedProcesses, undelivered: z.array(z.string()) });
export type StopResult = z.infer<typeof StopResult>;

/** A run that is parked on a question has an interim receipt; one that has ended has its last. */
export const ReceiptParams = z.looseObject({ receipt: Receipt });
/** An event as a client sees it: checked for its type only, because a newer broker may know more of them. */
export const EventParams = z.looseObject({ run_id: z.string(), event: z.looseObject({ type: z.string() }) });

/** An `AskCodexError` on its way over the line, so that the client ends with the broker's exit code and hint. */
export const Refusal = z.looseObject({
  kind: z.enum([...EXIT_TABLE, ...START_TABLE].map((row) => row.verdict)),
  hint: z.string().optional(),
});
