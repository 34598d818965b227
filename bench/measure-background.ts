import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { Receipt, RunStatus } from "../src/core/record.ts";
import { RunRequest } from "../src/core/request.ts";
import type { Lab } from "../test/kit/lab.ts";
import { createTurnstile } from "../test/kit/turnstile.ts";
import type { Context } from "./context.ts";
import { proportionalMiB, residentMiB } from "./read-memory.ts";
import { type Resident, type Row, residentRow, timeRow } from "./row.ts";
import { lineOf, runProcess } from "./run-process.ts";
import { GOAL, HELLO, type World } from "./world.ts";

const AT_ONCE = 4;
const LOOK_EVERY_MS = 50;

/**
 * Many background starts at the same moment, of which few may go on at a time: what a start costs, what those that wait
 * hold, and how long it takes until all are over. Throws where a run did not end as it should, more went on than may, a
 * file is torn, an end is not delivered exactly once, or something is left.
 */
export async function measureBackground({ world, starts, check, stop, say }: Context): Promise<Row[]> {
  const { lab, argv } = world;
  const name = `${starts} background starts at once, ${AT_ONCE} at a time`;
  say(name);
  check();
  const gate = createTurnstile();
  lab.model.script(HELLO.map((beat) => ({ ...beat, gate })));
  const start = [...argv.ask.slice(0, -1), "--background", "--max-parallel", String(AT_ONCE), GOAL];
  const began = performance.now();
  const session = asSession(world);
  const started = await Promise.all(Array.from({ length: starts }, () => runProcess(session, start)));
  const startedMs = performance.now() - began;
  const runIds = started.map(({ stdout }) => lineOf(stdout, "run_id"));
  const waiting = Math.max(0, starts - AT_ONCE);
  await until(stop, () => waitingBrokers(lab, runIds).length === waiting && gate.waiting === Math.min(starts, AT_ONCE));
  const memory = meanOf(waitingBrokers(lab, runIds));
  const opened = performance.now();
  gate.open();
  await runProcess(world, [...argv.runs("wait", "--quiet"), ...runIds]);
  const endedMs = performance.now() - opened;
  if (gate.most > AT_ONCE) throw new Error(`${gate.most} runs went on at once, and ${AT_ONCE} may`);
  for (const runId of runIds) checkRecord(lab, runId);
  await checkDelivered(session, argv.runs("inbox", "--json"), runIds);
  await checkGone(lab);
  lab.model.requests.length = 0;
  return [
    timeRow(
      `${name}: one start`,
      started.map(({ ms }) => ms),
    ),
    timeRow(`${name}: until all have returned`, [startedMs]),
    timeRow(`${name}: from then until all have ended`, [endedMs]),
    ...(memory ? [residentRow(`one of ${waiting} brokers that wait`, memory)] : []),
  ];
}

/** The same world as a Claude Code session sees it, which is this process. */
const asSession = (world: World): World => {
  const env = { ...world.lab.env, CLAUDE_CODE_SESSION_ID: "bench", CLAUDE_PID: String(process.pid) };
  return { ...world, lab: { ...world.lab, env } };
};

const Shown = z.looseObject({ items: z.array(z.looseObject({ run_id: z.string() })) });

/** Reads the inbox of the session to its end: every run is in it, and once it was read, never again. */
async function checkDelivered(session: World, inbox: readonly string[], runIds: readonly string[]): Promise<void> {
  const delivered: string[] = [];
  for (;;) {
    const { stdout } = await runProcess(session, inbox);
    const ids = Shown.parse(JSON.parse(stdout)).items.map((item) => item.run_id);
    if (ids.length === 0) break;
    delivered.push(...ids);
    await runProcess(session, [...inbox, ...ids.flatMap((id) => ["--ack", id])]);
  }
  const once = new Set(delivered);
  if (once.size !== delivered.length || runIds.some((id) => !once.has(id)) || once.size !== runIds.length)
    throw new Error(`${runIds.length} runs were delivered ${delivered.length} times, ${once.size} of them`);
}

const parsed = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));

/** Every file of the record is whole, and the run is done. */
function checkRecord(lab: Lab, runId: string): void {
  const dir = lab.recordDir(runId);
  RunRequest.parse(parsed(join(dir, "request.json")));
  const { state } = RunStatus.parse(parsed(join(dir, "status.json")));
  const { verdict, reason } = Receipt.parse(parsed(join(dir, "result.json")));
  for (const line of readFileSync(join(dir, "events.jsonl"), "utf8").trim().split("\n")) JSON.parse(line);
  if (verdict !== "done" || state !== "ended") throw new Error(`${runId} is ${state}: ${verdict}: ${reason}`);
}

async function checkGone(lab: Lab): Promise<void> {
  const left = await lab.left();
  if (left.length > 0)
    throw new Error(`${left.length} processes were left: ${left.map(({ name }) => name).join(", ")}`);
  const tickets = readdirSync(join(lab.home, "slots"));
  if (tickets.length > 0) throw new Error(`tickets were left: ${tickets.join(", ")}`);
}

/** The processes of the brokers whose runs wait for their place. */
const waitingBrokers = (lab: Lab, runIds: readonly string[]): number[] =>
  runIds.flatMap((runId) => {
    const { waiting, owner } = RunStatus.parse(parsed(join(lab.recordDir(runId), "status.json")));
    return waiting && owner ? [owner.pid] : [];
  });

async function until(stop: AbortSignal, what: () => boolean): Promise<void> {
  for (; !what(); await sleep(LOOK_EVERY_MS)) stop.throwIfAborted();
}

function meanOf(pids: readonly number[]): Resident | undefined {
  let [rssMiB, pssMiB] = [0, 0];
  for (const pid of pids) {
    rssMiB += (residentMiB(pid) ?? 0) / pids.length;
    pssMiB += (proportionalMiB(pid) ?? 0) / pids.length;
  }
  return rssMiB > 0 ? { rssMiB, pssMiB } : undefined;
}
