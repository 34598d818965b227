import * as z from "zod";
import { systemTool } from "../core/system-tool.ts";
import type { Machine } from "./machine.ts";
import type { ProcessRow } from "./process-row.ts";

/**
 * Asks the system's own database, whose names and numbers are the same in every language of Windows. The moment of birth
 * is a count of 100 ns since the year 1, in UTC and as text: a number of this size would lose its last digits in JSON.
 */
const SCRIPT = `$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$rows = Get-CimInstance -ClassName Win32_Process -Property ProcessId,ParentProcessId,CreationDate,Name | ForEach-Object {
  $born = ''
  if ($null -ne $_.CreationDate) { $born = [string]$_.CreationDate.ToUniversalTime().Ticks }
  @{ pid = $_.ProcessId; ppid = $_.ParentProcessId; born = $born; name = $_.Name }
}
ConvertTo-Json -Compress -InputObject @($rows)`;

/** The command that prints the process table as JSON. The script goes in one word, so that no quoting can change it. */
export const tableCommand = (): { command: string; args: string[] } => ({
  command: systemTool("WindowsPowerShell", "v1.0", "powershell.exe"),
  args: ["-NoLogo", "-NoProfile", "-NonInteractive", "-EncodedCommand", encode(SCRIPT)],
});

/** The command that ends processes, with what they have started. `/F`: a program without a window hears nothing else. */
export const killCommand = (pids: readonly number[]): { command: string; args: string[] } => ({
  command: systemTool("taskkill.exe"),
  args: [...pids.flatMap((pid) => ["/PID", String(pid)]), "/T", "/F"],
});

const Row = z.object({ pid: z.int(), ppid: z.int(), born: z.string().regex(/^\d*$/), name: z.string().nullable() });

/** The table as PowerShell printed it; empty where it could not. A row that is not one is left out. */
export function parseTable(text: string): ProcessRow[] {
  let printed: unknown;
  try {
    printed = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return [];
  }
  // PowerShell makes one row of a list of one.
  const rows: unknown[] = Array.isArray(printed) ? printed : [printed];
  return rows.flatMap((row) => {
    const { data } = Row.safeParse(row);
    if (data === undefined) return [];
    const { pid, ppid, born, name } = data;
    return [{ pid, ppid, session: 0, startTime: born, zombie: false, name: name ?? "" }];
  });
}

/**
 * The roots that live, and all below them, parents first. Windows never changes a parent's id when the parent is gone, so
 * that id may mean somebody else by now: who is older than what bears that id is not its child.
 */
export function treeBelow(roots: readonly number[], table: readonly ProcessRow[]): ProcessRow[] {
  const found = table.filter((row) => roots.includes(row.pid));
  for (let at = 0; at < found.length; at++) {
    const parent = found[at];
    if (parent === undefined) break;
    for (const row of table) {
      if (row.ppid !== parent.pid || found.includes(row)) continue;
      if (isBorn(row) && isBorn(parent) && BigInt(row.startTime) < BigInt(parent.startTime)) continue;
      found.push(row);
    }
  }
  return found;
}

const isBorn = (row: ProcessRow): boolean => row.startTime !== "";

/** A look costs half a second of PowerShell, and several questions come at once. */
const REMEMBER_MS = 2_000;
const remembered = new WeakMap<Machine, { at: number; rows: ProcessRow[] }>();

/** Every process of a Windows machine, now. */
export function listOnWindows(machine: Machine): ProcessRow[] {
  const { command, args } = tableCommand();
  const rows = parseTable(machine.read(command, args));
  remembered.set(machine, { at: machine.now(), rows });
  return rows;
}

/**
 * One process of a Windows machine, as it was seen within the last two seconds; whether it is there at all is asked now.
 * Where PowerShell can't be run only that is known, and the start time is "".
 */
export function readOnWindows(pid: number, machine: Machine): ProcessRow | undefined {
  if (!machine.exists(pid)) return undefined;
  const last = remembered.get(machine);
  // Our own row stays true for as long as we can ask for it.
  const isFresh = last !== undefined && (pid === process.pid || machine.now() - last.at < REMEMBER_MS);
  const seen = isFresh ? last.rows.find((row) => row.pid === pid) : undefined;
  if (seen !== undefined) return seen;
  const rows = listOnWindows(machine);
  if (rows.length === 0) return { pid, ppid: 0, session: 0, startTime: "", zombie: false, name: "" };
  return rows.find((row) => row.pid === pid);
}

const encode = (script: string): string => Buffer.from(script, "utf16le").toString("base64");
