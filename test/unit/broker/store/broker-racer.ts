import { once } from "node:events";
import { claimBroker, latestBroker, sessionRef } from "../../../../src/broker/store/broker-record.ts";
import { currentOwner } from "../../../../src/sys/owner.ts";
import { BROKER_ID, sampleBrokerRecord } from "../../core/samples.ts";

/** Waits for a word on stdin and then takes a session again and again, behind whoever has it; prints what it got. */
const [home = "", workspace = "", times = "1"] = process.argv.slice(2);
const ref = sessionRef(home, workspace, BROKER_ID);
const record = sampleBrokerRecord({ workspace, owner: currentOwner(), name: `process ${process.pid}` });
process.stdout.write("ready\n");
await once(process.stdin, "data");
const HELD = /^the session process \d+ is held by the broker process \d+ since /;
const won: number[] = [];
for (let at = 0; at < Number(times); at++) {
  try {
    won.push(claimBroker(ref, record, at));
  } catch (error) {
    if (!(error instanceof Error && HELD.test(error.message))) throw error;
    if (latestBroker(ref) === undefined) throw new Error("refused, and nobody has it", { cause: error });
  }
}
process.stdout.write(`won ${JSON.stringify(won)}\n`);
process.exit(0);
