import { once } from "node:events";
import { claimTask } from "../../../src/run/task-claim.ts";

/** Waits for a word on stdin and then claims a task a number of times; prints how often it got it. */
const [home = "", workspace = "", taskId = "", name = "", times = "1"] = process.argv.slice(2);
process.stdout.write("ready\n");
await once(process.stdin, "data");
let won = 0;
for (let at = 0; at < Number(times); at++) {
  try {
    claimTask(home, workspace, { version: 1, task_id: taskId, run_id: `r-${name}-${at}`, broker_id: "b" }, 0);
    won++;
  } catch (error) {
    if (!(error instanceof Error && /^the task \S+ is busy: run \S+ works on it$/.test(error.message))) throw error;
  }
}
process.stdout.write(`won ${won}\n`);
process.exit(0);
