import { describe, expect, it } from "vitest";
import type * as z from "zod";
import {
  AnswerParams,
  AnswerResult,
  AttachResult,
  CancelParams,
  CancelResult,
  EventParams,
  HelloParams,
  METHODS,
  NOTIFICATIONS,
  ReceiptParams,
  Refusal,
  SendParams,
  SendResult,
  StopParams,
  StopResult,
} from "../../../src/broker/protocol.ts";
import { sampleReceipt, sampleRequest } from "../core/samples.ts";

const NO_PROCESSES = { killed: [], left: [], removed_dirs: [] };
const message = { message_id: "m-1", delivery: "steer", text: "go on", request: sampleRequest() };
const sent = { delivery: "steered", run_id: "r-1", queue_depth: 0, note: null };

it("has these words, which programs on both sides of an update know", () => {
  expect(Object.values(METHODS)).toEqual(["hello", "attach", "answer", "cancel", "send", "stop"]);
  expect(Object.values(NOTIFICATIONS)).toEqual(["event", "parked", "ended"]);
});

describe("what is said", () => {
  it.each<[string, z.ZodType, object]>([
    ["hello", HelloParams, { token: "t", version: 1 }],
    ["hello of a later version", HelloParams, { token: "t", version: 2, more: true }],
    ["an answer", AnswerParams, { text: "blue" }],
    ["an answer to one run", AnswerParams, { text: "blue", run_id: "r-1" }],
    ["a cancel", CancelParams, { reason: "Ctrl-C" }],
    ["a cancel of one run", CancelParams, { reason: "Ctrl-C", run_id: "r-1" }],
    ["a message", SendParams, message],
    ["a stop", StopParams, { reason: "enough" }],
    ["nothing that waits", AttachResult, { parked: null }],
    ["a question that waits", AttachResult, { parked: sampleReceipt({ verdict: "question" }) }],
    ["an answer that came too late", AnswerResult, { delivered: false, run_id: null }],
    ["nothing to cancel", CancelResult, { receipt: null }],
    ["a message's receipt", SendResult, sent],
    ["a message's receipt with a note", SendResult, { ...sent, delivery: "queued", note: "the turn had ended" }],
    ["what a stop found", StopResult, { processes: NO_PROCESSES, undelivered: ["m-1"] }],
    ["an end", ReceiptParams, { receipt: sampleReceipt() }],
    ["an event of a kind that we don't know", EventParams, { run_id: "r-1", event: { type: "new", at: 1 } }],
    ["a refusal", Refusal, { kind: "refused" }],
    ["a refusal with a hint", Refusal, { kind: "usage", hint: "wait" }],
  ])("%s is understood, and nothing of it lost", (_, schema, value) => {
    expect(schema.parse(JSON.parse(JSON.stringify(value)))).toEqual(value);
  });

  it.each<[string, z.ZodType, object]>([
    ["hello without a token", HelloParams, { version: 1 }],
    ["an answer to no run by a number", AnswerParams, { text: "x", run_id: 7 }],
    ["a cancel without a reason", CancelParams, {}],
    ["a message that is delivered otherwise", SendParams, { ...message, delivery: "now" }],
    ["a message without its request", SendParams, { ...message, request: undefined }],
    ["a message with more power than a request has words for", SendParams, { ...message, sudo: true }],
    ["a message's receipt without a run", SendResult, { ...sent, run_id: null }],
    ["a stop without what it found", StopResult, { undelivered: [] }],
    ["an event of no run", EventParams, { event: { type: "message" } }],
    ["a refusal of no kind in the table", Refusal, { kind: "sulking" }],
  ])("%s is not", (_, schema, value) => {
    expect(schema.safeParse(value).success).toBe(false);
  });
});
