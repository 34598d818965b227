import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { readQueue } from "../../src/broker/store/queue.ts";
import { RunStatus, SessionRecord } from "../../src/core/record.ts";
import { BrokerRecord, type Message } from "../../src/core/session.ts";
import { findByEnvironment, listProcesses, type ProcessRow, readProcess } from "../../src/sys/process-table.ts";
import { type Called, type CallOptions, codexBinary, type Lab, type LabOptions, openLab, until } from "./lab.ts";
import { makeScript } from "./refusal.ts";
import type { Beat } from "./scripted-model.ts";

export const DONE: Beat = { say: "Done.\n\nStatus: done" };
/** A command that goes on until `letGo`. */
export const UNTIL_GO: Beat = { run: "touch at-work; while [ ! -e go ]; do sleep 0.05; done", yieldMs: 60_000 };
/** A message of Codex's that has begun and goes on for ever. */
export const STREAMING: Beat = { hang: true, deltas: ["I am writing about"] };

/** What `start --json` says. */
export interface Started {
  broker_id: string;
  session_id: string | null;
  run_id: string;
  status: string;
  started: boolean;
  next: string;
}

/** What `send --json` says. */
export interface Sent {
  message_id: string;
  delivery: string;
  run_id: string;
  queue_depth: number;
  note: string | null;
}

/** What `status --json` says. */
export interface Seen {
  broker_id: string;
  name: string | null;
  status: string;
  session_id: string | null;
  run_id: string | null;
  now: { what: string; for_s: number } | null;
  queue_depth: number;
  question: { question: string; options: string[] } | null;
  last_error: string | null;
  last_verdict: string | null;
  exit_code: number | null;
  workspace: string;
  next: string | null;
}

export const broker = (lab: Lab, ...args: string[]): Promise<Called> => lab.call("codex_broker", args);
/** From a directory that has nothing to do with it. */
export const fromRoot = (lab: Lab, ...args: string[]): Promise<Called> => lab.call("codex_broker", args, { cwd: "/" });

/** The one object that a call prints with --json. */
async function objectOf(lab: Lab, args: readonly string[], options?: CallOptions) {
  const called = await lab.call("codex_broker", [...args, "--json"], options);
  expect(called.code, called.stdout + called.stderr).toBe(0);
  expect(called.stdout).toMatch(/^\{[^\n]*\}\n$/);
  return JSON.parse(called.stdout);
}

/** Starts a session whose goal says what is to be checked, so that nothing is warned of. */
export const begin = (lab: Lab, ...options: string[]): Promise<Started> =>
  objectOf(lab, ["start", ...options, "begin the work; the tests must pass"]);
export const send = (lab: Lab, id: string, text: string, ...options: string[]): Promise<Sent> =>
  objectOf(lab, ["send", ...options, id, text]);
export const status = (lab: Lab, id: string): Promise<Seen> => objectOf(lab, ["status", id], { cwd: "/" });

/** The folder of a live session. */
export function folderOf(lab: Lab, brokerId: string): string {
  const root = join(lab.home, "workspaces");
  const found = readdirSync(root)
    .map((key) => join(root, key, "sessions", brokerId))
    .find(existsSync);
  if (!found) throw new Error(`no live session ${brokerId}`);
  return found;
}

const parsed = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));

/** What a file holds, if it can be read at all. */
function peek(path: string): unknown {
  try {
    return parsed(path);
  } catch {
    return undefined;
  }
}

const brokersIn = (dir: string): number[] =>
  existsSync(dir)
    ? readdirSync(dir).flatMap((name) => (/^\d+\.json$/.test(name) ? [Number.parseInt(name, 10)] : []))
    : [];

/** The path of the record of the session's latest broker. */
export function brokerPath(lab: Lab, brokerId: string): string {
  const dir = join(folderOf(lab, brokerId), "brokers");
  return join(dir, `${Math.max(...brokersIn(dir))}.json`);
}
export const brokerOf = (lab: Lab, brokerId: string): BrokerRecord =>
  BrokerRecord.parse(parsed(brokerPath(lab, brokerId)));
/** Rewrites the record of the session's latest broker, as time or another version would have it. */
export function rewriteBroker(lab: Lab, brokerId: string, change: (record: BrokerRecord) => object): void {
  const path = brokerPath(lab, brokerId);
  writeFileSync(path, JSON.stringify(change(BrokerRecord.parse(parsed(path)))));
}
/** Every message of the session, in the order of the receipts. */
export const messagesOf = (lab: Lab, brokerId: string): Message[] =>
  readQueue({ home: lab.home, workspaceKeyDir: dirname(dirname(folderOf(lab, brokerId))), brokerId });
export const sessionOf = (lab: Lab, brokerId: string): SessionRecord =>
  SessionRecord.parse(parsed(join(dirname(folderOf(lab, brokerId)), `${brokerId}.json`)));
