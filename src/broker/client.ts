import { createConnection, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { AskCodexError } from "../core/errors.ts";
import type { Receipt } from "../core/record.ts";
import { type Connection, connect } from "../rpc/connection.ts";
import { readRun } from "../run/read-run.ts";
import { AnswerResult, AttachResult, EventParams, METHODS, NOTIFICATIONS, ReceiptParams } from "./protocol.ts";

const POLL_MS = 8;
const OWNER_CHECK_MS = 250;

/** What a client sees next of a run: it ended, or a question parks it. */
export type Sight = { kind: "ended"; receipt: Receipt } | { kind: "parked"; receipt: Receipt };

export interface Attached {
  /** Resolves when the run ends or parks; rejects never. */
  next(): Promise<Sight>;
  answer(text: string): Promise<boolean>;
  /** Resolves when the run has ended and no process of it is left. */
  cancel(reason: string): Promise<void>;
  detach(): void;
}

export interface AttachOptions {
  dir: string;
  socket: string;
  brokerPid?: number;
  onEvent: (event: { type: string; [key: string]: unknown }) => void;
}

/** Attaches to the broker of a run that has not ended, waiting for it to come up. Ends as `ended` when the run has. */
export async function attach(options: AttachOptions): Promise<Attached | { ended: Receipt }> {
  let checkedAt = Date.now();
  for (;;) {
    const socket = await dial(options.socket);
    if (socket) return follow(socket, options);
    if (Date.now() - checkedAt > OWNER_CHECK_MS) {
      checkedAt = Date.now();
      const view = await readRun(options.dir, options.brokerPid);
      if (view.state === "ended") return { ended: view.receipt };
    }
    await sleep(POLL_MS);
  }
}

async function follow(socket: Socket, options: AttachOptions): Promise<Attached> {
  const sights: Sight[] = [];
  let wake: () => void = () => {};
  let gone = false;
  const connection: Connection = connect({
    input: socket,
    output: socket,
    onNotification(method, params) {
      if (method === NOTIFICATIONS.event) {
        const event = EventParams.safeParse(params).data?.event;
        if (event) options.onEvent(event);
        return;
      }
      const receipt = ReceiptParams.safeParse(params).data?.receipt;
      if (receipt) sights.push({ kind: method === NOTIFICATIONS.parked ? "parked" : "ended", receipt });
      wake();
    },
    onClose() {
      gone = true;
      wake();
    },
  });
  const attached = AttachResult.safeParse(await connection.request(METHODS.attach, {}).catch(() => ({}))).data;
  if (attached?.parked && sights.length === 0) sights.push({ kind: "parked", receipt: attached.parked });
  return {
    async next() {
      while (sights.length === 0 && !gone) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return sights.shift() ?? { kind: "ended", receipt: await lastWord(options) };
    },
    async answer(text) {
      // The question that is answered here is no news any more.
      sights.length = 0;
      const result = await connection.request(METHODS.answer, { text }).catch(() => ({ delivered: false }));
      return AnswerResult.safeParse(result).data?.delivered ?? false;
    },
    async cancel(reason) {
      await connection.request(METHODS.cancel, { reason }).catch(() => {});
    },
    detach: () => socket.destroy(),
  };
}

/** The line is cut: the broker has ended the run, or died; the record tells which, at the latest when its owner is gone. */
async function lastWord({ dir, brokerPid }: AttachOptions): Promise<Receipt> {
  for (let tries = 0; tries < 200; tries++) {
    const view = await readRun(dir, brokerPid);
    if (view.state === "ended") return view.receipt;
    await sleep(50);
  }
  throw new AskCodexError("failed", `the broker of the run in ${dir} closed the line and goes on`, {
    hint: "codex_runs wait picks the result up",
  });
}

function dial(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve(undefined));
  });
}
