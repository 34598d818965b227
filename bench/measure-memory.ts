import type { Context } from "./context.ts";
import { memoryRow, type Row, ratioRow } from "./row.ts";
import { runProcess } from "./run-process.ts";
import { higher, watchPeaks } from "./watch-peaks.ts";
import { HELLO } from "./world.ts";

const CLIENT_MIB = 90;
const BROKER_MIB = 110;
const MIB = 1024 * 1024;
/** 200 MB in deltas of 4 KiB: small ones cost most. */
const FLOOD = { bytes: 200 * MIB, chunk: 4096 };

/** The highest peak of all rounds, in runs of their own: looking costs time. */
export async function measureMemory({ world, rounds, check, say }: Context): Promise<Row[]> {
  say(`peak memory: ${rounds} runs`);
  world.lab.model.script(HELLO);
  let client: number | undefined;
  let broker: number | undefined;
  for (let round = 0; round < rounds; round++) {
    check();
    const peaks = await watchPeaks(world);
    client = higher(client, peaks.clientMiB);
    broker = higher(broker, peaks.brokerMiB);
  }
  return [memoryRow("client, peak memory", client, CLIENT_MIB), memoryRow("broker, peak memory", broker, BROKER_MIB)];
}

/** One flood a side: the time, and what it does to our memory. */
export async function measureStream({ world, check, say }: Context): Promise<Row[]> {
  say("a 200 MB event stream: one run a side");
  world.lab.model.script([{ flood: FLOOD }]);
  check();
  const ours = await watchPeaks(world);
  check();
  const theirs = await runProcess(world, world.argv.exec);
  return [
    ratioRow("200 MB stream: ask_codex / codex exec", [{ oursMs: ours.ms, theirsMs: theirs.ms }]),
    memoryRow("200 MB stream: client, peak memory", ours.clientMiB, CLIENT_MIB),
    memoryRow("200 MB stream: broker, peak memory", ours.brokerMiB, BROKER_MIB),
  ];
}
