import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { AskCodexError } from "../core/errors.ts";
import type { Owner, RunRequest } from "../core/request.ts";
import type { BrokerEnd, BrokerRecord } from "../core/session.ts";
import { readRequest } from "../run/record.ts";
import { attempt } from "../sys/files.ts";
import { homeOfRecord } from "../sys/paths.ts";
import { latestBroker, type SessionRef, writeBroker } from "./store/broker-record.ts";

/** What a broker is there for: one run, or a session that stays. */
export interface Seat {
  home: string;
  ref: SessionRef;
  workspace: string;
  brokerId: string;
  socket: string;
  token: string;
  /** The run that it was started for, whose record is written already. */
  first: { dir: string; request: RunRequest } | undefined;
  /** Whether it stays for the next message, and for how long. */
  live: { idleExitMs: number } | undefined;
  /** Its record is gone, so nobody can ask anything of it any more. */
  gone(): boolean;
  /** The Codex that it has now. */
  codex(): Owner | undefined;
  /** Writes down which Codex it has now; that can't be written is no reason to end anything. */
  noteCodex(codex: Owner | null): void;
  writeEnd(end: BrokerEnd): void;
}

/** Takes the seat that a folder describes: a run's record, or a session's folder. */
export function takeSeat(dir: string): Seat {
  return existsSync(join(dir, "brokers")) ? seatOfSession(dir) : seatOfRun(dir);
}

function seatOfRun(dir: string): Seat {
  const request = readRequest(dir);
  let codex: Owner | undefined;
  return {
    home: homeOfRecord(dir),
    ref: { home: homeOfRecord(dir), workspaceKeyDir: dirname(dirname(dir)), brokerId: request.brokerId },
    workspace: request.workspace,
    brokerId: request.brokerId,
    socket: request.socket,
    token: request.token,
    first: { dir, request },
    live: undefined,
    gone: () => !existsSync(join(dir, "request.json")),
    codex: () => codex,
    noteCodex(now) {
      codex = now ?? undefined;
    },
    writeEnd() {},
  };
}

function seatOfSession(dir: string): Seat {
  const home = homeOfRecord(dir);
  const ref: SessionRef = { home, workspaceKeyDir: dirname(dirname(dir)), brokerId: basename(dir) };
  const latest = latestBroker(ref);
  if (!latest) throw new AskCodexError("failed", `there is no broker record in ${dir}`);
  const { number } = latest;
  let record = latest.record;
  const gone = () => !existsSync(join(dir, "brokers", `${number}.json`));
  const change = (news: Partial<BrokerRecord>) => {
    record = { ...record, ...news };
    // A record that was removed is not made anew.
    if (!gone()) writeBroker(ref, number, record);
  };
  return {
    home,
    ref,
    workspace: record.workspace,
    brokerId: record.broker_id,
    socket: record.socket,
    token: record.token,
    first: undefined,
    live: { idleExitMs: record.idle_exit_ms },
    gone,
    codex: () => record.codex_process ?? undefined,
    noteCodex: (codex) => attempt(() => change({ codex_process: codex })),
    writeEnd: (ended) => change({ codex_process: null, ended }),
  };
}
