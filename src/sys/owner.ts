import { readFileSync } from "node:fs";
import type { Owner } from "../core/request.ts";
import { readProcess } from "./process-table.ts";
import { readCommand } from "./spawn.ts";

let knownBootId: string | undefined;

/** Changes with every boot, so that a record from before a reboot never meets a living namesake. */
function bootId(): string {
  if (knownBootId === undefined) {
    if (process.platform === "linux") knownBootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    else if (process.platform === "win32") knownBootId = "windows";
    else knownBootId = readCommand("sysctl", ["-n", "kern.boottime"]).trim();
  }
  return knownBootId;
}

/** The identity of a process: a pid alone may be somebody else's tomorrow. */
export function ownerOf(pid: number): Owner | undefined {
  const row = readProcess(pid);
  return row && !row.zombie ? { pid, startTime: row.startTime, bootId: bootId() } : undefined;
}

export function currentOwner(): Owner {
  return ownerOf(process.pid) ?? { pid: process.pid, startTime: "", bootId: bootId() };
}

/** True only while this very process lives: same boot, same pid, same start, not a zombie (`kill(pid, 0)` is true for one). */
export function isAlive(owner: Owner): boolean {
  if (owner.bootId !== bootId()) return false;
  const row = readProcess(owner.pid);
  return row !== undefined && !row.zombie && row.startTime === owner.startTime;
}
