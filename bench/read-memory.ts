import { readFileSync } from "node:fs";

/** The most that a process ever had resident; undefined where there is no /proc, and for a process that is gone. */
export const highWaterMiB = (pid: number): number | undefined => readMiB(`/proc/${pid}/status`, "VmHWM");

/** What a process has resident, whoever has it too. */
export const residentMiB = (pid: number): number | undefined => readMiB(`/proc/${pid}/smaps_rollup`, "Rss");

/** What a process has resident, where a page that several have counts in parts: those of all processes can be added. */
export const proportionalMiB = (pid: number): number | undefined => readMiB(`/proc/${pid}/smaps_rollup`, "Pss");

/** A line of proc_pid_status(5) or of proc_pid_smaps(5). */
function readMiB(path: string, name: string): number | undefined {
  try {
    const kiB = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(readFileSync(path, "utf8"))?.[1];
    return kiB === undefined ? undefined : Number(kiB) / 1024;
  } catch {
    return undefined;
  }
}
