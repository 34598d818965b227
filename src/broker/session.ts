import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AskCodexError, messageOf } from "../core/errors.ts";
import type { RunEvent } from "../core/event.ts";
import type { EndedProcesses, Receipt } from "../core/record.ts";
import type { RunRequest } from "../core/request.ts";
import type { BrokerEnd, Message } from "../core/session.ts";
import { createRecord, writeStatus } from "../run/create-record.ts";
import type { StopCause } from "../run/decide-verdict.ts";
import { readStatus } from "../run/record.ts";
import { readSession } from "../run/session-record.ts";
import { currentOwner } from "../sys/owner.ts";
import { carryOut, endUnbegun, type LiveRun } from "./carry-out.ts";
import { closeSession } from "./close-session.ts";
import type { Equipment } from "./equipment.ts";
import { createIdleClock } from "./idle-clock.ts";
import type { BrokerDoor } from "./listen.ts";
import { NOTIFICATIONS, type SendParams, type SendResult } from "./protocol.ts";
import { recoverQueue } from "./recover-queue.ts";
import type { Seat } from "./seat.ts";
import { createSteering } from "./steering.ts";
import { addMessage, nextWaiting, readWaiting, writeMessage } from "./store/queue.ts";
import { createStartWait, type StartWait } from "./wait-for-start.ts";

export interface SessionOptions {
  seat: Seat;
  equipment: Equipment;
  env: NodeJS.ProcessEnv;
  /** Tells whoever is attached. */
  tell: (method: string, params: object) => void;
  /** What the first run waits for before it begins, where it must. */
  wait?: StartWait | undefined;
}

export interface Session {
  door: BrokerDoor;
  /** Asks for the end of the session; the first reason counts. */
  end(how: BrokerEnd["how"], reason: string): void;
  /**
   * Resolves when the session has ended, no process of it is left, and that is written down; rejects when only the
   * writing failed.
   */
  readonly done: Promise<void>;
}

/** What a notifier is given when the session is stopped; without that its own limits hold. */
const STOP_TELLING_MS = 1_000;

const ENDING = (reason: string) => new AskCodexError("refused", `the session is ending: ${reason}`);

