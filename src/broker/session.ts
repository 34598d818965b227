import { existsSync } from "node:fs";
import { join } from "node:path";
import { AskCodexError, messageOf } from "../core/errors.ts";
import type { RunEvent } from "../core/event.ts";
import type { EndedProcesses, Receipt } from "../core/record.ts";
import type { RunRequest } from "../core/request.ts";
import type { BrokerEnd, Message } from "../core/session.ts";
import { createRecord, writeStatus } from "../run/create-record.ts";
import type { StopCause } from "../run/decide-verdict.ts";
import { keepEnd } from "../run/keep-run.ts";
import { readStatus } from "../run/record.ts";
import { readSession } from "../run/session-record.ts";
import { currentOwner } from "../sys/owner.ts";
import { broken, carryOut, type LiveRun } from "./carry-out.ts";
import { closeSession } from "./close-session.ts";
import type { Equipment } from "./equipment.ts";
import { createIdleClock } from "./idle-clock.ts";
import type { BrokerDoor } from "./listen.ts";
import { NOTIFICATIONS, type SendParams, type SendResult } from "./protocol.ts";
import { recoverQueue } from "./recover-queue.ts";
import type { Seat } from "./seat.ts";
import { createSteering } from "./steering.ts";
import { addMessage, nextWaiting, readWaiting, writeMessage } from "./store/queue.ts";

export interface SessionOptions {
  seat: Seat;
  equipment: Equipment;
  env: NodeJS.ProcessEnv;
  /** Tells whoever is attached. */
  tell: (method: string, params: object) => void;
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

const ENDING = (reason: string) => new AskCodexError("refused", `the session is ending: ${reason}`);

/** Takes the messages of a session one by one, each as a run, for as long as the session lasts. */
export function createSession({ seat, equipment, env, tell }: SessionOptions): Session {
  const { home, ref } = seat;
  let work: Work | undefined;
  let ending: { how: BrokerEnd["how"]; reason: string } | undefined;
  /** Whether somebody asked for the end, and not the machine, which is going down perhaps. */
  let isAsked = false;
  let wake: () => void = () => {};
  /** What the end of the run that was stopped with the session took. */
  let stopped: EndedProcesses | undefined;
  const steering = createSteering(ref);

  const end: Session["end"] = (how, reason) => {
    ending ??= { how, reason };
    stopWork({ verdict: how === "failed" ? "failed" : "cancelled", reason });
    wake();
  };

  /** Ends the run that is under way, also one that has not begun yet. */
  const stopWork = (cause: StopCause) => {
    if (!work) return;
    work.cause ??= cause;
    work.run?.stop(cause);
  };

  const carry = (dir: string, request: RunRequest): Promise<Receipt> => {
    const mine: Work = { runId: request.runId, run: undefined, cause: undefined, over: undefined };
    work = mine;
    mine.over = carryThrough(mine, dir, request).finally(() => {
      work = undefined;
    });
    return mine.over;
  };

  /** While its broker lives a run without a receipt would seem to go on: then the session ends, too. */
  const see = (dir: string, receipt: Receipt): void => {
    const isKept = existsSync(join(dir, "result.json")) || !existsSync(join(dir, "request.json"));
    if (!isKept) end("failed", receipt.reason);
    if (ending) stopped = receipt.processes;
  };

  const carryThrough = async (mine: Work, dir: string, request: RunRequest): Promise<Receipt> => {
    let completed = false;
    const onEvent = (event: RunEvent) => {
      if (event.type === "turn_ended") completed = event.status === "completed";
      // What Codex had taken for later died with it.
      if (event.type === "restarted") steering.release(request.runId, false);
      if (event.type === "steered") orEnd(() => steering.consumed(event.messageId, request.runId));
    };
    try {
      const { power, codex } = await equipment.prepare(dir, request);
      mine.run = carryOut({ home, dir, request, power, codex, env, tell, codexProcess: seat.codex, onEvent });
      const cause: StopCause | undefined = mine.cause ?? (ending && { verdict: "cancelled", reason: ending.reason });
      if (cause) mine.run.stop(cause);
      return await mine.run.done;
    } catch (error) {
      const receipt = keepEnd(home, request, broken(dir, request, error));
      tell(NOTIFICATIONS.ended, { receipt });
      return receipt;
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
    if (seat.first) see(seat.first.dir, await carry(seat.first.dir, seat.first.request));
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
    .then(() => {
      ending ??= { how: "stopped", reason: "its work is done" };
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
  over: Promise<Receipt> | undefined;
}

function noteOf(delivery: SendParams["delivery"], busy: boolean): string | null {
  if (delivery === "steer") return "no turn is under way that it could be put into: it gets its own";
  return delivery === "interrupt" && busy ? "the turn is interrupted, and this runs next" : null;
}
