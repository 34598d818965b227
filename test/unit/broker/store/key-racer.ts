import { once } from "node:events";
import { sessionRef } from "../../../../src/broker/store/broker-record.ts";
import { claimKey } from "../../../../src/broker/store/keys.ts";

/** Waits for a word on stdin and then claims a number of keys for a session of its own; prints who has each. */
const [home = "", workspace = "", brokerId = "", count = "1"] = process.argv.slice(2);
const ref = sessionRef(home, workspace, brokerId);
process.stdout.write("ready\n");
await once(process.stdin, "data");
const holders = Array.from({ length: Number(count) }, (_, at) => claimKey(ref, `key ${at}`));
process.stdout.write(`holders ${JSON.stringify(holders)}\n`);
process.exit(0);