/** Takes the messages of a session one by one, each as a run, for as long as the session lasts. */
export function createSession({ seat, equipment, env, tell, wait }: SessionOptions): Session {
  const { home, ref } = seat;
  let work: Work | undefined;
  let ending: { how: BrokerEnd["how"]; reason: string } | undefined;
  /** Whether somebody asked for the end, and not the machine, which is going down perhaps. */
  let isAsked = false;
  let wake: () => void = () => {};
  /** What the end of the run that was stopped with the session took. */
  let stopped: EndedProcesses | undefined;
  const steering = createSteering(ref);
  /** Who is still to be told of the end of a run; the next run does not wait for that. */
  const settling = new Set<Promise<void>>();
  const settle = (told: Promise<void>): void => {
    settling.add(told);
    void told.finally(() => settling.delete(told));
  };

  const end: Session["end"] = (how, reason) => {
    ending ??= { how, reason };
    stopWork({ verdict: how === "failed" ? "failed" : "cancelled", reason });
    wake();
  };

  /** Ends the run that is under way, also one that has not begun yet. */
  const stopWork = (cause: StopCause) => {
    if (!work) return;
    work.cause ??= cause;
    work.stopping.abort();
    work.run?.stop(cause);
  };

  const carry = (dir: string, request: RunRequest, waiting = parkedWait(home, dir, request)): Promise<Receipt> => {
    const stopping = new AbortController();
    const mine: Work = { runId: request.runId, run: undefined, cause: undefined, stopping, over: undefined };
    work = mine;
    mine.over = carryThrough(mine, dir, request, waiting).finally(() => {
      work = undefined;
      waiting?.over();
    });
    return mine.over;
  };

  /** Resolves when the run may begin; throws how it ends where it never will. */
  const awaitStart = async (mine: Work, waiting: StartWait): Promise<void> => {
    const hear = (event: RunEvent) => tell(NOTIFICATIONS.event, { run_id: mine.runId, event });
    const how = waiting.begun ? "begun" : await waiting.until(mine.stopping.signal, hear);
    if (how === "begun") return;
    const { verdict, reason } = mine.cause ?? { verdict: "failed", reason: "its record was removed" };
    throw new AskCodexError(verdict, reason, { hint: "it had not begun: nothing was done" });
  };

  /** While its broker lives a run without a receipt would seem to go on: then the session ends, too. */
  const see = (dir: string, receipt: Receipt): void => {
    const isKept = existsSync(join(dir, "result.json")) || !existsSync(join(dir, "request.json"));
    if (!isKept) end("failed", receipt.reason);
    if (ending) stopped = receipt.processes;
  };

  const carryThrough = async (
    mine: Work,
    dir: string,
    planned: RunRequest,
    waiting: StartWait | undefined,
  ): Promise<Receipt> => {
    let request = planned;
    let completed = false;
    const onEvent = (event: RunEvent) => {
      if (event.type === "turn_ended") completed = event.status === "completed";
      // What Codex had taken for later died with it.
      if (event.type === "restarted") steering.release(request.runId, false);
      if (event.type === "steered") orEnd(() => steering.consumed(event.messageId, request.runId));
    };
    try {
      if (waiting) {
        await awaitStart(mine, waiting);
        // Its time is counted from here.
        request = { ...planned, createdAt: new Date().toISOString() };
      }
      const { power, codex } = await equipment.prepare(dir, request);
      mine.run = carryOut({ home, dir, request, power, codex, env, tell, codexProcess: seat.codex, onEvent });
      const cause: StopCause | undefined = mine.cause ?? (ending && { verdict: "cancelled", reason: ending.reason });
      if (cause) mine.run.stop(cause);
      settle(mine.run.settled);
      return await mine.run.done;
    } catch (error) {
      const unbegun = endUnbegun({ home, dir, request, env, tell }, error);
      settle(unbegun.settled);
      return unbegun.receipt;
    } finally {
      orEnd(() => steering.release(request.runId, completed));
    }
  };

  /** A session that can't write down what became of a message ends before it does anything twice. */
  const orEnd = (write: () => void): void => {
    try {
      write();
    } catch (error) {
      end("failed", messageOf(error));
    }
  };

  /** A message becomes a run: from the moment its record is there it is consumed in it. */
  const begin = async (message: Message): Promise<void> => {
    const { runId } = message.request;
    const session = readSession(home, seat.workspace, seat.brokerId);
    const request: RunRequest = {
      ...message.request,
      brokerId: seat.brokerId,
      createdAt: new Date().toISOString(),
      starter: currentOwner(),
      live: seat.live !== undefined,
      socket: seat.socket,
      token: seat.token,
      ...(session?.session_id ? { threadId: session.session_id } : {}),
    };
    const dir = createRecord(home, request);
    writeStatus(dir, { ...readStatus(dir), state: "running", owner: currentOwner() });
    writeMessage(ref, { ...message, state: "consumed", run_id: runId });
    see(dir, await carry(dir, request));
  };

  const takeAll = async (): Promise<void> => {
    if (seat.live) recoverQueue(seat, env);
    if (seat.first) see(seat.first.dir, await carry(seat.first.dir, seat.first.request, wait));
    for (;;) {
      if (ending) return;
      const message = nextWaiting(readWaiting(ref));
      if (message) await begin(message);
      else if (!seat.live) return;
      else await idle();
    }
  };

  const idle = (): Promise<void> => {
    const clock = createIdleClock(seat.live?.idleExitMs ?? 0, () =>
      end("idle", "nothing was asked of it for its idle time"),
    );
    return new Promise<void>((resolve) => {
      wake = resolve;
    }).finally(() => clock.stop());
  };

  const ended = takeAll()
    .catch((error: unknown) => end("failed", messageOf(error)))
    .then(async () => {
      ending ??= { how: "stopped", reason: "its work is done" };
      // Whoever stops a session waits for that, and not for somebody who is to be told.
      const told = Promise.all(settling);
      await (isAsked ? Promise.race([told, sleep(STOP_TELLING_MS)]) : told);
      return closeSession({ seat, equipment, ...ending, isAsked, stopped });
    });

  return {
    end,
    done: ended.then(({ unwritten }) => {
      if (unwritten) throw unwritten;
    }),
    door: {
      attach: () => ({ parked: work?.run?.parked() ?? null }),
      answer(text, runId) {
        const asked = work?.run;
        const isIts = asked !== undefined && (runId === undefined || runId === asked.runId) && asked.answer(text);
        return { delivered: isIts, run_id: isIts ? asked.runId : null };
      },
      async cancel(reason, runId) {
        const mine = work;
        if (!mine || (runId !== undefined && runId !== mine.runId)) return undefined;
        stopWork({ verdict: "cancelled", reason });
        return mine.over;
      },
      async send(params) {
        if (ending) throw ENDING(ending.reason);
        return send(params);
      },
      async stop(reason) {
        if (!ending) isAsked = true;
        end("stopped", reason);
        return (await ended).result;
      },
    },
  };

  async function send({ message_id, delivery, text, request }: SendParams): Promise<SendResult> {
    const busy = work;
    const message = addMessage(ref, {
      version: 1,
      message_id,
      delivery,
      text,
      request,
      created_at: new Date().toISOString(),
      state: "queued",
      run_id: null,
      why: null,
    });
    const depth = () => readWaiting(ref).filter((one) => !steering.has(one.message_id)).length;
    if (busy?.run && delivery === "steer" && (await steering.put(message, busy.run.steer)))
      return { delivery: "steered", run_id: busy.runId, queue_depth: depth(), note: null };
    if (delivery === "interrupt")
      stopWork({ verdict: "cancelled", reason: `interrupted by the message ${message_id}` });
    const waiting = depth();
    const starts = busy === undefined && waiting === 1;
    wake();
    return {
      delivery: starts ? "started" : "queued",
      run_id: request.runId,
      queue_depth: starts ? 0 : waiting,
      note: ending ? `the session is ending: ${ending.reason}` : noteOf(delivery, busy !== undefined),
    };
  }
}

/** The run that is under way: from the moment its record is there, and before it can be talked to. */
interface Work {
  runId: string;
  run: LiveRun | undefined;
  /** Why it was stopped before it could be. */
  cause: StopCause | undefined;
  /** Ends its waiting for the start. */
  stopping: AbortController;
  over: Promise<Receipt> | undefined;
}

/** A message that was parked waits for its time; in the line of the background runs its session has no place. */
function parkedWait(home: string, dir: string, { runId, background }: RunRequest): StartWait | undefined {
  const notBefore = background?.notBefore ?? null;
  return notBefore === null ? undefined : createStartWait(home, dir, { runId, maxParallel: 0, notBefore });
}

function noteOf(delivery: SendParams["delivery"], busy: boolean): string | null {
  if (delivery === "steer") return "no turn is under way that it could be put into: it gets its own";
  return delivery === "interrupt" && busy ? "the turn is interrupted, and this runs next" : null;
}
