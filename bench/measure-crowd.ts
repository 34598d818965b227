import type { Context } from "./context.ts";
import { liveBrokers, withSessions } from "./live-sessions.ts";
import { proportionalMiB, residentMiB } from "./read-memory.ts";
import { type Pair, type Resident, type Row, ratioRow, residentRow } from "./row.ts";
import { CHAINS, runChains, TURNS, takeBareTurn, takeLiveTurn } from "./run-chains.ts";
import type { World } from "./world.ts";

const PAIRS = 2;

/** Many sessions at once against as many chains of bare Codex, and what these sessions hold when they are idle. */
export async function measureCrowd({ world, check, stop, say }: Context): Promise<Row[]> {
  const name = `${CHAINS} live sessions at once, ${TURNS} turns each / codex exec and resume`;
  say(`${name}: ${PAIRS} pairs`);
  const pairs: Pair[] = [];
  let idle: Idle | undefined;
  const ours = (round: number) =>
    withSessions(world, async () => {
      const ms = await runChains({ world, stop }, `ours-${round}`, takeLiveTurn);
      idle = lookAtIdle(world);
      return ms;
    });
  const theirs = (round: number) => runChains({ world, stop }, `theirs-${round}`, takeBareTurn);
  for (let round = 1; round <= PAIRS; round++) {
    check();
    // Whoever is second finds another machine: in turn it is one and the other.
    const before = round % 2 === 0 ? await theirs(round) : undefined;
    check();
    const oursMs = await ours(round);
    check();
    pairs.push({ oursMs, theirsMs: before ?? (await theirs(round)) });
  }
  world.lab.model.requests.length = 0;
  return [
    ratioRow(name, pairs, 1.3),
    residentRow(`one of ${CHAINS} idle live sessions, all of it`, idle?.all),
    residentRow(`one of ${CHAINS} idle live sessions, its broker`, idle?.broker),
  ];
}

interface Idle {
  all: Resident | undefined;
  broker: Resident | undefined;
}

/** The mean of the sessions that are there now. */
function lookAtIdle(world: World): Idle {
  const brokers = liveBrokers(world).flatMap(({ owner }) => owner?.pid ?? []);
  if (brokers.length !== CHAINS) throw new Error(`${brokers.length} sessions were left of ${CHAINS}`);
  return { all: meanOf(world.lab.processes().map(({ pid }) => pid)), broker: meanOf(brokers) };
}

function meanOf(pids: readonly number[]): Resident | undefined {
  let [rssMiB, pssMiB] = [0, 0];
  for (const pid of pids) {
    rssMiB += (residentMiB(pid) ?? 0) / CHAINS;
    pssMiB += (proportionalMiB(pid) ?? 0) / CHAINS;
  }
  return rssMiB > 0 ? { rssMiB, pssMiB } : undefined;
}
