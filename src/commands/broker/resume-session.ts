import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { latestBroker, type SessionRef } from "../../broker/store/broker-record.ts";
import { readSessionView, type SessionView } from "../../broker/store/read-session.ts";
import type { Io } from "../../cli/define.ts";
import { usageError } from "../../core/errors.ts";
import { newToken } from "../../core/ids.ts";
import type { SessionRecord } from "../../core/record.ts";
import type { RunRequest } from "../../core/request.ts";
import { findCodex } from "../../engine/find-codex.ts";
import { refuseRecursion } from "../../gate/recursion.ts";
import { readStatus } from "../../run/record.ts";
import { socketPath } from "../../sys/paths.ts";
import { admit } from "../ask/admit.ts";
import type { BrokerLine } from "../ask/plan-run.ts";
import { readText } from "../ask/read-goal.ts";
import { renderDryRun } from "../ask/render-dry-run.ts";
import { nextCommand } from "./next-command.ts";
import { brokerRecord, takeSession } from "./open-session.ts";
import { planMessage, sayWarnings, toMessage } from "./plan-message.ts";
import { printFields } from "./print-fields.ts";
import { refuseHeld } from "./reach.ts";
import { sessionOf } from "./session-of.ts";
import { type Flags, RUN_OPTIONS, type Target } from "./verb.ts";

/** Gives a session that has ended a new broker, which goes on in the same thread with the same power. */
export async function resumeSession(target: Target, word: string | undefined, flags: Flags, io: Io): Promise<number> {
  const { home, ref } = target;
  const hasMessage = word !== undefined || flags.packet !== undefined;
  const unused = hasMessage ? undefined : MESSAGE_OPTIONS.find((name) => flags[name] !== undefined);
  if (unused) throw usageError(`--${unused} is for a message, and there is none`, 'codex_broker resume ID "MESSAGE"');
  refuseRecursion(io.env);
  const text = word === undefined ? undefined : await readText("message", word, io.stdin);
  const view = await readSessionView(ref);
  refuseHeld(view);
  const session = resumable(view);
  const line = { brokerId: ref.brokerId, socket: socketPath(home, ref.brokerId), token: newToken(), live: true };
  const codex = findCodex(io.env);
  const about = { home, session, line, codex, running: false, unattended: true, text, flags };
  const planned = hasMessage ? await planMessage(about, io) : undefined;
  if (planned && flags["dry-run"]) {
    io.stdout.write(renderDryRun(planned, { home, env: io.env, json: flags.json ?? false }));
    return 0;
  }
  const found = { session, waiting: undefined };
  const request = planned && (await admit(planned, { home, found, flags }, io));
  return goOn({ view, session, line, codex, request, text }, flags, io);
}

const MESSAGE_OPTIONS = ["force", "quota-gate", ...RUN_OPTIONS] as const;

function resumable(view: SessionView): SessionRecord {
  const { ref, broker, workspace } = view;
  const session = sessionOf(view);
  if (!session || (!broker && !session.session_id))
    throw usageError(
      `the session ${ref.brokerId} can't go on: Codex never got as far as a thread`,
      "start a new one with codex_broker start",
    );
  if (!existsSync(workspace))
    throw usageError(`the workspace ${workspace} of the session is not there any more`, "start a new session");
  return session;
}

interface GoingOn {
  view: SessionView;
  session: SessionRecord;
  line: BrokerLine;
  codex: RunRequest["codex"];
  request: RunRequest | undefined;
  text: string | undefined;
}

async function goOn({ view, session, line, codex, request, text }: GoingOn, flags: Flags, io: Io): Promise<number> {
  const { ref, broker, workspace, run } = view;
  const record = brokerRecord({
    before: broker?.record,
    idleExitMin: flags["idle-exit"],
    broker_id: ref.brokerId,
    workspace,
    socket: line.socket,
    token: line.token,
    codex,
    engine: session.engine,
    env: session.power.env,
  });
  const message = request && toMessage(request, "queue", text);
  const taken = takeSession({ ref, record, after: broker?.number ?? 0, message }, io);
  if (request) sayWarnings(request, io);
  const brokerPid = await taken.launch();
  await awaitOwner(ref);
  const interrupted = interruptedRun(run);
  // A run that Codex never heard of gives its message back to the queue.
  const again = interrupted && run && !readStatus(run.dir).sent ? 1 : 0;
  const now = await readSessionView(ref, brokerPid);
  const fields = {
    broker_id: ref.brokerId,
    session_id: session.session_id,
    status: now.state,
    interrupted: interrupted ?? (flags.json ? null : "none"),
    queue: view.waiting.length + again + (message ? 1 : 0),
    run_id: request?.runId ?? null,
    next: nextCommand(now, io.self),
  };
  printFields(fields, flags.json ?? false, io);
  return 0;
}

const interruptedRun = (run: SessionView["run"]): string | undefined =>
  run?.view.state === "ended" && run.view.receipt.verdict === "lost" ? run.runId : undefined;

const UP_MS = 900;
const LOOK_AGAIN_MS = 15;

/** Waits until the new broker has claimed the session, so that what is said of it is what it is. */
export async function awaitOwner(ref: SessionRef): Promise<void> {
  const until = Date.now() + UP_MS;
  while (latestBroker(ref)?.record.owner === null && Date.now() < until) await sleep(LOOK_AGAIN_MS);
}
