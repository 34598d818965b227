import { setTimeout as sleep } from "node:timers/promises";
import type { Machine } from "./machine.ts";
import type { ProcessRow } from "./process-row.ts";
import { listProcesses } from "./process-table.ts";
import type { Quarry, StopReport } from "./stop-processes.ts";
import { killCommand, treeBelow } from "./windows-processes.ts";

const POLL_MS = 50;

/**
 * Ends the trees below the roots that live, and of what was seen there before whatever is still the same process. There is
 * no TERM on Windows and no environment to be read: who left the tree is not found, and `blindSweep` says so.
 */
export async function stopOnWindows(
  { roots = [], seen = [] }: Quarry,
  graceMs: number,
  machine: Machine,
): Promise<StopReport> {
  const quarry = new Map<number, ProcessRow>(seen.map((row) => [row.pid, row]));
  if (roots.length === 0 && quarry.size === 0) return { killed: [], left: [] };
  const killed = new Map<number, ProcessRow>();
  const deadline = machine.now() + graceMs + 2_000;
  for (;;) {
    const table = listProcesses(machine);
    if (table.length === 0) return stopBlindly(roots, machine);
    const alive = stillAlive(roots, quarry, table);
    if (alive.length === 0 || machine.now() >= deadline) return report(killed, alive);
    for (const row of alive) {
      quarry.set(row.pid, row);
      killed.set(row.pid, row);
    }
    end(
      alive.map((row) => row.pid),
      machine,
    );
    await sleep(POLL_MS);
  }
}

/** The trees below what is ours, by the table alone; an id that has passed to another process is not ours any more. */
function stillAlive(
  roots: readonly number[],
  quarry: ReadonlyMap<number, ProcessRow>,
  table: readonly ProcessRow[],
): ProcessRow[] {
  const isOurs = (row: ProcessRow): boolean => {
    const known = quarry.get(row.pid);
    return known === undefined ? roots.includes(row.pid) : known.startTime === row.startTime;
  };
  const heads = table.filter(isOurs).map((row) => row.pid);
  return treeBelow(heads, table).filter((row) => row.pid !== process.pid);
}

/** Without a process table the system's own tool is the only one that knows what is below a root. */
function stopBlindly(roots: readonly number[], machine: Machine): StopReport {
  const alive = roots.filter((pid) => pid !== process.pid && machine.exists(pid));
  end(alive, machine);
  return { killed: alive.map(nameless), left: alive.filter((pid) => machine.exists(pid)).map(nameless) };
}

function end(pids: readonly number[], machine: Machine): void {
  if (pids.length === 0) return;
  const { command, args } = killCommand(pids);
  machine.read(command, args);
}

const nameless = (pid: number): string => `process (${pid})`;
const label = (row: ProcessRow): string => `${row.name} (${row.pid})`;

const report = (killed: ReadonlyMap<number, ProcessRow>, left: readonly ProcessRow[]): StopReport => ({
  killed: [...killed.values()].map(label),
  left: left.map(label),
});
