import * as z from "zod";
import { EndedProcesses } from "./record.ts";
import { Owner, RunRequest } from "./request.ts";

/** What a session is, in one word (DESIGN.md 5.2). `waiting_input`: it waits for an answer, or for the next message. */
export const SESSION_STATES = ["queued", "running", "waiting_input", "attention_required", "stopped", "lost"] as const;
export type SessionState = (typeof SESSION_STATES)[number];

/** How the broker of a session ended. `lost` is written by a reader, every other one by the broker itself. */
export const BrokerEnd = z.strictObject({
  at: z.string(),
  how: z.enum(["stopped", "idle", "failed", "lost"]),
  reason: z.string(),
  processes: EndedProcesses,
});
export type BrokerEnd = z.infer<typeof BrokerEnd>;

/**
 * sessions/<broker-id>/brokers/<n>.json: the n-th broker of a live session. Whoever makes the file with the next number
 * holds the session; its owner alone writes it until it is dead.
 */
export const BrokerRecord = z.strictObject({
  version: z.literal(1),
  broker_id: z.string(),
  name: z.string().nullable(),
  key: z.string().nullable(),
  workspace: z.string(),
  created_at: z.string(),
  /** Who asked for it; the broker claims the record within a tenth of a second. */
  starter: Owner,
  owner: Owner.nullable(),
  socket: z.string(),
  /** What a client must show to be let in; the record can be read by its user only. */
  token: z.string(),
  idle_exit_ms: z.int().min(0),
  /** With what Codex is started before anything else is loaded. */
  codex: RunRequest.shape.codex,
  engine: RunRequest.shape.engine,
  env: z.array(z.string()),
  /** The Codex that stays between the runs; it leads the session of processes that it belongs to. */
  codex_process: Owner.nullable(),
  ended: BrokerEnd.nullable(),
});
export type BrokerRecord = z.infer<typeof BrokerRecord>;

export const DELIVERIES = ["queue", "steer", "interrupt"] as const;
export type Delivery = (typeof DELIVERIES)[number];

/** sessions/<broker-id>/queue/<n>.json: a message, and what became of it. The numbers are the order of the receipts. */
export const Message = z.strictObject({
  version: z.literal(1),
  message_id: z.string(),
  number: z.int().min(1),
  /** How it was sent; a steer that came too late waits as `queue`. */
  delivery: z.enum(DELIVERIES),
  text: z.string(),
  /** The run that it becomes when its turn comes; the broker fills in the thread. */
  request: RunRequest,
  created_at: z.string(),
  state: z.enum(["queued", "consumed", "undelivered"]),
  /** The run that it was consumed in. */
  run_id: z.string().nullable(),
  /** Why it was not delivered, or not as it was sent. */
  why: z.string().nullable(),
});
export type Message = z.infer<typeof Message>;
