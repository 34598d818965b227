import { existsSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { AskCodexError, messageOf } from "../core/errors.ts";
import type { RunEvent } from "../core/event.ts";
import type { Receipt } from "../core/record.ts";
import { redact } from "../core/redact.ts";
import type { Owner, RunRequest } from "../core/request.ts";
import { sandboxedBy } from "../engine/sandboxed-by.ts";
import type { CodexSource } from "../run/codex-source.ts";
import { writeStatus } from "../run/create-record.ts";
import type { StopCause } from "../run/decide-verdict.ts";
import { executeRun } from "../run/execute-run.ts";
import { keepEnd, keepSession } from "../run/keep-run.ts";
import type { OpenPower } from "../run/open-power.ts";
import { emptyReceipt } from "../run/read-run.ts";
import { readStatus } from "../run/record.ts";
import { readSession } from "../run/session-record.ts";
import { makePrivateDir } from "../sys/files.ts";
import { NOTIFICATIONS } from "./protocol.ts";
import { openRunLogs } from "./run-logs.ts";

/** What the model is told when a question was held for as long as it may be. */
const NO_ANSWER = "No answer came. Finish what does not depend on it and say what is open.";

/** One run in the hands of a broker. */
export interface LiveRun {
  readonly runId: string;
  answer(text: string): boolean;
  steer(messageId: string, text: string): Promise<boolean>;
  stop(cause: StopCause): void;
  /** The interim receipt of a run that waits for an answer. */
  parked(): Receipt | undefined;
  /** Resolves when the run is over and its receipt is written. Never rejects. */
  readonly done: Promise<Receipt>;
}

export interface CarryOutOptions {
  home: string;
  dir: string;
  request: RunRequest;
  power: OpenPower;
  codex: CodexSource;
  env: NodeJS.ProcessEnv;
  /** Tells whoever is attached. */
  tell: (method: string, params: object) => void;
  /** The Codex that the run has, for whoever finds its broker dead. */
  codexProcess: () => Owner | undefined;
  onEvent?: (event: RunEvent) => void;
}

/** Carries one run out, keeps its record as it goes, and ends it with the receipt. */
export function carryOut({
  home,
  dir,
  request,
  power,
  codex,
  env,
  tell,
  codexProcess,
  onEvent,
}: CarryOutOptions): LiveRun {
  const { runId } = request;
  const logs = openRunLogs(dir);
  let parked: Receipt | undefined;
  let parkTimer: NodeJS.Timeout | undefined;
  const note = (change: object) => {
    const { question: _, ...status } = readStatus(dir);
    writeStatus(dir, { ...status, ...change, updatedAt: new Date().toISOString() });
  };

  const see = (event: RunEvent) => {
    if (event.type === "activity") return;
    logs.guard(() => logs.events.write(redact(JSON.stringify({ at: new Date().toISOString(), ...event }))));
    if (event.type === "thread") {
      const now = new Date().toISOString();
      logs.guard(() => {
        const codex = codexProcess();
        note({ threadId: event.threadId, ...(codex ? { codex } : {}) });
        keepSession(home, request, { sessionId: event.threadId, model: event.model ?? request.model, now });
      });
    }
    onEvent?.(event);
    tell(NOTIFICATIONS.event, { run_id: runId, event });
  };

  const codexHome = join(dir, "check-home");
  makePrivateDir(codexHome);
  const run = executeRun({
    dir,
    request,
    session: readSession(home, request.workspace, request.brokerId),
    power,
    env,
    codex,
    sandboxed: (degraded) =>
      sandboxedBy({ codex: request.codex, policy: power.policy, cwd: request.workspace, codexHome }, degraded),
    hooks: {
      onEvent: see,
      onRaw: (line) => logs.guard(() => logs.raw.write(redact(line))),
      onStderr: (text) => logs.guard(() => logs.stderr.write(redact(stripVTControlCharacters(text.trimEnd())))),
    },
    onSending: () => logs.guard(() => note({ sent: true })),
    onParked(question) {
      clearTimeout(parkTimer);
      if (!question) {
        parked = undefined;
        logs.guard(() => note({ state: "running" }));
        return;
      }
      const asked = {
        callId: question.callId,
        question: redact(question.question),
        options: question.options.map(redact),
        askedAt: new Date().toISOString(),
      };
      logs.guard(() => note({ state: "waiting_input", question: asked }));
      parked = run.interim();
      parkTimer = setTimeout(() => run.answer(NO_ANSWER), request.limits.holdMs);
      tell(NOTIFICATIONS.parked, { receipt: parked });
    },
  });
  logs.onFailure = (reason) => run.stop({ verdict: "failed", reason, hint: "make room; the record is incomplete" });

  const end = async (): Promise<Receipt> => {
    const receipt = await run.done.catch((error: unknown) => broken(dir, request, error));
    clearTimeout(parkTimer);
    parked = undefined;
    logs.close();
    // A record that was removed meanwhile is not made anew.
    const last = existsSync(join(dir, "request.json")) ? keepEnd(home, request, receipt) : receipt;
    tell(NOTIFICATIONS.ended, { receipt: last });
    return last;
  };
  return {
    runId,
    answer: (text) => run.answer(text),
    steer: (messageId, text) => run.steer(messageId, text),
    stop: (cause) => run.stop(cause),
    parked: () => parked,
    done: end(),
  };
}

/** Something in us failed, or the machine would not let us begin: said as such, never as a success. */
export function broken(dir: string, request: RunRequest, error: unknown): Receipt {
  const receipt = emptyReceipt(dir, request, new Date());
  if (!(error instanceof AskCodexError)) return { ...receipt, reason: `ask-codex itself failed: ${messageOf(error)}` };
  const { kind, exitCode, message, hint } = error;
  return { ...receipt, verdict: kind, exit_code: exitCode, reason: message, ...(hint ? { next: hint } : {}) };
}
