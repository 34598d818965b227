import { createInterface } from "node:readline";
import { listen } from "../../../src/broker/listen.ts";
import { sampleReceipt } from "../core/samples.ts";

/** A broker's socket in a process of its own, which can be stopped, killed and weighed. */
const [path = "", token = ""] = process.argv.slice(2);
let peak = 0;
const weigh = () => {
  peak = Math.max(peak, process.memoryUsage().rss);
};
setInterval(weigh, 5);
let sent = 0;
const server = await listen(path, {
  token,
  door: {
    attach: () => ({ parked: null }),
    answer: () => ({ delivered: false, run_id: null }),
    cancel: () => new Promise(() => {}),
    async send({ text, request }) {
      if (text === "die") process.kill(process.pid, "SIGKILL");
      sent += 1;
      return { delivery: "queued", run_id: request.runId, queue_depth: sent, note: null };
    },
    stop: async () => ({ processes: { killed: [], left: [], removed_dirs: [] }, undelivered: [] }),
  },
});

/** What the test wants of it: one word a line, each answered with a line. */
for await (const line of createInterface({ input: process.stdin })) {
  const [word, count] = line.split(" ");
  if (word === "weigh") {
    weigh();
    process.stdout.write(`${peak}\n`);
    peak = 0;
  } else if (word === "tell") {
    for (let at = 0; at < Number(count); at++) {
      server.tell("event", { run_id: "r-1", event: { type: "message", text: "x".repeat(1024 * 1024) } });
      await new Promise((resolve) => setImmediate(resolve));
    }
    server.tell("ended", { receipt: sampleReceipt() });
    process.stdout.write("told\n");
  } else if (word === "sent") process.stdout.write(`${sent}\n`);
  else process.stdout.write("ready\n");
}
