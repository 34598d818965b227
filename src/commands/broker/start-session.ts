import { rmSync } from "node:fs";
import { latestBroker, type SessionRef, sessionRef } from "../../broker/store/broker-record.ts";
import { findSessionRef } from "../../broker/store/find-session.ts";
import { claimKey, ownKey, readKey } from "../../broker/store/keys.ts";
import { readMessage } from "../../broker/store/queue.ts";
import { readSessionView } from "../../broker/store/read-session.ts";
import type { Io } from "../../cli/define.ts";
import { AskCodexError, messageOf, usageError } from "../../core/errors.ts";
import { isThreadId, newBrokerId, newToken } from "../../core/ids.ts";
import type { RunRequest } from "../../core/request.ts";
import { findCodex } from "../../engine/find-codex.ts";
import { refuseRecursion } from "../../gate/recursion.ts";
import { effective } from "../../packet/effective.ts";
import { findSession } from "../../run/session-record.ts";
import { socketPath, stateHome } from "../../sys/paths.ts";
import { admit } from "../ask/admit.ts";
import { claimForRun } from "../ask/claim-for-run.ts";
import { saidLayers } from "../ask/collect-layers.ts";
import { findNamedSession } from "../ask/find-named-session.ts";
import { locate } from "../ask/locate.ts";
import { planRun } from "../ask/plan-run.ts";
import { readGoal } from "../ask/read-goal.ts";
import { renderDryRun } from "../ask/render-dry-run.ts";
import type { FoundSession } from "../ask/resolve-session.ts";
import { awaitThread } from "./await-thread.ts";
import { type Brought, dropBrought, keepBrought } from "./bring-session.ts";
import { nextCommand } from "./next-command.ts";
import { brokerRecord, type Taken, takeSession } from "./open-session.ts";
import { sayWarnings, toMessage } from "./plan-message.ts";
import { printFields } from "./print-fields.ts";
import { refuseHeld } from "./reach.ts";
import { awaitOwner } from "./resume-session.ts";
import type { Flags } from "./verb.ts";

/** Plans as ask_codex does, writes the session down, and leaves it to a broker that stays. */
export async function startSession(texts: readonly string[], flags: Flags, io: Io): Promise<number> {
  if (flags["from-claude"] !== undefined)
    return (await import("./start-from-claude.ts")).startFromClaude(texts, flags, io);
  const goal = await readGoal(texts, io.stdin, "codex_broker start");
  if (goal === undefined && flags.packet === undefined && (flags.plan === undefined || flags["task-id"] === undefined))
    throw usageError("there is no goal", 'say what is to be done: codex_broker start "fix the login test"');
  if (flags.key !== undefined && flags.session !== undefined)
    throw usageError("--key is for a new session, and --session names an old one", "give one of them");
  refuseRecursion(io.env);
  const home = stateHome(io.env);
  const said = await saidLayers(flags, goal, io.cwd);
  const first = flags.key === undefined ? undefined : firstWithKey(home, flags.key, said, io);
  if (first && latestBroker(first)) return tell(first, undefined, flags, io);

  const found = await findNamedSession(home, await freeSession(home, flags.session), said, io);
  refuseLive(found);
  const brokerId = found?.session?.broker_id ?? first?.brokerId ?? newBrokerId(new Date());
  const line = { brokerId, socket: socketPath(home, brokerId), token: newToken(), live: true };
  const plan = { flags, said, home, session: found?.session, codex: findCodex(io.env), now: new Date(), line };
  const planned = await planRun({ ...plan, unattended: true }, io);
  if (flags["dry-run"]) {
    io.stdout.write(renderDryRun(planned, { home, env: io.env, json: flags.json ?? false }));
    return 0;
  }
  const request = await admit(planned, { home, found, flags }, io);
  return begin({ request, found }, flags, io);
}

/**
 * The id of the session that --session names, which nobody may hold: a name or the beginning of an id is as good as the
 * whole, but for a thread of Codex's that no record of ours knows.
 */
async function freeSession(home: string, word: string | undefined): Promise<string | undefined> {
  if (word === undefined || (isThreadId(word) && !findSession(home, word))) return word;
  const { ref } = findSessionRef(home, word);
  refuseHeld(await readSessionView(ref));
  return ref.brokerId;
}

