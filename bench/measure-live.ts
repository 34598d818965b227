import type { Owner } from "../src/core/request.ts";
import { compare, type Sides } from "./compare.ts";
import type { Context } from "./context.ts";
import { beginSession, liveBrokers, withSessions } from "./live-sessions.ts";
import { measureCrowd } from "./measure-crowd.ts";
import { measureSteer } from "./measure-steer.ts";
import { residentMiB } from "./read-memory.ts";
import { growthRow, type Row } from "./row.ts";
import { runProcess, threadOf } from "./run-process.ts";
import { GOAL, HELLO } from "./world.ts";

/** The turns of one session after which its memory is looked at. */
const EARLY = 10;
const LATE = 200;
const GROWTH_MIB = 5;

/** What a session that stays costs: a message to it, many at once, its memory. */
export async function measureLive(context: Context): Promise<Row[]> {
  return [
    ...(await measureIdle(context)),
    ...(await measureCrowd(context)),
    ...(await measureSteer(context)),
    ...(await measureGrowth(context)),
  ];
}

function measureIdle(context: Context): Promise<Row[]> {
  const { world } = context;
  const { argv } = world;
  const time = async (command: readonly string[]) => (await runProcess(world, command)).ms;
  world.lab.model.script(HELLO);
  return withSessions(world, async () => {
    context.check();
    const { id } = await beginSession(world, GOAL);
    const thread = threadOf((await runProcess(world, argv.exec)).stdout);
    // One thread a side, so that both histories grow by a turn a round.
    const turns: Sides = {
      ours: () => time(argv.broker("send", "--wait", id, GOAL)),
      theirs: () => time(argv.execAgain(thread)),
    };
    const looks: Sides = { ours: () => time(argv.broker("status", id)), theirs: () => time(argv.node) };
    return [
      await compare(context, "live session: send --wait / codex exec resume", 0.6, turns),
      await compare(context, "codex_broker status / node -e 0", 3.5, looks),
    ];
  });
}

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
