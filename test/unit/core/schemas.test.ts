import { describe, expect, it } from "vitest";
import type * as z from "zod";
import { EXIT_TABLE, START_TABLE } from "../../../src/core/exit-table.ts";
import { EntryFile, Packet } from "../../../src/core/packet.ts";
import { Receipt, RunStatus, SessionRecord } from "../../../src/core/record.ts";
import { Limits, Owner, RunRequest } from "../../../src/core/request.ts";
import { BrokerRecord, Message } from "../../../src/core/session.ts";
import {
  AT,
  RUN_ID,
  sampleBrokerRecord,
  sampleMessage,
  samplePacket,
  samplePower,
  sampleReceipt,
  sampleRequest,
  sampleSession,
} from "./samples.ts";

const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const OWNER = { pid: 1, startTime: "5", bootId: "b" };
const QUESTION = { callId: "call_1", question: "Which?", options: ["a"], askedAt: AT };

/** What the program writes, with and without what is optional. */
const WRITTEN: readonly (readonly [name: string, schema: z.ZodType, value: object])[] = [
  ["a request", RunRequest, sampleRequest()],
  [
    "a request with everything",
    RunRequest,
    sampleRequest({
      model: "gpt-5.5",
      reasoning: "high",
      threadId: "t",
      schema: { type: "object", properties: { a: { const: null } } },
      output: "/o",
      warnings: ["w"],
      power: samplePower({ write: "scope", scope: ["src/", "*.md"], writable: ["/x"], network: true, env: ["A"] }),
      deny: ["secrets/"],
      volatile: ["*.log"],
      verifyBase: true,
    }),
  ],
  ["a packet", Packet, samplePacket()],
  [
    "a packet with everything",
    Packet,
    samplePacket({
      files: [{ path: "a" }],
      scope: ["src/"],
      nonGoals: ["no new dependency"],
      verify: ["npm test"],
      verifyProse: ["it looks right"],
      expectFiles: ["src/new.ts"],
      deliverable: "a patch",
      context: "c",
      plan: "/plan.md",
      taskId: "U-1.a_b",
      allowDirtyOverlap: true,
    }),
  ],
  ["a packet that writes nothing", Packet, samplePacket({ scope: [] })],
  ["a queued run", RunStatus, { version: 1, runId: RUN_ID, state: "queued", updatedAt: AT }],
  [
    "a run that asks",
    RunStatus,
    {
      version: 1,
      runId: RUN_ID,
      state: "waiting_input",
      updatedAt: AT,
      owner: OWNER,
      threadId: "t",
      question: QUESTION,
    },
  ],
  ["a receipt", Receipt, sampleReceipt()],
  [
    "a receipt of a run that never had a thread",
    Receipt,
    sampleReceipt({ session_id: null, model: null, output_path: null, files_changed: null, tokens: null, answer: "" }),
  ],
  [
    "a receipt with everything",
    Receipt,
    sampleReceipt({
      next: "n",
      resume: "r",
      question: { question: "q", options: [] },
      verification: "failed",
      verification_detail: "d",
      engine: { name: "exec", requested: "app-server", reason: "r", codex_version: "0.169.0" },
      policy: "violation",
      policy_detail: "d",
      files_changed: [{ path: "b", change: "renamed", from: "a" }],
      out_of_scope: [{ path: "b", change: "deleted" }],
      concurrent: [{ path: "c", change: "created" }],
      usage_limit: { used_percent: 42.5, resets_at: null },
      processes: { killed: ["sh (1)"], left: [], removed_dirs: [".codex"] },
    }),
  ],
  ["a session", SessionRecord, sampleSession()],
  [
    "a session with tokens",
    SessionRecord,
    sampleSession({ tokens: { input: 1, cached: 0, output: 2 }, model: "m", reasoning: "low", session_id: null }),
  ],
  ["a session that was adopted", SessionRecord, sampleSession({ adopted: true })],
  ["a broker that comes up", BrokerRecord, sampleBrokerRecord()],
  [
    "a broker that has ended",
    BrokerRecord,
    sampleBrokerRecord({
      name: "auth",
      key: "nightly",
      owner: OWNER,
      codex_process: OWNER,
      env: ["A"],
      ended: {
        at: AT,
        how: "lost",
        reason: "r",
        processes: { killed: ["sh (1)"], left: [], removed_dirs: [".codex"] },
      },
    }),
  ],
  ["a message that waits", Message, sampleMessage()],
  [
    "a message that was consumed",
    Message,
    sampleMessage({ number: 7, delivery: "steer", state: "consumed", run_id: RUN_ID, why: "it came too late" }),
  ],
];

