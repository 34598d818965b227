import { attempt, readIfThere } from "../sys/files.ts";
import { PLATFORM } from "../sys/platform.ts";
import { readCommand } from "../sys/spawn.ts";

/** What a process has resident, in MiB; undefined where the system does not tell, or it is gone. */
export function residentMiB(pid: number): number | undefined {
  if (PLATFORM === "win32") return undefined;
  const text =
    PLATFORM === "linux"
      ? /^VmRSS:\s*(\d+) kB/m.exec(attempt(() => readIfThere(`/proc/${pid}/status`)) ?? "")?.[1]
      : readCommand("ps", ["-o", "rss=", "-p", String(pid)]).trim();
  return text === undefined || text === "" ? undefined : Number(text) / 1024;
}
