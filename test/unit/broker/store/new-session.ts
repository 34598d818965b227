import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  claimBroker,
  type SessionRef,
  sessionDir,
  sessionRef,
  writeBroker,
} from "../../../../src/broker/store/broker-record.ts";
import { addMessage, writeMessage } from "../../../../src/broker/store/queue.ts";
import { AskCodexError } from "../../../../src/core/errors.ts";
import type { Receipt, RunStatus, SessionRecord } from "../../../../src/core/record.ts";
import type { Owner, RunRequest } from "../../../../src/core/request.ts";
import type { BrokerEnd, BrokerRecord, Message } from "../../../../src/core/session.ts";
import { toJson, writeStatus } from "../../../../src/run/create-record.ts";
import { writeReceipt } from "../../../../src/run/record.ts";
import { writeSession } from "../../../../src/run/session-record.ts";
import { makePrivateDir } from "../../../../src/sys/files.ts";
import { currentOwner } from "../../../../src/sys/owner.ts";
import {
  AT,
  BROKER_ID,
  RUN_ID,
  sampleBrokerRecord,
  sampleMessage,
  sampleReceipt,
  sampleRequest,
  sampleSession,
} from "../../core/samples.ts";
import { newRecord } from "../../run/new-record.ts";
import { tempDir } from "../../sys/temp-dir.ts";

export const WORKSPACE = "/work/a project";
export const ALIVE = currentOwner();
export const DEAD: Owner = { ...ALIVE, pid: 2 ** 30 };
export const OTHER_BOOT: Owner = { ...ALIVE, bootId: "another-boot" };
export const LONG_AGO = new Date(1_600_000_000_000);
export const runId = (number: number): string => `r-20261121-051103-aaa${number}`;
export const END: BrokerEnd = {
  at: AT,
  how: "stopped",
  reason: "it was asked to stop",
  processes: { killed: [], left: [], removed_dirs: [] },
};

/** What a test says of a message; the run that it will be has its number. */
export const messageOf = (number: number, over: Partial<Message> = {}): Message =>
  sampleMessage({
    number,
    message_id: `m-20261121-051103-aaaaa${number}`,
    text: `message ${number}`,
    request: sampleRequest({ runId: runId(number), live: true }),
    ...over,
  });

/** A session in a state home of its own, which a test gives the parts that it is about. */
export function newSession(
  over: { home?: string; brokerId?: string; workspace?: string } = {},
  home = over.home ?? join(tempDir(), "state"),
) {
  const { brokerId = BROKER_ID, workspace = WORKSPACE } = over;
  const ref: SessionRef = sessionRef(home, workspace, brokerId);
  return {
    home,
    ref,
    dir: sessionDir(ref),
    /** The next broker of it. */
    broker(record: Partial<BrokerRecord> = {}, after = 0): number {
      return claimBroker(ref, sampleBrokerRecord({ broker_id: brokerId, workspace, owner: ALIVE, ...record }), after);
    },
    end: (ended: Partial<BrokerEnd> = {}, number = 1) =>
      writeBroker(
        ref,
        number,
        sampleBrokerRecord({ broker_id: brokerId, workspace, owner: DEAD, ended: { ...END, ...ended } }),
      ),
    /** A message in the state that it is given. */
    message(number: number, state: Partial<Message> = {}): Message {
      const { number: _, ...message } = messageOf(number, state);
      const added = addMessage(ref, { ...message, state: "queued", run_id: null });
      const put = { ...message, number: added.number };
      if (put.state !== "queued") writeMessage(ref, put);
      return put;
    },
    session: (record: Partial<SessionRecord> = {}) =>
      writeSession(home, sampleSession({ broker_id: brokerId, workspace, runs: [RUN_ID], ...record })),
    /** The record of a run of it. */
    run(id: string, status: Partial<RunStatus>, request: Partial<RunRequest> = {}): string {
      const made = newRecord({ runId: id, brokerId, workspace, starter: DEAD, ...request }, home);
      writeStatus(made.dir, { version: 1, runId: id, state: "queued", updatedAt: AT, ...status });
      return made.dir;
    },
    /** The record of a run of it that is over. */
    over(id: string, receipt: Partial<Receipt> = {}): string {
      const made = newRecord({ runId: id, brokerId, workspace, starter: DEAD }, home);
      writeReceipt(
        made.dir,
        sampleReceipt({ run_id: id, broker_id: brokerId, workspace, record: made.dir, ...receipt }),
      );
      return made.dir;
    },
  };
}

/** What was thrown at us, as a refusal of ours. */
export function refusal(run: () => unknown): AskCodexError {
  try {
    run();
  } catch (error) {
    if (error instanceof AskCodexError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** Writes a file of a session as somebody else would: whatever it is. */
export function plant(path: string, text: string | object): void {
  makePrivateDir(join(path, ".."));
  writeFileSync(path, typeof text === "string" ? text : toJson(text));
}
