import { once } from "node:events";
import { sessionRef } from "../../../../src/broker/store/broker-record.ts";
import {
  addMessage,
  nextWaiting,
  readConsumed,
  readQueue,
  readWaiting,
  writeMessage,
} from "../../../../src/broker/store/queue.ts";
import { BROKER_ID } from "../../core/samples.ts";
import { messageOf } from "./new-session.ts";

/** Waits for a word on stdin. The writer is a broker at work, the readers look at its queue until it is through. */
const [home = "", workspace = "", role = "", times = "1"] = process.argv.slice(2);
const ref = sessionRef(home, workspace, BROKER_ID);
const count = Number(times);

function write(): void {
  for (let at = 1; at <= count; at++) {
    const { number: _, ...message } = messageOf(at, { delivery: at % 3 === 0 ? "interrupt" : "queue" });
    addMessage(ref, message);
    if (at % 2 === 0) continue;
    const next = nextWaiting(readWaiting(ref));
    if (next) writeMessage(ref, { ...next, state: "consumed", run_id: next.request.runId });
  }
  for (const message of readWaiting(ref)) writeMessage(ref, { ...message, state: "undelivered", why: "the end" });
}

/** What is accepted is never out of sight, and what is settled never waits again. */
function watch(): number {
  let settled = new Set<number>();
  let seen: number[] = [];
  for (let looks = 1; ; looks++) {
    const waiting = readWaiting(ref).map(({ number }) => number);
    const consumed = readConsumed(ref);
    const all = readQueue(ref);
    const known = new Set(all.map(({ number }) => number));
    const lost = seen.filter((number) => !known.has(number));
    if (lost.length > 0) throw new Error(`${lost} were there before and are not`);
    if (waiting.some((number) => settled.has(number))) throw new Error(`${waiting} wait again`);
    if (consumed && consumed.state !== "consumed") throw new Error(`${consumed.number} is not consumed`);
    seen = [...known];
    settled = new Set(all.flatMap(({ number, state }) => (state === "queued" ? [] : [number])));
    if (settled.size === count) return looks;
  }
}

process.stdout.write("ready\n");
await once(process.stdin, "data");
process.stdout.write(`${role} ${role === "writer" ? write() : watch()}\n`);
process.exit(0);
