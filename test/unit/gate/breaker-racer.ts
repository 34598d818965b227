import { once } from "node:events";
import { join } from "node:path";
import { AskCodexError } from "../../../src/core/errors.ts";
import { countEnd, passBreaker } from "../../../src/gate/breaker.ts";
import { createRecord, writeStatus } from "../../../src/run/create-record.ts";
import { ownerOf } from "../../../src/sys/owner.ts";
import { AT, sampleRequest } from "../core/samples.ts";

/**
 * Waits for a word on stdin, and then either counts a number of fatal ends or asks as often to be let through; prints
 * how often it was. What is let through becomes a run that goes on for as long as the racers' parent lives.
 */
const [what = "", home = "", workspace = "", name = "", times = "1", now = ""] = process.argv.slice(2);

async function start(runId: string): Promise<boolean> {
  try {
    await passBreaker(home, workspace, { claim: runId, now: new Date(now) });
  } catch (error) {
    if (error instanceof AskCodexError && error.kind === "refused") return false;
    throw error;
  }
  const dir = createRecord(home, sampleRequest({ runId, workspace, socket: join(home, "sockets", runId) }));
  const owner = ownerOf(process.ppid);
  writeStatus(dir, { version: 1, runId, state: "running", updatedAt: AT, ...(owner ? { owner } : {}) });
  return true;
}

process.stdout.write("ready\n");
await once(process.stdin, "data");
let passed = 0;
for (let nth = 0; nth < Number(times); nth++) {
  const runId = `r-${name}-${nth}`;
  if (what === "start") passed += Number(await start(runId));
  else countEnd(home, workspace, { runId, verdict: "fatal", reason: `reason of ${runId}` }, new Date());
}
process.stdout.write(`passed ${passed}\n`);
process.exit(0);