/** The session that was started with a key; what else the call says does not count then, so it is asked first. */
export function firstWithKey(
  home: string,
  key: string,
  said: Parameters<typeof effective>[0],
  io: Io,
): SessionRef | undefined {
  const { workspace } = locate(effective(said).values.workspace, io.cwd);
  const ref = sessionRef(home, workspace, "");
  const brokerId = readKey(ref.workspaceKeyDir, key);
  return brokerId === undefined ? undefined : { ...ref, brokerId };
}

/** The same for the session of a task. */
function refuseLive(found: FoundSession | undefined): void {
  const id = found?.session?.broker_id;
  if (found?.waiting)
    throw new AskCodexError("refused", `the session ${id} waits for an answer`, {
      hint: `codex_broker answer ${id} "…"`,
    });
  if (found?.line)
    throw new AskCodexError("refused", `the session ${id} is live already`, { hint: `codex_broker send ${id} "…"` });
}

export interface Beginning {
  request: RunRequest;
  found?: FoundSession | undefined;
  /** What was brought along from Claude Code. */
  brought?: Brought;
}

/** Writes the session down with what it begins with, and leaves it to its broker. */
export async function begin({ request, found, brought }: Beginning, flags: Flags, io: Io): Promise<number> {
  const home = stateHome(io.env);
  const ref = sessionRef(home, request.workspace, request.brokerId);
  const after = found?.brokers ?? 0;
  const record = brokerRecord({
    before: after > 0 ? latestBroker(ref)?.record : undefined,
    name: flags.name,
    key: flags.key,
    idleExitMin: flags["idle-exit"],
    broker_id: request.brokerId,
    workspace: request.workspace,
    socket: request.socket,
    token: request.token,
    codex: request.codex,
    engine: request.engine,
    env: request.power.env,
  });
  const message = brought?.waits ? undefined : toMessage(request, "queue", undefined);
  const taken = takeSession({ ref, record, after, message }, io);
  const giveBack = (why: string) => {
    if (brought) dropBrought(ref, brought);
    const path = flags.key === undefined ? undefined : ownKey(ref, flags.key);
    if (path !== undefined) rmSync(path, { force: true });
    taken.giveUp(why);
  };
  try {
    const holder = flags.key === undefined ? ref.brokerId : claimKey(ref, flags.key);
    if (holder !== ref.brokerId) {
      taken.giveUp(`the session ${holder} has the key`);
      return await tell({ ...ref, brokerId: holder }, undefined, flags, io);
    }
  } catch (error) {
    giveBack("its key could not be written");
    throw error;
  }
  if (brought) keepBrought(ref, brought, giveBack);
  claimForRun(home, request, found?.after, () => giveBack("its task was taken by another run"));
  if (message) sayWarnings(request, io);
  const brokerPid = await launched(taken, giveBack);
  if (!message) await awaitOwner(ref);
  return tell(ref, { runId: message && request.runId, brokerPid, brought }, flags, io);
}

async function launched(taken: Taken, giveBack: (why: string) => void): Promise<number> {
  try {
    return await taken.launch();
  } catch (error) {
    giveBack(messageOf(error));
    throw error;
  }
}

/** Says which session there is now: the one that was just begun, or the one that had the key before. */
export async function tell(
  ref: SessionRef,
  mine: { runId: string | undefined; brokerPid: number; brought?: Brought | undefined } | undefined,
  flags: Flags,
  io: Io,
): Promise<number> {
  const message = mine ? undefined : readMessage(ref, 1);
  const runId = mine?.runId ?? message?.run_id ?? message?.request.runId;
  const threadId = runId === undefined ? undefined : await awaitThread(ref, runId);
  const view = await readSessionView(ref, mine?.brokerPid);
  const json = flags.json ?? false;
  const fields = {
    broker_id: ref.brokerId,
    session_id: threadId ?? view.session?.session_id ?? null,
    run_id: runId ?? null,
    status: view.state,
    ...(mine?.brought ? { imported: mine.brought.said } : {}),
    started: json || !mine ? mine !== undefined : null,
    next: nextCommand(view, io.self),
  };
  printFields(fields, json, io);
  return 0;
}
