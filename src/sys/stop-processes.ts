import { setTimeout as sleep } from "node:timers/promises";
import { RUN_MARKER } from "./environment.ts";
import { descendantsOf, findByEnvironment, listProcesses, type ProcessRow, readProcess } from "./process-table.ts";
import { readCommand } from "./spawn.ts";

export interface StopReport {
  /** `name (pid)` of what had to be signalled. */
  killed: string[];
  /** `name (pid)` of what would not die. */
  left: string[];
}

const POLL_MS = 15;
/** A process that is just starting a program shows no environment: a look that finds nothing is repeated. */
const SECOND_LOOK_MS = 4;

/**
 * Ends every process of a run: the trees under `roots`, and whatever carries the run's marker though it left its
 * tree (setsid children, MCP servers). TERM first, KILL after `graceMs`; looks again until nothing new shows up,
 * because a process may fork between the look and the signal.
 */
export async function stopProcesses(runId: string, roots: readonly number[], graceMs: number): Promise<StopReport> {
  if (process.platform === "win32") return stopOnWindows(roots);
  const signalled = new Map<number, ProcessRow>();
  const deadline = Date.now() + graceMs;
  let alive = await findSurely(runId, roots);
  for (; alive.length > 0; alive = await findSurely(runId, roots)) {
    const late = Date.now() >= deadline;
    if (Date.now() >= deadline + 2_000) break;
    for (const row of alive) {
      if (late || !signalled.has(row.pid)) signal(row, late ? "SIGKILL" : "SIGTERM");
      signalled.set(row.pid, row);
    }
    await sleep(POLL_MS);
  }
  return { killed: [...signalled.values()].map(label), left: alive.map(label) };
}

/** Whether anything of a run lives besides the processes that are named. */
export function hasStrays(runId: string, known: readonly number[]): boolean {
  return process.platform === "win32" || findRun(runId, known).some((row) => !known.includes(row.pid));
}

async function findSurely(runId: string, roots: readonly number[]): Promise<ProcessRow[]> {
  const found = findRun(runId, roots);
  if (found.length > 0) return found;
  await sleep(SECOND_LOOK_MS);
  return findRun(runId, roots);
}

function findRun(runId: string, roots: readonly number[]): ProcessRow[] {
  const marked = findByEnvironment(RUN_MARKER, runId);
  const pids = [...new Set([...roots, ...marked.map((row) => row.pid)])];
  if (pids.length === 0) return [];
  return descendantsOf(pids, listProcesses()).filter((row) => !row.zombie && row.pid !== process.pid);
}

/** Signals only the process that was looked at: the pid is read again first, for it may have been reused since. */
function signal(row: ProcessRow, name: NodeJS.Signals): void {
  if (readProcess(row.pid)?.startTime !== row.startTime) return;
  try {
    process.kill(row.pid, name);
  } catch {
    // Gone between the look and the signal, or not ours: the next look tells.
  }
}

async function stopOnWindows(roots: readonly number[]): Promise<StopReport> {
  const alive = roots.filter((pid) => readProcess(pid) !== undefined);
  for (const pid of alive) readCommand("taskkill.exe", ["/PID", String(pid), "/T", "/F"]);
  return { killed: alive.map(String), left: roots.filter((pid) => readProcess(pid) !== undefined).map(String) };
}

const label = (row: ProcessRow): string => `${row.name} (${row.pid})`;
