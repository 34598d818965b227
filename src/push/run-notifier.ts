import type { ChildProcess } from "node:child_process";
import { oneLine } from "../core/one-line.ts";
import { PLATFORM } from "../sys/platform.ts";
import { listProcesses } from "../sys/process-table.ts";
import { runQuick } from "../sys/run-quick.ts";
import { type Command, startGuarded } from "../sys/spawn.ts";

export interface Notifier extends Command {
  /** Its whole stdin. */
  input: string;
}

const TAIL_CHARS = 2_000;
const SAID_CHARS = 200;
/** A program that says more than this on stderr is out of its mind, and would keep us busy reading. */
const FLOOD_CHARS = 1024 * 1024;
const DEATH_MS = 2_000;

/**
 * Gives a program its input and waits for its end; rejects with why it failed. When it is done, or the signal comes, or
 * we die, everything that is still in its session is ended: a program that made a session of its own has left for good.
 */
export async function runNotifier(what: Notifier, signal: AbortSignal, platform = PLATFORM): Promise<void> {
  if (platform === "win32") return runOnWindows(what, signal);
  signal.throwIfAborted();
  const child = startGuarded(what);
  for (const pipe of child.stdio) pipe?.on("error", () => {});
  let killed = false;
  const end = () => {
    if (!killed) endSession(child);
    killed = true;
  };
  signal.addEventListener("abort", end, { once: true });
  try {
    const errors = listen(child, end);
    const code = codeOf(child);
    child.stdin?.end(what.input);
    const { exit, failure } = await code;
    if (errors.flooded()) throw new Error("it wrote more than 1 MB to stderr, and was ended");
    if (failure !== undefined) throw new Error(`it ${failure}${said(errors.tail())}`);
    if (exit !== 0) throw new Error(`it ended with exit code ${exit}${said(errors.tail())}`);
  } finally {
    signal.removeEventListener("abort", end);
    end();
    await gone(child);
    for (const pipe of child.stdio) pipe?.destroy();
  }
}

function listen(child: ChildProcess, end: () => void): { tail: () => string; flooded: () => boolean } {
  let tail = "";
  let chars = 0;
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    tail = (tail + text).slice(-TAIL_CHARS);
    chars += text.length;
    if (chars > FLOOD_CHARS) end();
  });
  return { tail: () => tail, flooded: () => chars > FLOOD_CHARS };
}

/** The command's exit code as its guard says it, or how the guard itself ended without a word of it. */
function codeOf(child: ChildProcess): Promise<{ exit: number; failure?: string }> {
  return new Promise((resolve) => {
    let text = "";
    child.stdio[4]?.on("data", (piece: Buffer) => {
      text += piece.toString("latin1");
      if (text.includes("\n")) resolve({ exit: Number.parseInt(text, 10) });
    });
    child.once("error", (error) => resolve({ exit: -1, failure: `can't be started: ${error.message}` }));
    child.once("close", (_, signal) => resolve({ exit: -1, failure: `was ended by ${signal ?? "nobody knows what"}` }));
  });
}

/** The guard still leads the session, so its id means what it meant; when its pipe closes it takes its group along. */
function endSession(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  const others = child.exitCode === null && child.signalCode === null ? listProcesses() : [];
  for (const row of others) if (row.session === pid && row.pid !== pid) kill(row.pid);
  child.stdio[3]?.destroy();
  kill(-pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It went by itself.
  }
}

function gone(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, DEATH_MS);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Windows knows no sessions: what the program itself started is not ended with it. */
async function runOnWindows({ input, ...command }: Notifier, signal: AbortSignal): Promise<void> {
  const done = await runQuick({ ...command, input: [Buffer.from(input)], signal, sink: () => true });
  if (done.failure !== undefined) throw new Error(`it failed: ${done.failure}${said(done.stderr)}`);
  if (done.exitCode !== 0) throw new Error(`it ended with exit code ${done.exitCode}${said(done.stderr)}`);
}

/** The last line of what it said. */
function said(stderr: string): string {
  const last = stderr.trimEnd().split("\n").at(-1) ?? "";
  return last === "" ? "" : `: ${oneLine(last).slice(0, SAID_CHARS)}`;
}
