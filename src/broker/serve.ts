import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { messageOf } from "../core/errors.ts";
import type { RunEvent } from "../core/event.ts";
import type { Receipt } from "../core/record.ts";
import { redact } from "../core/redact.ts";
import type { RunRequest } from "../core/request.ts";
import type { TurnRequest } from "../engine/engine.ts";
import { ENGINE_TABLE } from "../engine/index.ts";
import { writeStatus } from "../run/create-record.ts";
import { executeRun } from "../run/execute-run.ts";
import { emptyReceipt } from "../run/read-run.ts";
import { readRequest, readStatus, writeReceipt } from "../run/record.ts";
import { readSession, writeSession } from "../run/session-record.ts";
import { type CappedLog, openCappedLog } from "../sys/capped-log.ts";
import { writeWhole } from "../sys/files.ts";
import type { PipedProcess } from "../sys/spawn.ts";
import { listen } from "./listen.ts";
import { NOTIFICATIONS } from "./protocol.ts";

/** What the model is told when a question was held for as long as it may be. */
const NO_ANSWER = "No answer came. Finish what does not depend on it and say what is open.";
const RECORD_CHECK_MS = 2_000;
const EVENTS_CAP = 64 * 1024 * 1024;
const RAW_CAP = 64 * 1024 * 1024;
const STDERR_CAP = 4 * 1024 * 1024;

const NO_TOKENS = { input: 0, cached: 0, output: 0 };

export interface ServeOptions {
  dir: string;
  env: NodeJS.ProcessEnv;
  codexEnv: NodeJS.ProcessEnv;
  started: PipedProcess | undefined;
}

/** The broker of one run: carries it out, tells whoever is attached, writes the record, and is gone. */
export async function serve(options: ServeOptions): Promise<void> {
  const { dir } = options;
  const request = readRequest(dir);
  const home = homeOf(dir);
  const session = readSession(home, request.workspace, request.brokerId);
  const logs = openLogs(dir);
  let parkTimer: NodeJS.Timeout | undefined;
  let parked: Receipt | undefined;

  const server = await listen(request.socket, {
    attach: () => ({ parked: parked ?? null }),
    answer: (text) => run.answer(text),
    cancel: (reason) => {
      run.stop({ verdict: "cancelled", reason });
      return run.done;
    },
  });

  const onEvent = (event: RunEvent) => {
    if (event.type === "activity") return;
    logs.guard(() => logs.events.write(redact(JSON.stringify({ at: new Date().toISOString(), ...event }))));
    if (event.type === "thread") {
      const now = new Date().toISOString();
      writeStatus(dir, { ...readStatus(dir), threadId: event.threadId, updatedAt: now });
      keepSession(home, request, { sessionId: event.threadId, model: event.model ?? request.model, now });
    }
    server.tell(NOTIFICATIONS.event, { event });
  };

  const run = executeRun({
    dir,
    request,
    session,
    env: options.env,
    engines: request.enginePinned ? [ENGINE_TABLE[request.engine]] : [ENGINE_TABLE["app-server"], ENGINE_TABLE.exec],
    turnRequest: turnRequest(options, request, home),
    hooks: {
      onEvent,
      onRaw: (line) => logs.guard(() => logs.raw.write(redact(line))),
      onStderr: (text) => logs.guard(() => logs.stderr.write(redact(stripVTControlCharacters(text.trimEnd())))),
    },
    onParked(question) {
      clearTimeout(parkTimer);
      const { question: _, ...status } = readStatus(dir);
      const updatedAt = new Date().toISOString();
      if (!question) {
        parked = undefined;
        writeStatus(dir, { ...status, state: "running", updatedAt });
        return;
      }
      writeStatus(dir, { ...status, state: "waiting_input", updatedAt, question: { ...question, askedAt: updatedAt } });
      parked = run.interim();
      parkTimer = setTimeout(() => run.answer(NO_ANSWER), request.limits.holdMs);
      server.tell(NOTIFICATIONS.parked, { receipt: parked });
    },
  });
  logs.onFailure = (reason) => run.stop({ verdict: "failed", reason, hint: "make room; the record is incomplete" });

  const end = (reason: string) => run.stop({ verdict: "cancelled", reason });
  process.on("SIGTERM", () => end("the broker was asked to stop"));
  process.on("SIGINT", () => end("the broker was asked to stop"));
  process.on("SIGHUP", () => {});
  const recordCheck = setInterval(() => {
    if (!existsSync(join(dir, "request.json"))) end("the record of the run was removed");
  }, RECORD_CHECK_MS);

  const receipt = await run.done.catch((error: unknown) => broken(dir, request, error));
  clearInterval(recordCheck);
  clearTimeout(parkTimer);
  logs.close();
  if (existsSync(join(dir, "request.json"))) finish(home, request, receipt);
  server.tell(NOTIFICATIONS.ended, { receipt });
  await server.close();
}

