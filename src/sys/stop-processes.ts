import { setTimeout as sleep } from "node:timers/promises";
import type { Owner } from "../core/request.ts";
import { RUN_MARKER } from "./environment.ts";
import { THIS_MACHINE } from "./machine.ts";
import { currentOwner } from "./owner.ts";
import { PLATFORM } from "./platform.ts";
import type { ProcessRow } from "./process-row.ts";
import { descendantsOf, findByEnvironment, listProcesses, readProcess } from "./process-table.ts";
import { stopOnWindows } from "./stop-on-windows.ts";
import { treeBelow } from "./windows-processes.ts";

/** What is to be ended. */
export interface Quarry {
  /** Values of the run marker in the environment. */
  markers: readonly string[];
  /**
   * Process ids whose trees belong to it, and the sessions of processes that they lead: an MCP server of Codex's has no
   * marker, and when Codex is killed no parent either, but it stays in Codex's session.
   */
  roots?: readonly number[];
  /** What `lookBelow` saw before the roots were told to go; on Windows nobody finds them any more once the roots are gone. */
  seen?: readonly ProcessRow[];
}

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
 * Ends every process of a run: the trees under its roots, and whatever carries its marker though it left its tree
 * (setsid children). TERM first, KILL after `graceMs`; looks again until nothing new shows up,
 * because a process may fork between the look and the signal.
 */
export async function stopProcesses(quarry: Quarry, graceMs: number, machine = THIS_MACHINE): Promise<StopReport> {
  if (machine.platform === "win32") return stopOnWindows(quarry, graceMs, machine);
  const signalled = new Map<number, ProcessRow>();
  const deadline = Date.now() + graceMs;
  let alive = await findSurely(quarry);
  for (; alive.length > 0; alive = await findSurely(quarry)) {
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

/** Whether anything of it lives besides the roots themselves. On Windows nobody can be sure that nothing does. */
export function hasStrays(quarry: Quarry, platform = PLATFORM): boolean {
  return platform === "win32" || find(quarry).some((row) => !quarry.roots?.includes(row.pid));
}

/** The trees below the roots while they live, for `stopProcesses`; nothing where the system keeps track by itself. */
export const lookBelow = (roots: readonly number[], machine = THIS_MACHINE): ProcessRow[] =>
  machine.platform === "win32" ? treeBelow(roots, listProcesses(machine)) : [];

/** What a sweep does not see on this system, in a sentence for the receipt; undefined where it sees all that can be seen. */
export const blindSweep = (platform = PLATFORM): string | undefined =>
  platform === "win32"
    ? "on Windows only the processes below Codex are ended: whether one that left its tree still runs is not known"
    : undefined;

/** The process that leads a quarry's tree, if its id still means what it meant when it was written down. */
export function stillRoots(leader: Owner | null | undefined, machine = THIS_MACHINE): number[] {
  if (!leader || leader.bootId !== currentOwner(machine).bootId) return [];
  const row = readProcess(leader.pid, machine);
  // On Windows an id that can't be proved to be the same is left alone: there it ends a whole tree.
  if (machine.platform === "win32")
    return row && row.startTime !== "" && row.startTime === leader.startTime ? [leader.pid] : [];
  return row === undefined || row.startTime === leader.startTime ? [leader.pid] : [];
}

async function findSurely(quarry: Quarry): Promise<ProcessRow[]> {
  const found = find(quarry);
  if (found.length > 0) return found;
  await sleep(SECOND_LOOK_MS);
  return find(quarry);
}

function find({ markers, roots = [] }: Quarry): ProcessRow[] {
  const marked = findByEnvironment(RUN_MARKER, ...markers);
  if (roots.length === 0 && marked.length === 0) return [];
  const table = listProcesses();
  const led = table.filter((row) => row.session !== 0 && roots.includes(row.session));
  const pids = [...roots, ...marked.map((row) => row.pid), ...led.map((row) => row.pid)];
  return descendantsOf([...new Set(pids)], table).filter((row) => !row.zombie && row.pid !== process.pid);
}

/** Signals only the process that was looked at: the pid is read again first, for it may have been reused since. */
function signal(row: ProcessRow, name: NodeJS.Signals): void {
  if (readProcess(row.pid)?.startTime !== row.startTime) return;
  try {
    process.kill(row.pid, name);
    // One that was stopped takes it only when it goes on.
    if (name === "SIGTERM") process.kill(row.pid, "SIGCONT");
  } catch {
    // Gone between the look and the signal, or not ours: the next look tells.
  }
}

const label = (row: ProcessRow): string => `${row.name} (${row.pid})`;
