import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PolicyRecord } from "../src/core/policy.ts";
import type { Owner } from "../src/core/request.ts";
import { compare } from "./compare.ts";
import type { Context } from "./context.ts";
import { beginSession, liveBrokers, withSessions } from "./live-sessions.ts";
import { measureCrowd } from "./measure-crowd.ts";
import { measureSteer } from "./measure-steer.ts";
import { residentMiB } from "./read-memory.ts";
import { growthRow, type Row } from "./row.ts";
import { lineOf, runProcess, threadOf } from "./run-process.ts";
import { GOAL, HELLO, type World } from "./world.ts";

/** The turns of one session after which its memory is looked at. */
const EARLY = 10;
const LATE = 200;
const GROWTH_MIB = 5;
const SEND = "live session: send --wait";

/** What a session that stays costs: a message to it, many at once, its memory. */
export async function measureLive(context: Context): Promise<Row[]> {
  const { world } = context;
  const { exec, execAgain, execWithin } = world.argv;
  world.lab.model.script(HELLO);
  return [
    await measureSend(context, `${SEND} / codex exec resume`, 0.6, () => ({ begin: exec, again: execAgain })),
    await measureSend(context, `${SEND} / codex exec resume within its profile`, undefined, (runId) =>
      execWithin(profileOf(world, runId)),
    ),
    await measureStatus(context),
    ...(await measureCrowd(context)),
    ...(await measureSteer(context)),
    ...(await measureGrowth(context)),
  ];
}

/** A session against a thread of bare Codex, so that both histories grow by a turn a round. */
function measureSend(
  context: Context,
  name: string,
  goal: number | undefined,
  bare: (runId: string) => { begin: readonly string[]; again: (thread: string) => readonly string[] },
): Promise<Row> {
  const { world, check } = context;
  return withSessions(world, async () => {
    check();
    const { id, stdout } = await beginSession(world, GOAL);
    const { begin, again } = bare(lineOf(stdout, "run_id"));
    const thread = threadOf((await runProcess(world, begin)).stdout);
    return compare(context, name, goal, {
      ours: async () => (await runProcess(world, world.argv.broker("send", "--wait", id, GOAL))).ms,
      theirs: async () => (await runProcess(world, again(thread))).ms,
    });
  });
}

function measureStatus(context: Context): Promise<Row> {
  const { world, check } = context;
  return withSessions(world, async () => {
    check();
    const { id } = await beginSession(world, GOAL);
    return compare(context, "codex_broker status / node -e 0", 3.5, {
      ours: async () => (await runProcess(world, world.argv.broker("status", id))).ms,
      theirs: async () => (await runProcess(world, world.argv.node)).ms,
    });
  });
}

/** The permission profile that Codex was given for a run. */
const profileOf = ({ lab }: World, runId: string): unknown =>
  PolicyRecord.parse(JSON.parse(readFileSync(join(lab.recordDir(runId), "policy.json"), "utf8"))).profile;

/** Whether the memory of a session grows with its turns. */
function measureGrowth({ world, check, say }: Context): Promise<Row[]> {
  const { lab, argv } = world;
  say(`a live session of ${LATE} turns`);
  lab.model.script(HELLO);
  return withSessions(world, async () => {
    check();
    const { id } = await beginSession(world, GOAL);
    const [live] = liveBrokers(world);
    const look = () => ({ broker: rssOf(live?.owner), codex: rssOf(live?.codex_process) });
    let early = look();
    for (let turn = 2; turn <= LATE; turn++) {
      check();
      await runProcess(world, argv.broker("send", "--wait", id, GOAL));
      if (turn === EARLY) early = look();
    }
    const late = look();
    const name = (what: string) => `live session, turn ${EARLY} to ${LATE}: memory of ${what}`;
    lab.model.requests.length = 0;
    return [
      growthRow(name("its broker"), early.broker, late.broker, GROWTH_MIB),
      growthRow(name("its Codex"), early.codex, late.codex),
    ];
  });
}

const rssOf = (process: Owner | null | undefined): number | undefined =>
  process ? residentMiB(process.pid) : undefined;
