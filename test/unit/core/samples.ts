import type { Packet } from "../../../src/core/packet.ts";
import type { Power } from "../../../src/core/policy.ts";
import type { Receipt, SessionRecord } from "../../../src/core/record.ts";
import type { RunRequest } from "../../../src/core/request.ts";
import type { BrokerRecord, Message } from "../../../src/core/session.ts";

/** Records as they look in real life; a test names only what it is about. */
export const THREAD_ID = "01a1fc85-0ba0-7dc1-9e6f-0f6c4f5d9a11";
export const RUN_ID = "r-20261121-051103-k7qz";
export const BROKER_ID = "b-20261121-051103-m3xw";
export const MESSAGE_ID = "m-20261121-051103-abcdef";
export const AT = "2026-11-21T05:11:03.000Z";

export const samplePower = (over: Partial<Power> = {}): Power => ({
  write: "workspace",
  scope: [],
  writable: [],
  network: false,
  tmp: true,
  env: [],
  ...over,
});

export const NO_POWER = samplePower({ write: "none", tmp: false });

export const samplePacket = (over: Partial<Packet> = {}): Packet => ({
  version: 1,
  goal: "fix the login test",
  role: "writer",
  files: [{ path: "src/a.ts", from: 1, to: 9 }],
  nonGoals: [],
  verify: [],
  verifyProse: [],
  expectFiles: [],
  allowDirtyOverlap: false,
  ...over,
});

export const sampleRequest = (over: Partial<RunRequest> = {}): RunRequest => ({
  version: 1,
  runId: RUN_ID,
  brokerId: BROKER_ID,
  createdAt: AT,
  starter: { pid: 4242, startTime: "12345", bootId: "boot-1" },
  workspace: "/work/a project",
  git: true,
  packet: samplePacket(),
  prompt: "# Role: writer\nfix the login test",
  power: samplePower(),
  limits: { totalMs: 600_000, idleMs: 180_000, maxSteps: 0, holdMs: 900_000, checkMs: 300_000 },
  deny: [],
  volatile: [],
  verifyBase: false,
  engine: "app-server",
  enginePinned: false,
  codex: { command: "/opt/codex", args: [], native: true },
  socket: "/state/sockets/r",
  token: "t",
  live: false,
  autoReview: false,
  warnings: [],
  ...over,
});

export const sampleReceipt = (over: Partial<Receipt> = {}): Receipt => ({
  version: 1,
  run_id: RUN_ID,
  broker_id: BROKER_ID,
  session_id: THREAD_ID,
  verdict: "done",
  exit_code: 0,
  reason: "the turn completed",
  workspace: "/work/a project",
  role: "writer",
  power: samplePower(),
  policy: "ok",
  verification: "none",
  engine: { name: "app-server", requested: "app-server" },
  model: null,
  reasoning: null,
  output_path: "/work/a project/.ask-codex/r.md",
  record: "/state/runs/r",
  answer: "I did it.",
  answer_truncated: false,
  files_changed: [],
  out_of_scope: [],
  concurrent: [],
  tokens: { input: 300, cached: 190, output: 12 },
  limits: { totalMs: 600_000, idleMs: 180_000, maxSteps: 0, holdMs: 900_000, checkMs: 300_000 },
  counts: { turns: 1, commands: 8, failed_commands: 0, edits: 0, messages: 1, retries: 0, questions: 0 },
  processes: { killed: [], left: [], removed_dirs: [] },
  warnings: [],
  started_at: AT,
  ended_at: AT,
  elapsed_ms: 16_240,
  ...over,
});

export const sampleSession = (over: Partial<SessionRecord> = {}): SessionRecord => ({
  version: 1,
  broker_id: BROKER_ID,
  session_id: THREAD_ID,
  workspace: "/work/a project",
  role: "writer",
  power: samplePower(),
  engine: "app-server",
  model: null,
  reasoning: null,
  tokens: null,
  runs: [RUN_ID],
  created_at: AT,
  updated_at: AT,
  ...over,
});

export const sampleBrokerRecord = (over: Partial<BrokerRecord> = {}): BrokerRecord => ({
  version: 1,
  broker_id: BROKER_ID,
  name: null,
  key: null,
  workspace: "/work/a project",
  created_at: AT,
  starter: { pid: 4242, startTime: "12345", bootId: "boot-1" },
  owner: null,
  socket: "/state/sockets/b",
  token: "t",
  idle_exit_ms: 1_800_000,
  codex: { command: "/opt/codex", args: [], native: true },
  engine: "app-server",
  env: [],
  codex_process: null,
  ended: null,
  ...over,
});

export const sampleMessage = (over: Partial<Message> = {}): Message => ({
  version: 1,
  message_id: MESSAGE_ID,
  number: 1,
  delivery: "queue",
  text: "fix the login test",
  request: sampleRequest({ live: true }),
  created_at: AT,
  state: "queued",
  run_id: null,
  why: null,
  ...over,
});
