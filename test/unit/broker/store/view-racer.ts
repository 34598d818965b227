import { once } from "node:events";
import { sessionRef } from "../../../../src/broker/store/broker-record.ts";
import { readSessionView } from "../../../../src/broker/store/read-session.ts";

/** Waits for a word on stdin and then reads a session a number of times; prints what it was each time. */
const [home = "", workspace = "", brokerId = "", times = "1"] = process.argv.slice(2);
const ref = sessionRef(home, workspace, brokerId);
process.stdout.write("ready\n");
await once(process.stdin, "data");
const seen: unknown[] = [];
for (let at = 0; at < Number(times); at++) {
  const { state, broker, run } = await readSessionView(ref);
  const verdict = run?.view.state === "ended" ? run.view.receipt.verdict : run?.view.state;
  seen.push({ state, ended: broker?.record.ended, run: run?.runId, verdict });
}
process.stdout.write(`seen ${JSON.stringify(seen)}\n`);
process.exit(0);
