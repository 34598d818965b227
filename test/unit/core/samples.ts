import type { Receipt, SessionRecord } from "../../../src/core/record.ts";
import type { RunRequest } from "../../../src/core/request.ts";

/** Records as they look in real life; a test names only what it is about. */
export const THREAD_ID = "01a1fc85-0ba0-7dc1-9e6f-0f6c4f5d9a11";
export const RUN_ID = "r-20261121-051103-k7qz";
export const BROKER_ID = "b-20261121-051103-m3xw";
export const AT = "2026-11-21T05:11:03.000Z";

export const sampleRequest = (over: Partial<RunRequest> = {}): RunRequest => ({
  version: 1,
  runId: RUN_ID,
  brokerId: BROKER_ID,
  createdAt: AT,
  starter: { pid: 4242, startTime: "12345", bootId: "boot-1" },
  workspace: "/work/a project",
  git: true,
  packet: { version: 1, goal: "fix the login test", role: "writer", files: [{ path: "src/a.ts", from: 1, to: 9 }] },
  prompt: "# Role: writer\nfix the login test",
  power: { write: "workspace", network: false },
  limits: { totalMs: 600_000, idleMs: 180_000, maxSteps: 0, holdMs: 900_000 },
  engine: "app-server",
  enginePinned: false,
  codex: { command: "/opt/codex", args: [], native: true },
  socket: "/state/sockets/r",
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
  power: { write: "workspace", network: false },
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
  tokens: { input: 300, cached: 190, output: 12 },
  limits: { totalMs: 600_000, idleMs: 180_000, maxSteps: 0, holdMs: 900_000 },
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
  power: { write: "workspace", network: false },
  engine: "app-server",
  model: null,
  reasoning: null,
  tokens: null,
  runs: [RUN_ID],
  created_at: AT,
  updated_at: AT,
  ...over,
});
