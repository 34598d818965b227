import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { launchBroker } from "../../broker/launch.ts";
import type { SendParams } from "../../broker/protocol.ts";
import {
  claimBroker,
  latestBroker,
  type SessionRef,
  sessionDir,
  writeBroker,
} from "../../broker/store/broker-record.ts";
import { addMessage, writeMessage } from "../../broker/store/queue.ts";
import type { Io } from "../../cli/define.ts";
import { AskCodexError, messageOf } from "../../core/errors.ts";
import { redact } from "../../core/redact.ts";
import type { RunRequest } from "../../core/request.ts";
import type { BrokerRecord } from "../../core/session.ts";
import { makeParents } from "../../run/create-record.ts";
import { isThere, writeNew } from "../../sys/files.ts";
import { currentOwner } from "../../sys/owner.ts";

const DEFAULT_IDLE_EXIT_MIN = 30;

/** What a new broker of a session has; what is not said it takes over from the one before it. */
export function brokerRecord(
  about: {
    before: BrokerRecord | undefined;
    name?: string | undefined;
    key?: string | undefined;
    idleExitMin: number | undefined;
  } & Pick<BrokerRecord, "broker_id" | "workspace" | "socket" | "token" | "codex" | "engine" | "env">,
): BrokerRecord {
  const { before, name, key, idleExitMin, ...rest } = about;
  const idleMs = idleExitMin === undefined ? before?.idle_exit_ms : idleExitMin * 60_000;
  return {
    version: 1,
    ...rest,
    name: name ?? before?.name ?? null,
    key: key === undefined ? (before?.key ?? null) : redact(key),
    created_at: new Date().toISOString(),
    starter: currentOwner(),
    owner: null,
    idle_exit_ms: Math.round(idleMs ?? DEFAULT_IDLE_EXIT_MIN * 60_000),
    codex_process: null,
    ended: null,
  };
}

/** A session that is ours, and written down with what it begins with; no broker runs yet. */
export interface Taken {
  /** Brings its broker to life; resolves with its process id. */
  launch(): Promise<number>;
  /** Takes back what was written: a new session goes altogether, an old one says why it did not go on. */
  giveUp(why: string): void;
}

/** Takes a session behind its broker number `after`, with its first message. Whoever comes second is refused (75). */
export function takeSession(
  about: { ref: SessionRef; record: BrokerRecord; after: number; message: SendParams | undefined },
  io: Io,
): Taken {
  const { ref, record, after, message } = about;
  const dir = sessionDir(ref);
  makeParents(ref.home, { ...record, id: ref.brokerId });
  const isNew = !isThere(dir);
  const number = claimBroker(ref, record, after);
  let added: ReturnType<typeof addMessage> | undefined;
  const giveUp = (why: string) => {
    if (isNew) return rmSync(dir, { recursive: true, force: true });
    if (added) writeMessage(ref, { ...added, state: "undelivered", why });
    const processes = { killed: [], left: [], removed_dirs: [] };
    writeBroker(ref, number, {
      ...record,
      ended: { at: new Date().toISOString(), how: "failed", reason: why, processes },
    });
  };
  try {
    // Made here for its mode: the shell that starts the broker would let others read it.
    const log = join(dir, "broker.log");
    if (!existsSync(log)) writeNew(log, "");
    if (message) added = addMessage(ref, asMessage(message));
  } catch (error) {
    giveUp(messageOf(error));
    throw error;
  }
  return {
    giveUp,
    async launch() {
      const now = latestBroker(ref)?.record;
      if (!now || now.ended)
        throw new AskCodexError("refused", `the session ${ref.brokerId} was stopped before its broker came up`, {
          hint: `codex_broker resume ${ref.brokerId} makes it live again`,
        });
      try {
        return await launchBroker({ program: io.brokerProgram, dir, env: io.env });
      } catch (error) {
        giveUp(messageOf(error));
        throw error;
      }
    },
  };
}

const asMessage = ({ message_id, delivery, text, request }: SendParams) => ({
  version: 1 as const,
  message_id,
  delivery,
  text,
  request: request satisfies RunRequest,
  created_at: new Date().toISOString(),
  state: "queued" as const,
  run_id: null,
  why: null,
});
