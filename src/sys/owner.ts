import { readFileSync } from "node:fs";
import type { Owner } from "../core/request.ts";
import { type Machine, THIS_MACHINE } from "./machine.ts";
import { readProcess } from "./process-table.ts";

const known = new WeakMap<Machine, string>();

/** Changes with every boot, so that a record from before a reboot never meets a living namesake. */
function bootId(machine: Machine): string {
  const found = known.get(machine) ?? readBootId(machine);
  known.set(machine, found);
  return found;
}

function readBootId(machine: Machine): string {
  if (machine.platform === "linux") return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  // A process's start is a moment of the calendar there, to 100 ns: it tells boots apart by itself.
  if (machine.platform === "win32") return "windows";
  // The boot's time is moved when the clock is set; its id is not.
  return sysctl(machine, "kern.bootsessionuuid") || sysctl(machine, "kern.boottime");
}

const sysctl = (machine: Machine, name: string): string => machine.read("sysctl", ["-n", name]).trim();

/** The identity of a process: a pid alone may be somebody else's tomorrow. */
export function ownerOf(pid: number, machine = THIS_MACHINE): Owner | undefined {
  const row = readProcess(pid, machine);
  return row && !row.zombie ? { pid, startTime: row.startTime, bootId: bootId(machine) } : undefined;
}

export function currentOwner(machine = THIS_MACHINE): Owner {
  return ownerOf(process.pid, machine) ?? { pid: process.pid, startTime: "", bootId: bootId(machine) };
}

/**
 * True only while this very process lives: same boot, same pid, same start, not a zombie (`kill(pid, 0)` is true for one).
 * On Windows a start may be unknown, when PowerShell could not be asked: what can't be told apart is not called dead.
 */
export function isAlive(owner: Owner, machine = THIS_MACHINE): boolean {
  if (owner.bootId !== bootId(machine)) return false;
  const row = readProcess(owner.pid, machine);
  if (row === undefined || row.zombie) return false;
  const isUnknown = machine.platform === "win32" && (row.startTime === "" || owner.startTime === "");
  return isUnknown || row.startTime === owner.startTime;
}
