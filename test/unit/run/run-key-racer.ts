import { once } from "node:events";
import { createRecord } from "../../../src/run/create-record.ts";
import { claimRunKey } from "../../../src/run/run-keys.ts";
import { currentOwner } from "../../../src/sys/owner.ts";
import { requestIn } from "./new-record.ts";

/** Waits for a word on stdin and then claims keys for runs of its own; prints who has each. */
const [home = "", name = "", count = "1"] = process.argv.slice(2);
const requests = Array.from({ length: Number(count) }, (_, at) =>
  requestIn(home, { runId: `r-20261121-05110${at}-${name}`, starter: currentOwner() }),
);
for (const request of requests) createRecord(home, request);
process.stdout.write("ready\n");
await once(process.stdin, "data");
const holders: string[] = [];
for (const [at, { workspace, runId }] of requests.entries()) {
  const first = await claimRunKey(home, workspace, `key ${at}`, { runId, digest: "d" });
  holders.push(first?.runId ?? runId);
}
process.stdout.write(`holders ${JSON.stringify(holders)}\n`);
process.exit(0);
