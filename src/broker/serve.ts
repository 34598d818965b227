import { existsSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { AskCodexError, messageOf } from "../core/errors.ts";
import type { RunEvent } from "../core/event.ts";
import type { Receipt } from "../core/record.ts";
import { redact } from "../core/redact.ts";
import type { RunRequest } from "../core/request.ts";
import type { TurnRequest } from "../engine/engine.ts";
import { ENGINE_TABLE } from "../engine/index.ts";
import { sandboxedBy } from "../engine/sandboxed-by.ts";
import { writeStatus } from "../run/create-record.ts";
import { executeRun } from "../run/execute-run.ts";
import { keepEnd, keepSession } from "../run/keep-run.ts";
import { type OpenPower, openPower } from "../run/open-power.ts";
import { emptyReceipt } from "../run/read-run.ts";
import { readRequest, readStatus } from "../run/record.ts";
import { readSession } from "../run/session-record.ts";
import { makePrivateDir } from "../sys/files.ts";
import { homeOfRecord } from "../sys/paths.ts";
import type { PipedProcess } from "../sys/spawn.ts";
import { stopProcesses } from "../sys/stop-processes.ts";
import { listen } from "./listen.ts";
import { NOTIFICATIONS } from "./protocol.ts";
import { openRunLogs } from "./run-logs.ts";

/** What the model is told when a question was held for as long as it may be. */
const NO_ANSWER = "No answer came. Finish what does not depend on it and say what is open.";
const RECORD_CHECK_MS = 2_000;

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
  const home = homeOfRecord(dir);
  const session = readSession(home, request.workspace, request.brokerId);
  const logs = openRunLogs(dir);
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
      logs.guard(() => {
        writeStatus(dir, { ...readStatus(dir), threadId: event.threadId, updatedAt: now });
        keepSession(home, request, { sessionId: event.threadId, model: event.model ?? request.model, now });
      });
    }
    server.tell(NOTIFICATIONS.event, { event });
  };

  const finish = async (receipt: Receipt) => {
    logs.close();
    const last = existsSync(join(dir, "request.json")) ? keepEnd(home, request, receipt) : receipt;
    server.tell(NOTIFICATIONS.ended, { receipt: last });
    await server.close();
  };
  const codexHome = join(dir, "check-home");
  let power: OpenPower;
  try {
    makePrivateDir(codexHome);
    power = openPower(dir, request, options.codexEnv);
  } catch (error) {
    await stopProcesses(request.runId, options.started?.pid === undefined ? [] : [options.started.pid], 1_000);
    return finish(broken(dir, request, error));
  }
  const turn = {
    ...turnRequest(options, request, power),
    adopted: session === undefined && request.threadId !== undefined,
  };
  const run = executeRun({
    dir,
    request,
    session,
    power,
    env: options.env,
    engines: request.enginePinned ? [ENGINE_TABLE[request.engine]] : [ENGINE_TABLE["app-server"], ENGINE_TABLE.exec],
    turnRequest: turn,
    sandboxed: (degraded) => sandboxedBy({ ...turn, codexHome }, degraded),
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
        logs.guard(() => writeStatus(dir, { ...status, state: "running", updatedAt }));
        return;
      }
      const asked = {
        callId: question.callId,
        question: redact(question.question),
        options: question.options.map(redact),
        askedAt: updatedAt,
      };
      logs.guard(() => writeStatus(dir, { ...status, state: "waiting_input", updatedAt, question: asked }));
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
  await finish(receipt);
}

function turnRequest(options: ServeOptions, request: RunRequest, power: OpenPower): TurnRequest {
  return {
    runId: request.runId,
    cwd: request.workspace,
    prompt: request.prompt,
    policy: power.policy,
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

/** Something in us failed, or the machine would not let us begin: said as such, never as a success. */
function broken(dir: string, request: RunRequest, error: unknown): Receipt {
  const receipt = emptyReceipt(dir, request, new Date());
  if (!(error instanceof AskCodexError)) return { ...receipt, reason: `ask-codex itself failed: ${messageOf(error)}` };
  const { kind, exitCode, message, hint } = error;
  return { ...receipt, verdict: kind, exit_code: exitCode, reason: message, ...(hint ? { next: hint } : {}) };
}
