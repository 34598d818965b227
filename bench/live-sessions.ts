import { latestBroker } from "../src/broker/store/broker-record.ts";
import { listSessionRefs } from "../src/broker/store/list-sessions.ts";
import type { BrokerRecord } from "../src/core/session.ts";
import { runProcess } from "./run-process.ts";
import type { World } from "./world.ts";

/** Starts a session that stays; resolves with its id and what its first run printed. */
export async function beginSession(world: World, goal: string): Promise<{ id: string; stdout: string }> {
  const { argv } = world;
  const started = await runProcess(world, argv.broker("start", "--json", goal));
  const { broker_id: id } = JSON.parse(started.stdout);
  const { stdout } = await runProcess(world, argv.broker("wait", id));
  return { id, stdout };
}

/** The brokers that have not ended, those whose start was cut short too. */
export const liveBrokers = ({ lab }: World): BrokerRecord[] =>
  listSessionRefs(lab.home).flatMap((ref) => {
    const record = latestBroker(ref)?.record;
    return record === undefined || record.ended ? [] : [record];
  });

/** Gives a measurement its sessions and takes them away again, whatever becomes of it. */
export async function withSessions<Result>(world: World, measure: () => Promise<Result>): Promise<Result> {
  try {
    return await measure();
  } finally {
    const stops = liveBrokers(world).map((live) => runProcess(world, world.argv.broker("stop", live.broker_id)));
    // What one does not stop is ended, and told of, when the lab is closed.
    await Promise.allSettled(stops);
  }
}
