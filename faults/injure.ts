import { closeSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { Owner } from "../src/core/request.ts";
import { isAlive } from "../src/sys/owner.ts";
import { listProcesses, readProcess } from "../src/sys/process-table.ts";
import { brokerOf } from "../test/kit/live.ts";
import type { Fault } from "./cases.ts";
import { hold } from "./outcome.ts";
import type { Stage } from "./stage.ts";

const REFILL_EVERY_MS = 20;
const BLOCK = Buffer.alloc(64 * 1024);

export interface Injury {
  fault: Fault;
  at: number;
  brokerIsDead(): boolean;
  /** Ends what can be ended: lets the broker go on, makes room on the disk. */
  heal(): void;
}

/** Does to the session what the fault says, to exactly the processes that it is made of. */
export async function injure(stage: Stage, fault: Fault): Promise<Injury> {
  const { owner } = brokerOf(stage.lab, stage.brokerId);
  hold(owner !== null, "the broker has put its name into its record", owner);
  const injury = { fault, brokerIsDead: () => !isAlive(owner), heal: () => {} };
  if (fault === "full-disk") {
    return { ...injury, at: performance.now(), heal: once(fillUp(stage.lab.home)) };
  }
  const codex = appServersOf(owner.pid);
  if (fault === "kill-codex" || fault === "kill-both") hold(codex.length === 1, "the broker has one app-server", codex);
  if (fault === "stop-broker") {
    send(owner, "SIGSTOP");
    return { ...injury, at: performance.now(), heal: () => send(owner, "SIGCONT") };
  }
  if (fault !== "kill-codex") send(owner, "SIGKILL");
  if (fault !== "kill-broker") for (const pid of codex) killNow(pid);
  const at = performance.now();
  const gone = (pid: number) => readProcess(pid)?.zombie !== false;
  await stage.until("what was killed is gone", () =>
    (fault === "kill-codex" ? codex : [owner.pid, ...(fault === "kill-both" ? codex : [])]).every(gone),
  );
  return { ...injury, at };
}

/** The app-servers that a broker has started, whatever its record says of them. */
export function appServersOf(brokerPid: number): number[] {
  return listProcesses()
    .filter((row) => row.ppid === brokerPid && !row.zombie && argumentsOf(row.pid).includes("app-server"))
    .map((row) => row.pid);
}

function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

/** Signals only the process that the record means. */
function send(owner: Owner, signal: NodeJS.Signals): void {
  if (isAlive(owner)) process.kill(owner.pid, signal);
}

function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Its broker died a moment ago, and it went with it.
  }
}

/** Keeps a disk full: what its users give back is taken at once. Returns what makes room again. */
function fillUp(dir: string): () => void {
  const path = join(dir, "filler");
  const filler = openSync(path, "a");
  const take = () => {
    try {
      for (;;) writeSync(filler, BLOCK, 0, Math.min(BLOCK.length, free(dir) || 1));
    } catch {
      // Full: that is what it is for.
    }
  };
  take();
  const timer = setInterval(take, REFILL_EVERY_MS);
  return () => {
    clearInterval(timer);
    closeSync(filler);
    rmSync(path);
  };
}

function once(act: () => void): () => void {
  let due = true;
  return () => {
    if (due) act();
    due = false;
  };
}

function free(dir: string): number {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}