export const runStatus = (lab: Lab, runId: string): RunStatus =>
  RunStatus.parse(parsed(join(lab.recordDir(runId), "status.json")));

const isThere = (lab: Lab, runId: string, name: string): boolean => {
  try {
    return existsSync(join(lab.recordDir(runId), name));
  } catch {
    return false;
  }
};
export const ended = (lab: Lab, runId: string): Promise<void> => until(() => isThere(lab, runId, "result.json"));
export const parked = (lab: Lab, runId: string): Promise<void> =>
  until(() => isThere(lab, runId, "status.json") && runStatus(lab, runId).state === "waiting_input");
export const asked = (lab: Lab, count: number): Promise<void> => until(() => lab.model.requests.length >= count);
/** The command of `UNTIL_GO` is under way. */
export const atWork = (lab: Lab): Promise<void> => until(() => existsSync(join(lab.workspace, "at-work")));
export const letGo = (lab: Lab): void => writeFileSync(join(lab.workspace, "go"), "");
export const verdictOf = (lab: Lab, runId: string): string => lab.receipt(runId).verdict;

/** Waits until the session has nothing to do, and says how it is then. */
export async function idle(lab: Lab, id: string): Promise<Seen> {
  await broker(lab, "wait", "--quiet", id);
  return status(lab, id);
}

/** The environment of a Codex that does not come up before `letCodexStart`. */
export const slowCodex = (lab: Lab): NodeJS.ProcessEnv => ({
  ASK_CODEX_BIN: makeScript(
    lab,
    "slow-codex",
    `while [ ! -e "${lab.dir}/codex may start" ]; do sleep 0.05; done\nexec "${codexBinary()}" "$@"`,
  ),
});
export const letCodexStart = (lab: Lab): void => writeFileSync(join(lab.dir, "codex may start"), "");

/** What the user said, without the packet around it: the first line of each user message of the last request. */
export const saidTo = (lab: Lab): string[] => lab.model.userTexts().map((text) => text.split("\n")[0] ?? "");

/** Every live process of a session: those with its marker, and its broker and Codex by their records. */
export function processesOf(lab: Lab, brokerId: string): ProcessRow[] {
  const marked = findByEnvironment("ASK_CODEX_RUN", brokerId, `${brokerId}.commands`);
  const record = BrokerRecord.safeParse(peek(brokerPath(lab, brokerId))).data;
  const { owner, codex_process: codex } = record ?? { owner: null, codex_process: null };
  const known = [owner, codex].flatMap((one) => {
    const row = one ? readProcess(one.pid) : undefined;
    return one && row?.startTime === one.startTime ? [row] : [];
  });
  return [...marked, ...known].filter((row) => !row.zombie);
}

/** Live processes that have the word in their arguments, whatever their environment and their parents are. */
export const processesWith = (word: string): ProcessRow[] =>
  listProcesses().filter((row) => !row.zombie && argumentsOf(row.pid).some((one) => one.includes(word)));

function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

const times: string[] = [];
/** A number of seconds that no other process sleeps for. */
export function longTime(): string {
  const time = `${process.pid}${String(times.length + 1).padStart(3, "0")}`;
  times.push(time);
  return time;
}

/** Where a process is; for whoever must not hold a directory. */
export const cwdOf = (pid: number): string => readlinkSync(`/proc/${pid}/cwd`);

/** Kills by its id, and waits until nobody can meet it any more. */
export async function kill(pid: number | undefined): Promise<void> {
  if (pid === undefined) throw new Error("there is no process to kill");
  process.kill(pid, "SIGKILL");
  await until(() => readProcess(pid)?.zombie !== false);
}

const liveOnes = (lab: Lab): string[] => {
  const root = join(lab.home, "workspaces");
  const keys = existsSync(root) ? readdirSync(root) : [];
  const ids = keys.flatMap((key) => {
    const sessions = join(root, key, "sessions");
    return existsSync(sessions)
      ? readdirSync(sessions).filter((name) => brokersIn(join(sessions, name, "brokers")).length > 0)
      : [];
  });
  return ids.filter((id) => processesOf(lab, id).length > 0);
};

/**
 * Opens a lab for as long as `body` takes. Sessions that live then are stopped as a user would stop them, and nothing
 * of them may be left; after a failure they are killed, so that the failure is what is said.
 */
export async function inLive(options: LabOptions, body: (lab: Lab) => Promise<void>): Promise<void> {
  const lab = await openLab(options);
  try {
    await body(lab);
    const live = liveOnes(lab);
    await Promise.all(live.map((id) => fromRoot(lab, "stop", id)));
    for (const id of live) expect(processesOf(lab, id)).toEqual([]);
  } catch (error) {
    for (const { pid } of [...lab.processes(), ...times.flatMap(processesWith)]) tryToKill(pid);
    await lab.close().catch(() => {});
    throw error;
  }
  await lab.close();
}

function tryToKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone with another one.
  }
}
