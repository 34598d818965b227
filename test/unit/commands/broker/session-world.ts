import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { claimBroker, type SessionRef, sessionRef } from "../../../../src/broker/store/broker-record.ts";
import { addMessage, readMessage, writeMessage } from "../../../../src/broker/store/queue.ts";
import { readSessionView, type SessionView } from "../../../../src/broker/store/read-session.ts";
import { FLAGS, type Flags, type Verb } from "../../../../src/commands/broker/verb.ts";
import type { Receipt, RunStatus, SessionRecord } from "../../../../src/core/record.ts";
import type { Owner, RunRequest } from "../../../../src/core/request.ts";
import type { BrokerRecord, Message } from "../../../../src/core/session.ts";
import { writeStatus } from "../../../../src/run/create-record.ts";
import { writeReceipt } from "../../../../src/run/record.ts";
import { writeSession } from "../../../../src/run/session-record.ts";
import { currentOwner } from "../../../../src/sys/owner.ts";
import { runDir } from "../../../../src/sys/paths.ts";
import { type SampleIo, sampleIo } from "../../cli/sample-command.ts";
import {
  BROKER_ID,
  sampleBrokerRecord,
  sampleMessage,
  samplePacket,
  sampleReceipt,
  sampleRequest,
  sampleSession,
} from "../../core/samples.ts";
import { newRecord } from "../../run/new-record.ts";
import { tempDir } from "../../sys/temp-dir.ts";

export const ALIVE: Owner = currentOwner();
export const DEAD: Owner = { ...ALIVE, pid: 2 ** 30 };
/** The moment at which the tests look. */
export const NOW = Date.parse("2026-11-21T06:00:00.000Z");
export const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString();
export const runId = (number: number): string => `r-20261121-0511${String(number).padStart(2, "0")}-aaaa`;

export interface RunSpec {
  id?: string;
  goal?: string;
  request?: Partial<RunRequest>;
  /** How it goes on, or how it ended. */
  status?: Partial<RunStatus>;
  receipt?: Partial<Receipt>;
  /** Its events; one second lies between two of them, and the last was just now. */
  events?: object[];
}

export interface SessionSpec {
  home?: string;
  brokerId?: string;
  workspace?: string;
  /** false: a session of one run. */
  broker?: Partial<BrokerRecord> | false;
  /** false: there is no thread yet. */
  session?: Partial<SessionRecord> | false;
  runs?: RunSpec[];
  messages?: Partial<Message>[];
}

export interface SessionWorld {
  home: string;
  workspace: string;
  ref: SessionRef;
  dir(run: string): string;
  log(run: string, ...events: object[]): void;
  end(run: string, receipt?: Partial<Receipt>): void;
  /** The message with this number has become its run. */
  take(number: number): void;
  view(): Promise<SessionView>;
  /** Runs a verb about this session, or about the run of it that is named. */
  call(verb: Verb, flags?: Partial<Flags>, run?: string): Promise<SampleIo & { code: number }>;
}

/** The records of a session as its broker leaves them on the disk, in a state home of its own. */
export function newSession(spec: SessionSpec = {}): SessionWorld {
  const home = spec.home ?? join(tempDir(), "state");
  const brokerId = spec.brokerId ?? BROKER_ID;
  const workspace = spec.workspace ?? "/work/a project";
  const ref = sessionRef(home, workspace, brokerId);
  const dir = (run: string) => runDir(home, workspace, run);
  const log = (run: string, ...events: object[]) => {
    const lines = events.map((event, at) => JSON.stringify({ at: ago(events.length - 1 - at), ...event }));
    appendFileSync(join(dir(run), "events.jsonl"), `${lines.join("\n")}\n`);
  };
  const end = (run: string, receipt: Partial<Receipt> = {}) =>
    writeReceipt(
      dir(run),
      sampleReceipt({ run_id: run, broker_id: brokerId, workspace, record: dir(run), ...receipt }),
    );
  if (spec.broker !== false)
    claimBroker(ref, sampleBrokerRecord({ broker_id: brokerId, workspace, owner: ALIVE, ...spec.broker }), 0);
  const ids = (spec.runs ?? []).map((run, at) => run.id ?? runId(at));
  for (const [at, run] of (spec.runs ?? []).entries()) {
    const id = ids[at] ?? "";
    const goal = run.goal ?? `goal ${at}`;
    newRecord(
      { runId: id, brokerId, workspace, packet: samplePacket({ goal }), createdAt: ago(60), ...run.request },
      home,
    );
    if (run.events) log(id, ...run.events);
    if (run.receipt) end(id, run.receipt);
    else
      writeStatus(dir(id), {
        version: 1,
        runId: id,
        state: "running",
        updatedAt: ago(60),
        owner: ALIVE,
        sent: true,
        ...run.status,
      });
  }
  if (spec.session !== false && ids.length > 0)
    writeSession(home, sampleSession({ broker_id: brokerId, workspace, runs: ids, ...spec.session }));
  for (const [at, over] of (spec.messages ?? []).entries()) {
    const request = sampleRequest({ brokerId, workspace, live: true, runId: over.run_id ?? runId(50 + at) });
    const message = addMessage(ref, sampleMessage({ message_id: `m-${at}`, request, ...over, state: "queued" }));
    if (over.state && over.state !== "queued") writeMessage(ref, { ...message, state: over.state });
  }
  return {
    home,
    workspace,
    ref,
    dir,
    log,
    end,
    take(number) {
      const message = readMessage(ref, number);
      if (message) writeMessage(ref, { ...message, state: "consumed", run_id: message.request.runId });
    },
    view: () => readSessionView(ref),
    async call(verb, flags = {}, run) {
      const io = sampleIo([], { env: { ASK_CODEX_HOME: home }, cwd: existsSync(workspace) ? workspace : home });
      const all: Flags = { ...FLAGS.parse({}), ...flags };
      const target = { home, ref, word: brokerId, ...(run === undefined ? {} : { runId: run }) };
      const code = await (verb.takes === "id"
        ? verb.run(target, all, io)
        : verb.takes === "nothing"
          ? verb.run(all, io)
          : Promise.reject(new Error("a verb with a text")));
      return { ...io, code };
    },
  };
}
