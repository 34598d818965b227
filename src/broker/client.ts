import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AskCodexError } from "../core/errors.ts";
import type { Receipt } from "../core/record.ts";
import { type RunView, readRun } from "../run/read-run.ts";
import { readReceipt } from "../run/record.ts";
import { type Address, isCut, type Line, openLine } from "./line.ts";
import { EventParams, NOTIFICATIONS, ReceiptParams } from "./protocol.ts";

const POLL_MS = 8;
const OWNER_CHECK_MS = 250;

/** Opens a line to a broker. undefined: none listens there; "silent": it does not say hello, being stopped or stuck. */
export async function dial(address: Address): Promise<Line | "silent" | undefined> {
  const { line, welcome } = openLine(address);
  const how = await welcome;
  if (how === "open") return line;
  line.close();
  return how;
}

/**
 * Asks a broker one thing. Where it is "silent" or not there, what was asked is not done later either: a broker that
 * comes to itself does nothing for a client that has left.
 */
export async function askBroker<T>(
  address: Address,
  ask: (line: Line) => Promise<T>,
): Promise<{ said: T } | "silent" | undefined> {
  const { line, welcome } = openLine(address);
  try {
    const said = ask(line);
    // Heard of below, or said better by the welcome.
    said.catch(() => {});
    const how = await welcome;
    return how === "open" ? { said: await said } : how;
  } finally {
    line.close();
  }
}

/** What a client sees next of a run: it ended, or a question parks it. */
export type Sight = { kind: "ended"; receipt: Receipt } | { kind: "parked"; receipt: Receipt };

export interface Attached {
  /** Resolves when the run ends or parks. */
  next(): Promise<Sight>;
  answer(text: string): Promise<boolean>;
  /** Resolves when the run has ended and no process of it is left. */
  cancel(reason: string): Promise<void>;
  detach(): void;
}

export interface AttachOptions {
  runId: string;
  dir: string;
  line: Address;
  brokerPid?: number;
  onEvent: (event: { type: string; [key: string]: unknown }) => void;
}

/** Attaches to the broker of a run that has not ended, waiting for it to come up. Ends as `ended` when the run has. */
export async function attach(options: AttachOptions): Promise<Attached | { ended: Receipt }> {
  let checkedAt = Date.now();
  for (;;) {
    const attached = await follow(options).catch((error: unknown) => endedOr(options, error));
    if (attached) return attached;
    if (Date.now() - checkedAt > OWNER_CHECK_MS) {
      checkedAt = Date.now();
      const view = await look(options);
      if (view.state === "ended") return { ended: view.receipt };
    }
    await sleep(POLL_MS);
  }
}

/** undefined: nobody listens, or the line was cut before we were attached. A broker that is silent is waited for. */
async function follow(options: AttachOptions): Promise<Attached | undefined> {
  const { runId } = options;
  const sights: Sight[] = [];
  let wake: () => void = () => {};
  let gone = false;
  const { line } = openLine(options.line, {
    onNotification(method, params) {
      if (method === NOTIFICATIONS.event) {
        const told = EventParams.safeParse(params).data;
        if (told?.run_id === runId) options.onEvent(told.event);
        return;
      }
      const told = ReceiptParams.safeParse(params);
      // A receipt of another version than ours: the record has it, and says so.
      if (!told.success) return line.close();
      if (told.data.receipt.run_id !== runId) return;
      sights.push({ kind: method === NOTIFICATIONS.parked ? "parked" : "ended", receipt: told.data.receipt });
      wake();
    },
    onClose() {
      gone = true;
      wake();
    },
  });
  try {
    const { parked } = await line.attach();
    // The broker of a session lives on when a run has ended: it may have told of the end before we came.
    const ended = readReceipt(options.dir);
    if (ended) sights.splice(0, sights.length, { kind: "ended", receipt: ended });
    else if (parked?.run_id === runId && sights.length === 0) sights.push({ kind: "parked", receipt: parked });
  } catch (error) {
    line.close();
    if (isCut(error)) return undefined;
    throw error;
  }
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
      const answered = await line.answer(text, runId).catch(() => undefined);
      return answered?.delivered ?? false;
    },
    async cancel(reason) {
      await line.cancel(reason, runId).catch(() => {});
    },
    detach: () => line.close(),
  };
}

/** Whoever listens there now knows nothing of the run: it may have ended long ago. */
async function endedOr(options: AttachOptions, error: unknown): Promise<{ ended: Receipt }> {
  const view = await look(options);
  if (view.state !== "ended") throw error;
  return { ended: view.receipt };
}

/** The line is cut: the broker has ended the run, or died; the record tells which, at the latest when its owner is gone. */
async function lastWord(options: AttachOptions): Promise<Receipt> {
  for (let tries = 0; tries < 200; tries++) {
    const view = await look(options);
    if (view.state === "ended") return view.receipt;
    await sleep(50);
  }
  throw new AskCodexError("failed", `the broker of the run in ${options.dir} closed the line and goes on`, {
    hint: "codex_runs wait picks the result up",
  });
}

/** A message that waits for its turn has a run id, but no record yet. */
function look({ dir, runId, brokerPid }: AttachOptions): Promise<RunView> {
  if (existsSync(join(dir, "request.json"))) return readRun(dir, brokerPid);
  throw new AskCodexError("lost", `the broker ended before run ${runId} began`, {
    hint: "codex_broker list names its session, and codex_broker summary says what became of the message",
  });
}
