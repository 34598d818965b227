import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { AskCodexError, EngineUnavailable } from "../../core/errors.ts";
import type { RunEvent } from "../../core/event.ts";
import type { NativeReview } from "../../core/review.ts";
import { type Connection, connect, RpcError } from "../../rpc/connection.ts";
import { spawnPiped } from "../../sys/spawn.ts";
import type { Engine, Thread, ThreadHooks, ThreadRequest, TurnInput } from "../engine.ts";
import { goesWithin, whyGone } from "../exit-error.ts";
import { planAnswer, planError } from "./answer-request.ts";
import { type AskedTurn, askForTurn } from "./asked-turn.ts";
import { appServerCommand } from "./command.ts";
import { isDelta, mapNotification } from "./map-notification.ts";
import { type OpenThread, openThread } from "./open-thread.ts";
import { knowsProfiles, probeSandbox } from "./probe-sandbox.ts";
import { knowsNoReview, type ReviewReading, readReview } from "./read-review.ts";
import { watchHeads } from "./watch-heads.ts";

/** How long Codex has to answer `initialize`; it takes 0.1 s. */
const START_MS = 20_000;

/** How long an interrupt may take to end the turn; it takes 0.02 s. */
const ASK_AGAIN_MS = 300;

const OfThread = z.looseObject({ threadId: z.string() });
const OfTurn = z.looseObject({ turn: z.looseObject({ id: z.string(), rootTurnId: z.string().nullish() }) });

/** How Codex refuses a profile before there is a thread: 0.140 and older know profiles that can say less. */
const REFUSED = /failed to load configuration/;

/** Codex's JSON-RPC server over stdio: typed errors, questions in the middle of a turn, and a profile that is reported back. */
export const appServer: Engine = { name: "app-server", prepare };

