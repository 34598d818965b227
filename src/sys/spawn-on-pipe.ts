import { closeSync, constants, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { fileError } from "./files.ts";
import { PLATFORM } from "./platform.ts";
import { type Command, type PipedProcess, readCommand, spawnInto, spawnPiped } from "./spawn.ts";

export interface OnPipe extends Pick<PipedProcess, "pid" | "stderrTail" | "exited"> {
  output: Readable;
}

/**
 * A child that writes to a real pipe, with nothing to read. What Node calls a pipe is a socket, and in a sandbox without
 * network a program of Node's can't write to one: `npm test` would run and say nothing (measured, Codex 0.169.0). A named
 * pipe at `path`, a place of ours, is one for the moment that it takes to open it.
 */
export function spawnOnPipe(what: Command, path: string, platform = PLATFORM): OnPipe {
  // There a pipe is one, and stderr is not redirected into it.
  if (platform === "win32") return spawnOnWindows(what);
  const { reader, writer } = openPipe(path);
  try {
    const child = spawnInto({ ...what, output: writer });
    return { ...child, output: new Socket({ fd: reader, readable: true, writable: false }) };
  } finally {
    // Only the child's end is left: when it and who has it from it are gone, the output ends.
    closeSync(writer);
  }
}

/** The reader first and without waiting; then the writer finds somebody, and Node never hangs in `open`. */
function openPipe(path: string): { reader: number; writer: number } {
  try {
    readCommand("mkfifo", ["-m", "600", path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    return { reader, writer: openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW) };
  } catch (error) {
    throw fileError("make a pipe at", path, error);
  } finally {
    rmSync(path, { force: true });
  }
}

function spawnOnWindows(what: Command): OnPipe {
  const child = spawnPiped(what);
  child.stdin.end();
  child.onStderr((text) => child.stdout.emit("data", Buffer.from(text)));
  return { pid: child.pid, stderrTail: child.stderrTail, exited: child.exited, output: child.stdout };
}
