import { errorCode } from "../core/errors.ts";
import { PLATFORM } from "./platform.ts";
import { readCommand } from "./spawn.ts";

/** What the process table needs of the machine; handed in, so that a test on Linux can be a Windows or a Mac. */
export interface Machine {
  platform: NodeJS.Platform;
  /** Output of a short system command, "" when it can't be run. */
  read(command: string, args: readonly string[]): string;
  /** Whether there is a process by this id, whosever it is. */
  exists(pid: number): boolean;
  /** A clock that only goes forward, in milliseconds. */
  now(): number;
}

/** A cold PowerShell on a busy Windows takes seconds. */
const READ_MS = { win32: 20_000, posix: 5_000 } as const;

/** This very machine. */
export const THIS_MACHINE: Machine = {
  platform: PLATFORM,
  read: (command, args) => readCommand(command, args, PLATFORM === "win32" ? READ_MS.win32 : READ_MS.posix),
  exists,
  now: () => performance.now(),
};

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's, or one that runs with more rights than we do: there it is.
    return errorCode(error) === "EPERM";
  }
}
