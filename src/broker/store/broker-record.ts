import { join } from "node:path";
import { AskCodexError } from "../../core/errors.ts";
import { BrokerRecord } from "../../core/session.ts";
import { toJson } from "../../run/create-record.ts";
import { latestNumber } from "../../run/numbered-file.ts";
import { parseFile } from "../../run/record.ts";
import { makeLastingDir, makeOnce, writeLasting } from "../../sys/lasting-files.ts";
import { workspaceDir } from "../../sys/paths.ts";

/** Where a session is kept: enough to find each of its files. */
export interface SessionRef {
  home: string;
  /** `<home>/workspaces/<key>`. */
  workspaceKeyDir: string;
  brokerId: string;
}

export const sessionRef = (home: string, workspace: string, brokerId: string): SessionRef => ({
  home,
  workspaceKeyDir: workspaceDir(home, workspace),
  brokerId,
});

/** The folder of a live session; a session of one run has none. */
export const sessionDir = (ref: SessionRef): string => join(ref.workspaceKeyDir, "sessions", ref.brokerId);

/** What a session is to Codex: its thread, its power, its runs. Written once there is a thread. */
export const sessionPath = (ref: SessionRef): string => `${sessionDir(ref)}.json`;

/** Its n-th broker; the highest number counts. */
export const brokerPath = (ref: SessionRef, number: number): string => join(brokersDir(ref), `${number}.json`);

const brokersDir = (ref: SessionRef): string => join(sessionDir(ref), "brokers");

export interface NumberedBroker {
  number: number;
  record: BrokerRecord;
}

/** The broker that has the session, or had it last; undefined where no live session was ever begun. */
export function latestBroker(ref: SessionRef): NumberedBroker | undefined {
  const number = latestNumber(brokersDir(ref));
  return number === 0 ? undefined : { number, record: parseFile(brokerPath(ref, number), BrokerRecord) };
}

/**
 * Takes the session for a broker, behind the number `after` that was seen to be over (0: there was none). Making the
 * file with the next number fails for the second of two: no lock can be left behind, and nothing is ever taken away.
 */
export function claimBroker(ref: SessionRef, record: BrokerRecord, after: number): number {
  makeLastingDir(brokersDir(ref));
  const number = after + 1;
  if (!makeOnce(brokerPath(ref, number), toJson(record))) throw held(ref);
  return number;
}

/** Replaces the record of a broker; only the broker itself may, and a reader once it is dead. */
export const writeBroker = (ref: SessionRef, number: number, record: BrokerRecord): void =>
  writeLasting(brokerPath(ref, number), toJson(record));

function held(ref: SessionRef): AskCodexError {
  const record = latestBroker(ref)?.record;
  const by = record?.owner
    ? `the broker process ${record.owner.pid}`
    : `the broker that process ${record?.starter.pid ?? "?"} starts`;
  return new AskCodexError(
    "refused",
    `the session ${record?.name ?? ref.brokerId} is held by ${by} since ${record?.created_at ?? "a moment ago"}`,
    { hint: `codex_broker status ${ref.brokerId}, or codex_broker stop ${ref.brokerId}` },
  );
}
