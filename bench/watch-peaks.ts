import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RunStatus } from "../src/core/record.ts";
import { highWaterMiB } from "./read-memory.ts";
import { startProcess } from "./run-process.ts";
import type { World } from "./world.ts";

/** The kernel keeps the high-water mark, so a look only has to come shortly before the process ends. */
const LOOK_EVERY_MS = 4;

export interface Peaks {
  ms: number;
  clientMiB: number | undefined;
  brokerMiB: number | undefined;
}

/** One delegation with the peak memory of its client and of its broker. */
export async function watchPeaks(world: World): Promise<Peaks> {
  const client = startProcess(world, world.argv.ask);
  let running = true;
  const done = client.done.finally(() => {
    running = false;
  });
  done.catch(() => {});
  let brokerPid: number | undefined;
  let clientMiB: number | undefined;
  let brokerMiB: number | undefined;
  while (running) {
    brokerPid ??= brokerOf(world, client.stdout());
    clientMiB = higher(clientMiB, highWaterMiB(client.pid));
    if (brokerPid !== undefined) brokerMiB = higher(brokerMiB, highWaterMiB(brokerPid));
    await sleep(LOOK_EVERY_MS);
  }
  return { ms: (await done).ms, clientMiB, brokerMiB };
}

/** The broker's process id, once the run's record names it as the owner. */
function brokerOf(world: World, stdout: string): number | undefined {
  const runId = /^run_id=(.+)\n/m.exec(stdout)?.[1];
  if (runId === undefined) return undefined;
  const path = join(world.lab.recordDir(runId), "status.json");
  return RunStatus.parse(JSON.parse(readFileSync(path, "utf8"))).owner?.pid;
}

export const higher = (one: number | undefined, two: number | undefined): number | undefined =>
  one === undefined || two === undefined ? (one ?? two) : Math.max(one, two);
