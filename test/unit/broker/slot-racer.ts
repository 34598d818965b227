import { once } from "node:events";
import { mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createSlot } from "../../../src/broker/slots.ts";
import { currentOwner } from "../../../src/sys/owner.ts";

/** Waits for a word on stdin, and then waits in the line again and again; fails where it finds more inside than may be. */
const [home = "", name = "", max = "1", times = "1"] = process.argv.slice(2);
const room = (at: number) => join(home, `inside-${at}`);

function enter(): string {
  for (let at = 0; at < Number(max); at++) {
    try {
      mkdirSync(room(at));
      return room(at);
    } catch {
      // Somebody is in this one.
    }
  }
  throw new Error(`${name} is one too many`);
}

process.stdout.write("ready\n");
await once(process.stdin, "data");
for (let at = 0; at < Number(times); at++) {
  const owner = currentOwner();
  const slot = createSlot(home, { version: 1, run_id: `${name}-${at}`, owner, record: home }, () => {});
  slot.take();
  for (let place = slot.look(Number(max)); place === "lost" || !place.isFree; place = slot.look(Number(max))) {
    if (place === "lost") throw new Error("the ticket was lost");
    await sleep(1);
  }
  const inside = enter();
  await sleep(at % 3);
  rmdirSync(inside);
  slot.leave();
}
process.stdout.write(`through ${times}\n`);
process.exit(0);
