import { existsSync } from "node:fs";
import { join } from "node:path";
import { AskCodexError, messageOf } from "../core/errors.ts";
import type { RunEvent } from "../core/event.ts";
import type { Receipt } from "../core/record.ts";
import { redact, redactValue } from "../core/redact.ts";
import type { Owner, RunRequest } from "../core/request.ts";
import { sandboxedBy } from "../engine/sandboxed-by.ts";
import { learnFromRun } from "../gate/learn.ts";
import { createPush, type PushLine } from "../push/push.ts";
import type { CodexSource } from "../run/codex-source.ts";
import { toJson, writeStatus } from "../run/create-record.ts";
import type { StopCause } from "../run/decide-verdict.ts";
import { executeRun } from "../run/execute-run.ts";
import { keepEnd, keepSession } from "../run/keep-run.ts";
import type { OpenPower } from "../run/open-power.ts";
import { emptyReceipt } from "../run/read-run.ts";
import { readReceipt, readStatus } from "../run/record.ts";
import { readSession } from "../run/session-record.ts";
import { attempt, makePrivateDir, writeWhole } from "../sys/files.ts";
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
  /** Resolves, some seconds later at most, when its caller was told of the end too (`createPush`). Never rejects. */
  readonly settled: Promise<void>;
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
  const push = createPush({ request, env });
  let limits: Limits | undefined;
  let parked: Receipt | undefined;
  let parkTimer: NodeJS.Timeout | undefined;
  const note = (change: object) => {
    const { question: _, ...status } = readStatus(dir);
    writeStatus(dir, { ...status, ...change, updatedAt: new Date().toISOString() });
  };

  const see = (seen: RunEvent) => {
    if (seen.type === "activity") return;
    const event = redactValue(seen);
    logs.guard(() => logs.events.write(JSON.stringify({ at: new Date().toISOString(), ...event })));
    if (event.type === "thread") {
      const now = new Date().toISOString();
      logs.guard(() => {
        const codex = codexProcess();
        note({ threadId: event.threadId, ...(codex ? { codex } : {}) });
        keepSession(home, request, { sessionId: event.threadId, model: event.model ?? request.model, now });
      });
    }
    if (event.type === "limits") limits = event;
    onEvent?.(event);
    push?.see(event);
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
      onStderr: (text) => logs.guard(() => logs.stderr.write(text)),
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
      parked = redactValue(run.interim());
      parkTimer = setTimeout(() => run.answer(NO_ANSWER), request.limits.holdMs);
      tell(NOTIFICATIONS.parked, { receipt: parked });
      push?.parked(parked);
    },
  });
  logs.onFailure = (reason) => run.stop({ verdict: "failed", reason, hint: "make room; the record is incomplete" });

  const end = async (): Promise<Receipt> => {
    const receipt = await run.done.catch((error: unknown) => broken(dir, request, error));
    clearTimeout(parkTimer);
    parked = undefined;
    logs.close();
    return keepAndTell({ home, dir, request, env, tell, push, limits }, receipt);
  };
  const done = end();
  return {
    runId,
    answer: (text) => run.answer(text),
    steer: (messageId, text) => run.steer(messageId, text),
    stop: (cause) => run.stop(cause),
    parked: () => parked,
    done,
    settled: done.then((receipt) => settle(dir, push, receipt)),
  };
}

type Limits = Extract<RunEvent, { type: "limits" }>;

interface Ending extends Pick<CarryOutOptions, "home" | "dir" | "request" | "env" | "tell"> {
  push: PushLine | undefined;
  /** The last that Codex said of its usage limits. */
  limits: Limits | undefined;
}

/** The receipt is written, then whoever is attached is told: neither waits for those who are to be notified. */
function keepAndTell({ home, dir, request, env, tell, push, limits }: Ending, receipt: Receipt): Receipt {
  const due = redactValue(push ? { ...receipt, notifications: push.soFar() } : receipt);
  // A record that was removed meanwhile is not made anew.
  const last = existsSync(join(dir, "request.json")) ? keepEnd(home, request, due) : due;
  learnFromRun(home, request, last, limits, env);
  tell(NOTIFICATIONS.ended, { receipt: last });
  return last;
}

/** Tells the end to those who are to be notified, and puts what came of it into the receipt, of which nothing else changes. */
async function settle(dir: string, push: PushLine | undefined, receipt: Receipt): Promise<void> {
  const notifications = await push?.ended(receipt);
  if (notifications === undefined) return;
  // A record may be removed meanwhile, and a disk be full: then it stays at what was known when the run ended.
  attempt(() => {
    const kept = readReceipt(dir);
    if (kept) writeWhole(join(dir, "result.json"), redact(toJson({ ...kept, notifications })));
  });
}

/** The end of a run that could not even begin; it is kept and told like any other. */
export function endUnbegun(
  about: Omit<Ending, "push" | "limits">,
  error: unknown,
): Pick<LiveRun, "settled"> & { receipt: Receipt } {
  const push = createPush(about);
  const receipt = keepAndTell({ ...about, push, limits: undefined }, broken(about.dir, about.request, error));
  return { receipt, settled: settle(about.dir, push, receipt) };
}

/** Something in us failed, or the machine would not let us begin: said as such, never as a success. */
export function broken(dir: string, request: RunRequest, error: unknown): Receipt {
  const receipt = emptyReceipt(dir, request, new Date());
  if (!(error instanceof AskCodexError)) return { ...receipt, reason: `ask-codex itself failed: ${messageOf(error)}` };
  const { kind, exitCode, message, hint } = error;
  return { ...receipt, verdict: kind, exit_code: exitCode, reason: message, ...(hint ? { next: hint } : {}) };
}