function prepare(request: ThreadRequest, hooks: ThreadHooks): Thread {
  const child = request.started ?? spawnPiped(appServerCommand(request.codex, request.cwd, request.env));

  const heads = watchHeads();
  const waiting = new Map<string, (answer: string) => void>();
  let codexVersion: string | undefined;
  let degraded: string | undefined;
  // Known before the answer of a resume is handled: the thread's past usage comes right behind it.
  let threadId = request.threadId;
  let turn: AskedTurn | undefined;
  /** Where the turn is Codex's own reviewer's. */
  let review: ReviewReading | undefined;
  /** The id of the turn before. */
  let earlier: string | undefined;
  let exited = false;

  child.onStderr(hooks.onStderr);
  const whyClosed = () => whyGone(child, codexVersion !== undefined);
  const gone = child.exited.then(() => {
    exited = true;
  });
  void gone.then(async () => turn?.fail(await whyClosed()));

  const connection: Connection = connect({
    input: child.stdout,
    output: child.stdin,
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
    const isOurs = of === undefined || of === threadId;
    const event: RunEvent = isOurs
      ? (review?.see(method, params) ?? mapNotification(method, params))
      : { type: "activity" };
    // Of these two alone: a parse that fails costs memory, and a stream has very many other notifications.
    const isTurn = event.type === "turn" || event.type === "turn_ended";
    const named = isTurn ? OfTurn.safeParse(params).data?.turn : undefined;
    if (event.type === "turn") turn?.begin(event.turnId, named?.rootTurnId ?? undefined);
    if (event.type === "turn_ended" && !isOver(named?.id)) return;
    const head = isOurs ? heads.see(method, params) : undefined;
    if (head !== undefined) hooks.onEvent({ type: "writing", head });
    hooks.onEvent(event);
    if (event.type !== "turn_ended") return;
    const ended = turn;
    forget();
    ended?.end();
  }

  /** Whether it is our turn that ended: the end of one that was interrupted may come when the next one has begun. */
  const isOver = (id: string | undefined): boolean =>
    turn !== undefined &&
    (turn.id === undefined ? id !== earlier || id === undefined : id === turn.id || id === turn.root);

  function forget(): void {
    earlier = turn?.id ?? earlier;
    turn = undefined;
    review = undefined;
    waiting.clear();
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

  async function begin(): Promise<OpenThread> {
    codexVersion = await initialize(connection);
    const sandbox = request.policy.profile === null ? undefined : probeSandbox(connection, request.cwd);
    // Looked at below, after the thread; a rejection until then is not unhandled.
    sandbox?.catch(() => {});
    const thread = await openWithPower(await knowsProfiles(connection));
    await sandbox;
    return thread;
  }

  /** Without profiles, or with older ones that can't say what ours does, the thread gets the sandbox mode, and that is said. */
  async function openWithPower(profiles: boolean): Promise<OpenThread> {
    const { profile, legacy, withheld } = request.policy;
    const less = (why: string) => {
      degraded = `Codex ${codexVersion} ${why}, so it has the sandbox mode ${legacy.mode}`;
      return openThread(connection, request, false);
    };
    if (withheld !== undefined) return less(withheld);
    if (profile !== null && !profiles) return less("knows no permission profiles");
    try {
      return await openThread(connection, request, profiles);
    } catch (error) {
      if (profile === null || !(error instanceof EngineUnavailable && REFUSED.test(error.message))) throw error;
      return less(`does not take our permission profile (${error.message})`);
    }
  }

  async function open(): Promise<void> {
    const timer = AbortSignal.timeout(START_MS);
    const late = once(timer, "abort").then(() => {
      throw new EngineUnavailable(`Codex did not answer within ${START_MS / 1000} s`);
    });
    try {
      const thread = await Promise.race([begin(), late]);
      threadId = thread.threadId;
      hooks.onEvent({ type: "thread", ...thread });
    } catch (error) {
      if (!connection.closed) throw error;
      const reason = await whyClosed();
      if (codexVersion !== undefined) throw reason;
      // One that has closed its output and stays has not been killed.
      const killed = exited && (await child.exited).signal !== null;
      throw new EngineUnavailable(reason.message, { cause: reason, killed });
    }
  }

  const startTurn = (input: TurnInput): Promise<unknown> =>
    connection.request("turn/start", {
      threadId,
      input: [{ type: "text", text: input.prompt }],
      ...(input.reasoning === undefined ? {} : { effort: input.reasoning }),
      ...(input.model === undefined ? {} : { model: input.model }),
      ...(input.schema === undefined ? {} : { outputSchema: input.schema }),
    });

  /** False where this Codex has no reviewer that one can start. */
  async function startReview(target: NativeReview): Promise<boolean> {
    review = readReview();
    try {
      const answer = await connection.request("review/start", { threadId, target, delivery: "inline" });
      // 0.110 does not say in `turn/started` what it is a part of.
      const named = OfTurn.safeParse(answer).data?.turn.id;
      if (named !== undefined) turn?.endsAs(named);
      return true;
    } catch (error) {
      if (!(error instanceof RpcError && knowsNoReview(error.code, error.message))) throw error;
      review = undefined;
      const message = `Codex ${codexVersion} knows no review/start, so an ordinary turn reviews`;
      hooks.onEvent({ type: "warning", message });
      return false;
    }
  }

  async function run(input: TurnInput): Promise<void> {
    const asked = askForTurn();
    turn = asked;
    try {
      if (input.review === undefined || !(await startReview(input.review))) await startTurn(input);
    } catch (error) {
      const refused = error instanceof RpcError;
      if (refused) forget();
      asked.end();
      if (refused) throw new AskCodexError("failed", `Codex refused the turn: ${error.message}`, { cause: error });
      throw await whyClosed();
    }
    await asked.over;
  }

  return {
    engine: "app-server",
    get codexVersion() {
      return codexVersion;
    },
    get degraded() {
      return degraded;
    },
    roots: child.pid === undefined ? [] : [child.pid],
    get stays() {
      return !connection.closed && !exited;
    },
    get busy() {
      return turn !== undefined;
    },
    gone,
    open,
    run,
    async steer(messageId, text) {
      const steer = {
        threadId,
        expectedTurnId: turn?.id,
        clientUserMessageId: messageId,
        input: [{ type: "text", text }],
      };
      if (turn?.id === undefined || connection.closed) return false;
      try {
        await connection.request("turn/steer", steer);
        return true;
      } catch {
        // The turn ended just before (CODEX.md 5), or Codex did.
        return false;
      }
    },
    async interrupt() {
      const asked = turn;
      if (asked === undefined || connection.closed) return;
      await asked.begun;
      const over = asked.over.catch(() => {});
      // Asked again until it is over, for Codex may not yet know of a turn that it has just begun; and its answer is not
      // waited for, which comes with the end of the turn.
      for (let tries = 0; turn === asked && !connection.closed; tries++) {
        const turnId = tries % 2 === 0 ? asked.id : (asked.root ?? asked.id);
        void connection.request("turn/interrupt", { threadId, turnId }).catch(() => {});
        await Promise.race([over, sleep(ASK_AGAIN_MS, undefined, { ref: false })]);
      }
    },
    answer(callId, text) {
      // What is said to a Codex that has died is heard by nobody.
      if (connection.closed) return false;
      const reply = waiting.get(callId);
      waiting.delete(callId);
      reply?.(text);
      if (reply) hooks.onEvent({ type: "answered", callId });
      return reply !== undefined;
    },
    async close(graceMs) {
      connection.close();
      return goesWithin(child, graceMs);
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
