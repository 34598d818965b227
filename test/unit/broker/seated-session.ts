import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Equipment } from "../../../src/broker/equipment.ts";
import type { SendParams } from "../../../src/broker/protocol.ts";
import { takeSeat } from "../../../src/broker/seat.ts";
import { createSession, type Session } from "../../../src/broker/session.ts";
import { createStayingCodex, type StayingCodex } from "../../../src/broker/staying-codex.ts";
import { latestBroker } from "../../../src/broker/store/broker-record.ts";
import { readQueue } from "../../../src/broker/store/queue.ts";
import type { Receipt } from "../../../src/core/record.ts";
import type { Delivery } from "../../../src/core/session.ts";
import { type OpenPower, openPower } from "../../../src/run/open-power.ts";
import { powerPlace } from "../../../src/run/power-place.ts";
import { readReceipt } from "../../../src/run/record.ts";
import { runDir } from "../../../src/sys/paths.ts";
import { sampleRequest } from "../core/samples.ts";
import { type HandEngine, type HandOptions, type HandThread, handEngine } from "../engine/hand-engine.ts";
import { sampleThread } from "../engine/sample-thread.ts";
import { until } from "../sys/children.ts";
import { tempDir } from "../sys/temp-dir.ts";
import { newSession, runId } from "./store/new-session.ts";

export interface SeatedOptions {
  hand?: HandOptions;
  idleExitMs?: number;
  /** Messages that wait when the broker comes up. */
  waiting?: number;
  /** What is waited for before a run has its power and its Codex. */
  preparing?: () => Promise<void>;
  /** What is done before its broker comes up. */
  before?: (session: ReturnType<typeof newSession>) => void;
}

/** A session with a broker in this process: everything of it is real but its Codex, which is in the hand of the test. */
export function seatedSession({ idleExitMs = 0, waiting = 1, before, ...options }: SeatedOptions = {}) {
  const { session, requestOf, socket, seat } = newPlace();
  session.broker({ idle_exit_ms: idleExitMs, socket });
  for (let number = 1; number <= waiting; number++) session.message(number, { request: requestOf(number) });
  before?.(session);
  return seat(session.dir, options);
}

/** The same for the broker of one run, which is run 1. */
export function seatedRun(options: Pick<SeatedOptions, "hand"> = {}) {
  const { session, requestOf, seat } = newPlace();
  return seat(session.run(runId(1), { state: "running" }, { ...requestOf(1), live: false }), options);
}

function newPlace() {
  const dir = tempDir();
  const [workspace, home] = [join(dir, "a workspace"), join(dir, "state")];
  mkdirSync(workspace);
  const brokerId = `b-20261121-051103-${Math.random().toString(36).slice(2, 6).padEnd(4, "a")}`;
  const session = newSession({ home, workspace, brokerId });
  const socket = join(home, "sockets", "s");
  const requestOf = (number: number) =>
    sampleRequest({ runId: runId(number), brokerId, workspace, git: false, socket, live: true });
  const place = { session, workspace, socket, requestOf };
  return { ...place, seat: (at: string, options: SeatedOptions) => seat(place, at, options) };
}

type Place = Pick<ReturnType<typeof newPlace>, "session" | "workspace" | "requestOf">;

/** Puts a broker on the seat that a folder describes; it leaves with the test. */
function seat({ session, workspace, requestOf }: Place, at: string, { hand, preparing }: SeatedOptions) {
  const engine = handEngine(hand);
  const told: { method: string; params: { receipt?: Receipt } }[] = [];
  const broker: Session = createSession({
    seat: takeSeat(at),
    equipment: equip(session.home, engine, preparing),
    // No Codex of the machine's has a thread of ours.
    env: { CODEX_HOME: join(session.home, "none") },
    tell: (method, params) => void told.push({ method, params }),
  });
  // What fails there is what some tests are about.
  broker.done.catch(() => {});
  onTestFinished(async () => {
    broker.end("stopped", "the test is over");
    await broker.done.catch(() => {});
  });
  const dirOf = (number: number) => runDir(session.home, workspace, runId(number));
  const paramsOf = (number: number, delivery: Delivery): SendParams => ({
    message_id: `m-20261121-051103-aaaaa${number}`,
    delivery,
    text: `message ${number}`,
    request: requestOf(number),
  });
  return {
    ...session,
    workspace,
    broker,
    engine,
    told,
    dirOf,
    /** The n-th thread, once so many turns were asked of it. */
    async asked(turns: number, number = 1): Promise<HandThread> {
      await until(() => (engine.threads[number - 1]?.turns.length ?? 0) >= turns);
      const thread = engine.threads[number - 1];
      if (!thread) throw new Error("there is no such thread");
      return thread;
    },
    send: (number: number, delivery: Delivery = "queue") => broker.door.send(paramsOf(number, delivery)),
    /** What became of each message. */
    messages: () => readQueue(session.ref).map((one) => [one.text, one.state, one.run_id]),
    verdict: (number: number) => readReceipt(dirOf(number))?.verdict,
    over: (number: number) => until(() => readReceipt(dirOf(number)) !== undefined),
    ended: () => latestBroker(session.ref)?.record.ended,
  };
}

/** The equipment of a session as it is, around an engine of ours. */
function equip(home: string, engine: HandEngine, preparing = async () => {}): Equipment {
  let held: { power: OpenPower; codex: StayingCodex } | undefined;
  return {
    async prepare(dir, request) {
      await preparing();
      const place = powerPlace(dir, request);
      held ??= {
        power: openPower(home, place, request, { PATH: "/bin" }),
        codex: createStayingCodex({ engines: [engine], place, early: { take: () => undefined }, onProcess() {} }),
      };
      const { power, codex } = held;
      const { threadId } = request;
      const thread = sampleThread({ policy: power.policy, ...(threadId === undefined ? {} : { threadId }) });
      return { power: { ...power, close: power.sweep }, codex: codex.forRun(thread) };
    },
    async close() {
      const ended = (await held?.codex.close()) ?? { killed: [], left: [] };
      return { ...ended, removed_dirs: held?.power.close() ?? [] };
    },
  };
}
