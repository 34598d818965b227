import { readdirSync, readFileSync } from "node:fs";
import { type Machine, THIS_MACHINE } from "./machine.ts";
import type { ProcessRow } from "./process-row.ts";
import { listOnWindows, readOnWindows } from "./windows-processes.ts";

export type { ProcessRow } from "./process-row.ts";

/** Every process that can be seen; none where the system would not say (Windows without its PowerShell). */
export function listProcesses(machine = THIS_MACHINE): ProcessRow[] {
  if (machine.platform === "linux") return pidsOfProc().flatMap((pid) => readProcess(pid, machine) ?? []);
  if (machine.platform === "win32") return listOnWindows(machine);
  return ps(machine, "-axo", COLUMNS).split("\n").flatMap(parsePsRow);
}

/** One process, or undefined when it is gone. */
export function readProcess(pid: number, machine = THIS_MACHINE): ProcessRow | undefined {
  if (machine.platform === "linux") {
    const stat = readQuietly(`/proc/${pid}/stat`);
    return stat === undefined ? undefined : parseStat(stat);
  }
  if (machine.platform === "win32") return readOnWindows(pid, machine);
  return ps(machine, "-o", COLUMNS, "-p", String(pid)).split("\n").flatMap(parsePsRow)[0];
}

/**
 * The processes whose environment has `name` with one of the values: how strays are found wherever they were re-parented
 * to. On Windows none: nobody may look into another process there.
 */
export function findByEnvironment(name: string, ...values: readonly string[]): ProcessRow[] {
  return findMarked(name, values, THIS_MACHINE);
}

/** The same on a machine that is handed in. */
export function findMarked(name: string, values: readonly string[], machine: Machine): ProcessRow[] {
  const entries = values.map((value) => `${name}=${value}`);
  if (machine.platform === "linux") {
    const carries = (pid: number) =>
      readQuietly(`/proc/${pid}/environ`)
        ?.split("\0")
        .some((entry) => entries.includes(entry)) ?? false;
    return pidsOfProc().flatMap((pid) => (carries(pid) ? (readProcess(pid, machine) ?? []) : []));
  }
  if (machine.platform === "win32") return [];
  const lines = ps(machine, "-axEww", "-o", "pid=,command=").split("\n");
  return lines
    .filter((line) => entries.some((entry) => ` ${line} `.includes(` ${entry} `)))
    .flatMap((line) => readProcess(Number.parseInt(line, 10), machine) ?? []);
}

const COLUMNS = "pid=,ppid=,state=,lstart=,comm=";

/** Its start times are written in the caller's language and time zone, and must be the same text for every caller. */
const ps = (machine: Machine, ...args: readonly string[]): string =>
  machine.read("/usr/bin/env", ["LC_ALL=C", "TZ=UTC0", "ps", ...args]);

/** `roots` and everything below them, parents first. */
export function descendantsOf(roots: readonly number[], table: readonly ProcessRow[]): ProcessRow[] {
  const found = table.filter((row) => roots.includes(row.pid));
  for (let at = 0; at < found.length; at++) {
    const parent = found[at];
    for (const row of table) if (row.ppid === parent?.pid && !found.includes(row)) found.push(row);
  }
  return found;
}

const pidsOfProc = (): number[] => readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));

/** proc(5): the name stands in parentheses and may hold anything, so the fields are counted from the last one. */
function parseStat(stat: string): ProcessRow | undefined {
  const open = stat.indexOf("(");
  const close = stat.lastIndexOf(")");
  const fields = stat.slice(close + 2).split(" ");
  const [state, ppid, session, startTime] = [fields[0], fields[1], fields[3], fields[19]];
  if (open < 0 || close < open || ppid === undefined || startTime === undefined) return undefined;
  return {
    pid: Number.parseInt(stat, 10),
    ppid: Number(ppid),
    session: Number(session),
    startTime,
    zombie: state === "Z",
    name: stat.slice(open + 1, close),
  };
}

function parsePsRow(line: string): ProcessRow[] {
  const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+ \S+\s+\S+ \S+ \S+)\s+(.*)$/.exec(line);
  if (!match) return [];
  const [, pid = "", ppid = "", state = "", startTime = "", name = ""] = match;
  return [{ pid: Number(pid), ppid: Number(ppid), session: 0, startTime, zombie: state.startsWith("Z"), name }];
}

function readQuietly(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