describe("schemas", () => {
  it.each(WRITTEN)("%s comes back from JSON as it was written", (_, schema, value) => {
    expect(schema.parse(throughJson(value))).toEqual(value);
  });

  it.each(WRITTEN)("%s of another version is not read", (_, schema, value) => {
    expect(schema.safeParse({ ...value, version: 2 }).success).toBe(false);
  });

  it.each(WRITTEN)("%s with a field that nobody knows is not read", (_, schema, value) => {
    expect(schema.safeParse({ ...value, extra: 1 }).success).toBe(false);
  });

  it.each([...EXIT_TABLE, ...START_TABLE].map((row) => [row.verdict, row.exit] as const))(
    "a receipt can say %s",
    (verdict, exit) => {
      expect(Receipt.safeParse(sampleReceipt({ verdict, exit_code: exit })).success).toBe(true);
    },
  );
});

describe("what is not true is not read", () => {
  it.each<[string, z.ZodType, unknown]>([
    ["a verdict that is no row", Receipt, { ...sampleReceipt(), verdict: "great" }],
    ["an exit code that is no number", Receipt, { ...sampleReceipt(), exit_code: "0" }],
    ["half a token", Receipt, { ...sampleReceipt(), tokens: { input: 0.5, cached: 0, output: 0 } }],
    ["a state that is no state", RunStatus, { version: 1, runId: RUN_ID, state: "done", updatedAt: AT }],
    ["a pid of 0, which is a whole group", Owner, { ...OWNER, pid: 0 }],
    ["a negative pid, which is a group too", Owner, { ...OWNER, pid: -5 }],
    ["a limit below nothing", Limits, { ...sampleRequest().limits, totalMs: -1 }],
    ["half a millisecond", Limits, { ...sampleRequest().limits, checkMs: 0.5 }],
    ["an empty goal", Packet, { ...samplePacket(), goal: "" }],
    ["a role that is none", Packet, { ...samplePacket(), role: "worker" }],
    ["an empty pattern", Packet, { ...samplePacket(), scope: [""] }],
    ["an empty check", Packet, { ...samplePacket(), verify: [""] }],
    ["a task id that leads elsewhere", Packet, { ...samplePacket(), taskId: "../x" }],
    ["a task id that is an option", Packet, { ...samplePacket(), taskId: "-x" }],
    ["a task id of 65 characters", Packet, { ...samplePacket(), taskId: "x".repeat(65) }],
    ["a packet that does not say whether it may overlap", Packet, { ...samplePacket(), allowDirtyOverlap: undefined }],
    ["a policy that is no word", Receipt, { ...sampleReceipt(), policy: "fine" }],
    ["a message without a place in the queue", Message, { ...sampleMessage(), number: 0 }],
    ["a message that is delivered in some other way", Message, { ...sampleMessage(), delivery: "soon" }],
    ["a broker that ended in some other way", BrokerRecord, { ...sampleBrokerRecord(), ended: { how: "gone" } }],
    ["line 0", EntryFile, { path: "a", from: 0 }],
    ["a file without a path", EntryFile, { path: "" }],
  ])("%s", (_, schema, value) => {
    expect(schema.safeParse(value).success).toBe(false);
  });
});
