import { once } from "node:events";
import * as z from "zod";
import { AskCodexError, EngineUnavailable } from "../../core/errors.ts";
import type { RunEvent } from "../../core/event.ts";
import { type Connection, connect, RpcError } from "../../rpc/connection.ts";
import { spawnPiped } from "../../sys/spawn.ts";
import type { Engine, Turn, TurnHooks, TurnRequest } from "../engine.ts";
import { planAnswer, planError } from "./answer-request.ts";
import { appServerCommand } from "./command.ts";
import { isDelta, mapNotification } from "./map-notification.ts";
import { openThread } from "./open-thread.ts";

/** How long Codex has to answer `initialize`; it takes 0.1 s. */
const START_MS = 20_000;

const OfThread = z.looseObject({ threadId: z.string() });

/** Codex's JSON-RPC server over stdio: typed errors, questions in the middle of a turn, and a profile that is reported back. */
export const appServer: Engine = { name: "app-server", canAsk: true, prepare };

function prepare(request: TurnRequest, hooks: TurnHooks): Turn {
  const child = request.started ?? spawnPiped(appServerCommand(request.codex, request.cwd, request.env));
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new AskCodexError("fatal", "Codex was started without pipes");

  const waiting = new Map<string, (answer: string) => void>();
  let codexVersion: string | undefined;
  let threadId: string | undefined;
  let turnId: string | undefined;
  let stderrTail = "";
  let ended: { resolve: () => void; reject: (error: Error) => void } | undefined;

  const exited = new Promise<Error>((resolve) => {
    child.once("error", (error) =>
      resolve(new AskCodexError("fatal", `Codex can't be started: ${error.message}`, { cause: error })),
    );
    child.once("close", (code, signal) => resolve(exitError(code, signal, stderrTail)));
  });
  void exited.then((error) => ended?.reject(error));

  stderr.on("data", (chunk: Buffer) => {
    const text = chunk.toString("utf8");
    stderrTail = (stderrTail + text).slice(-2_000);
    hooks.onStderr(text);
  });

  const connection: Connection = connect({
    input: stdout,
    output: stdin,
    onRequest: (method, params) => answerRequest(method, params),
    onNotification: receive,
    onMessage: (direction, line, method) => {
      if (method === undefined || !isDelta(method)) hooks.onRaw(direction === "in" ? line : `> ${line}`);
    },
    onBadLine: (reason) => hooks.onEvent({ type: "warning", message: `Codex sent ${reason}` }),
  });

  function receive(method: string, params: unknown): void {
    const of = OfThread.safeParse(params).data?.threadId;
    // Sub-agents of Codex's report on the same connection; only our thread's turn is the run.
    const event: RunEvent =
      of !== undefined && of !== threadId ? { type: "activity" } : mapNotification(method, params);
    if (event.type === "turn") turnId = event.turnId;
    hooks.onEvent(event);
    if (event.type === "turn_ended") ended?.resolve();
  }

  function answerRequest(method: string, params: unknown): unknown {
    const plan = planAnswer(method, params);
    if (plan.kind === "error") throw planError(plan);
    if (plan.kind === "reply") {
      hooks.onEvent({ type: "refused", method, reply: plan.said });
      return plan.result;
    }
    const { callId, question, options } = plan;
    return new Promise((resolve) => {
      waiting.set(callId, (answer) => resolve(plan.reply(answer)));
      hooks.onEvent({ type: "question", callId, question, options });
    });
  }

  async function open(): Promise<void> {
    const timer = AbortSignal.timeout(START_MS);
    const late = once(timer, "abort").then(
      () => new EngineUnavailable(`Codex did not answer within ${START_MS / 1000} s`),
    );
    const gone = exited.then((error) =>
      codexVersion === undefined && !(error instanceof AskCodexError && error.kind === "killed")
        ? new EngineUnavailable(error.message, { cause: error })
        : error,
    );
    const opened = initialize(connection).then(async (version) => {
      codexVersion = version;
      return openThread(connection, request);
    });
    opened.catch(() => {});
    const first = await Promise.race([
      opened.catch(async (error: unknown) => (connection.closed ? gone : asError(error))),
      gone,
      late,
    ]);
    if (first instanceof Error) throw first;
    threadId = first.threadId;
    hooks.onEvent({
      type: "thread",
      threadId,
      ...(first.model === undefined ? {} : { model: first.model }),
      ...(first.profile === undefined ? {} : { profile: first.profile }),
    });
  }

  async function run(): Promise<void> {
    const end = new Promise<void>((resolve, reject) => {
      ended = { resolve, reject };
    });
    end.catch(() => {});
    try {
      await connection.request("turn/start", {
        threadId,
        input: [{ type: "text", text: request.prompt }],
        ...(request.reasoning === undefined ? {} : { effort: request.reasoning }),
        ...(request.model === undefined ? {} : { model: request.model }),
        ...(request.schema === undefined ? {} : { outputSchema: request.schema }),
      });
    } catch (error) {
      if (error instanceof RpcError)
        throw new AskCodexError("failed", `Codex refused the turn: ${error.message}`, { cause: error });
      throw await exited;
    }
    await end;
  }

  return {
    engine: "app-server",
    get codexVersion() {
      return codexVersion;
    },
    roots: child.pid === undefined ? [] : [child.pid],
    open,
    run,
    async interrupt() {
      if (threadId === undefined || turnId === undefined || connection.closed) return;
      await connection.request("turn/interrupt", { threadId, turnId }).catch(() => {});
    },
    answer(callId, text) {
      const reply = waiting.get(callId);
      waiting.delete(callId);
      reply?.(text);
      if (reply) hooks.onEvent({ type: "answered", callId });
      return reply !== undefined;
    },
    async close(graceMs) {
      connection.close();
      const late = new Promise<"late">((resolve) => setTimeout(resolve, graceMs, "late").unref());
      return (await Promise.race([exited, late])) !== "late";
    },
  };
}

const UserAgent = z.looseObject({ userAgent: z.string().optional() });

/** Says hello; the version is the second part of the user agent (`name/0.169.0 (…)`). */
async function initialize(connection: Connection): Promise<string> {
  const hello = {
    clientInfo: { name: "ask-codex", version: "0" },
    capabilities: { experimentalApi: true, requestAttestation: false },
  };
  try {
    const agent = UserAgent.safeParse(await connection.request("initialize", hello)).data?.userAgent ?? "";
    connection.notify("initialized", {});
    return /\/(\S+)/.exec(agent)?.[1] ?? "unknown";
  } catch (error) {
    if (error instanceof RpcError) throw new EngineUnavailable(`initialize: ${error.message}`, { cause: error });
    throw error;
  }
}

function exitError(code: number | null, signal: NodeJS.Signals | null, stderrTail: string): AskCodexError {
  if (signal) return new AskCodexError("killed", `Codex was killed by ${signal}`);
  const said = stderrTail.trim().split("\n").slice(-1)[0]?.slice(0, 300);
  return new AskCodexError(
    "failed",
    `Codex exited with code ${code} in the middle of the turn${said ? `: ${said}` : ""}`,
  );
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
