import { readdirSync, readFileSync } from "node:fs";
import { readCommand } from "./spawn.ts";

/** One live process. `startTime` is opaque: equal only for the same process, so that a reused pid is told apart. */
export interface ProcessRow {
  pid: number;
  ppid: number;
  /** The process that leads its session, which it keeps when its parent dies; 0 where the system does not say. */
  session: number;
  startTime: string;
  zombie: boolean;
  name: string;
}

/** Every process that can be seen; on Windows none (there a tree is ended by the system's own tool). */
export function listProcesses(): ProcessRow[] {
  if (process.platform === "linux") return pidsOfProc().flatMap((pid) => readProcess(pid) ?? []);
  if (process.platform === "win32") return [];
  return readCommand("ps", ["-axo", "pid=,ppid=,state=,lstart=,comm="]).split("\n").flatMap(parsePsRow);
}

/** One process, or undefined when it is gone. */
export function readProcess(pid: number): ProcessRow | undefined {
  if (process.platform === "linux") {
    const stat = readQuietly(`/proc/${pid}/stat`);
    return stat === undefined ? undefined : parseStat(stat);
  }
  if (process.platform === "win32") return probe(pid);
  return readCommand("ps", ["-o", "pid=,ppid=,state=,lstart=,comm=", "-p", String(pid)])
    .split("\n")
    .flatMap(parsePsRow)[0];
}

/** The processes whose environment has `name` with one of the values: how strays are found wherever they were re-parented to. */
export function findByEnvironment(name: string, ...values: readonly string[]): ProcessRow[] {
  const entries = values.map((value) => `${name}=${value}`);
  if (process.platform === "linux") {
    const carries = (pid: number) =>
      readQuietly(`/proc/${pid}/environ`)
        ?.split("\0")
        .some((entry) => entries.includes(entry)) ?? false;
    return pidsOfProc().flatMap((pid) => (carries(pid) ? (readProcess(pid) ?? []) : []));
  }
  if (process.platform === "win32") return [];
  const lines = readCommand("ps", ["-axEww", "-o", "pid=,command="]).split("\n");
  return lines
    .filter((line) => entries.some((entry) => line.includes(` ${entry}`)))
    .flatMap((line) => readProcess(Number.parseInt(line, 10)) ?? []);
}

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

/** Without a process table only existence can be told; the empty start time then compares equal. */
function probe(pid: number): ProcessRow | undefined {
  try {
    process.kill(pid, 0);
    return { pid, ppid: 0, session: 0, startTime: "", zombie: false, name: "" };
  } catch {
    return undefined;
  }
}

function readQuietly(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
