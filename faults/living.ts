import { readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { listProcesses, type ProcessRow } from "../src/sys/process-table.ts";
import type { Stage } from "./stage.ts";

const LOOK_EVERY_MS = 25;
/** A process that is on its way out is not left over. */
const ON_ITS_WAY_MS = 3_000;

/**
 * Every live process of a case, whatever it lost on its way: commands have no mark of the lab, a server of Codex's no
 * environment at all, and what left its tree has no parent. One of them always leads back: the lab's own path in the
 * environment, the arguments or the directory, or one of the numbers of seconds that nobody else sleeps for.
 */
export function findLiving({ lab, numbers }: Stage): ProcessRow[] {
  const words = [lab.dir, ...Object.values(numbers)];
  return listProcesses().filter(
    (row) => !row.zombie && row.pid !== process.pid && words.some((word) => tracesOf(row.pid).includes(word)),
  );
}

/** Those that stay. */
export async function findLeft(stage: Stage): Promise<ProcessRow[]> {
  let left = findLiving(stage);
  for (let waited = 0; left.length > 0 && waited < ON_ITS_WAY_MS; waited += LOOK_EVERY_MS) {
    await sleep(LOOK_EVERY_MS);
    left = findLiving(stage);
  }
  return left;
}

/** Ends all of them, and what they start meanwhile. */
export async function endAll(stage: Stage): Promise<void> {
  for (let tries = 0; tries < 40; tries++) {
    const living = findLiving(stage);
    if (living.length === 0) return;
    for (const { pid } of living) end(pid);
    await sleep(LOOK_EVERY_MS);
  }
}

function tracesOf(pid: number): string {
  const read = (look: () => string) => {
    try {
      return look();
    } catch {
      return "";
    }
  };
  const proc = `/proc/${pid}`;
  return [
    read(() => readFileSync(`${proc}/environ`, "latin1")),
    read(() => readFileSync(`${proc}/cmdline`, "latin1")),
    read(() => readlinkSync(`${proc}/cwd`)),
  ].join("\0");
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It went by itself.
  }
}