/** `<home>/workspaces/<key>/runs/<run-id>`: the record's own place says where the state home is. */
const homeOf = (dir: string): string => dirname(dirname(dirname(dirname(dir))));

function turnRequest(options: ServeOptions, request: RunRequest, home: string): TurnRequest {
  return {
    runId: request.runId,
    cwd: request.workspace,
    prompt: request.prompt,
    power: request.power,
    stateHome: home,
    env: options.codexEnv,
    codex: request.codex,
    scratch: options.dir,
    ...(options.started ? { started: options.started } : {}),
    ...(request.threadId === undefined ? {} : { threadId: request.threadId }),
    ...(request.model === undefined ? {} : { model: request.model }),
    ...(request.reasoning === undefined ? {} : { reasoning: request.reasoning }),
    ...(request.schema === undefined ? {} : { schema: request.schema }),
  };
}

/** Writes what outlives the run: the session, the answer where it was asked for, and last the receipt. */
function finish(home: string, request: RunRequest, receipt: Receipt): void {
  let last = receipt;
  try {
    if (request.output !== undefined) writeWhole(request.output, `${receipt.answer}\n`);
  } catch (error) {
    last = { ...receipt, output_path: null, warnings: [...receipt.warnings, messageOf(error)] };
  }
  const { session_id: sessionId, tokens, model } = receipt;
  // A run that was refused never had the thread: whoever has it keeps the session.
  if (sessionId !== null && receipt.verdict !== "refused") {
    keepSession(home, request, {
      sessionId,
      model: model ?? undefined,
      now: receipt.ended_at,
      engine: receipt.engine.name,
      used: tokens,
    });
  }
  writeReceipt(receipt.record, last);
}

/** Stores the session as soon as there is a thread, so that a run whose broker dies can be continued too. */
function keepSession(
  home: string,
  request: RunRequest,
  what: {
    sessionId: string;
    model: string | undefined;
    now: string;
    engine?: RunRequest["engine"];
    used?: Receipt["tokens"];
  },
): void {
  const before = readSession(home, request.workspace, request.brokerId);
  const used = what.used ?? NO_TOKENS;
  const past = before?.tokens ?? NO_TOKENS;
  writeSession(home, {
    version: 1,
    broker_id: request.brokerId,
    session_id: what.sessionId,
    workspace: request.workspace,
    role: request.packet.role,
    power: request.power,
    engine: what.engine ?? before?.engine ?? request.engine,
    model: what.model ?? null,
    reasoning: request.reasoning ?? null,
    tokens: { input: past.input + used.input, cached: past.cached + used.cached, output: past.output + used.output },
    runs: [...(before?.runs ?? []).filter((id) => id !== request.runId), request.runId],
    created_at: before?.created_at ?? request.createdAt,
    updated_at: what.now,
  });
}

/** Something in us failed: said as such, never as a success. */
function broken(dir: string, request: RunRequest, error: unknown): Receipt {
  return { ...emptyReceipt(dir, request, new Date()), reason: `ask-codex itself failed: ${messageOf(error)}` };
}

interface Logs {
  events: CappedLog;
  raw: CappedLog;
  stderr: CappedLog;
  onFailure: (reason: string) => void;
  /** Runs a write; the first that fails (a full disk) ends the run with its reason. */
  guard(write: () => void): void;
  close(): void;
}

function openLogs(dir: string): Logs {
  let failed = false;
  const logs: Logs = {
    events: openCappedLog(join(dir, "events.jsonl"), EVENTS_CAP),
    raw: openCappedLog(join(dir, "raw.jsonl"), RAW_CAP),
    stderr: openCappedLog(join(dir, "stderr.log"), STDERR_CAP),
    onFailure: () => {},
    guard(write) {
      if (failed) return;
      try {
        write();
      } catch (error) {
        failed = true;
        logs.onFailure(messageOf(error));
      }
    },
    close() {
      for (const log of [logs.events, logs.raw, logs.stderr]) logs.guard(() => log.close());
    },
  };
  return logs;
}
