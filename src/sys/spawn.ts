import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { PLATFORM } from "./platform.ts";

/** The only file that starts processes: no shell for our own commands, always an explicit environment, always a group of its own. */
export interface Command {
  command: string;
  args: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/** How a process went: its exit code, the signal that ended it, or why it never was. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** What the system said when it could not start it. */
  error?: string;
}

/** A child on three pipes that nothing is lost of, however early it speaks or goes. */
export interface PipedProcess {
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Hears stderr from its first byte: what came before is handed over at once. */
  onStderr(listener: (text: string) => void): void;
  /** The end of stderr so far. */
  stderrTail(): string;
  /** Resolves once, when the process is gone and its pipes are read. */
  readonly exited: Promise<Exit>;
  kill(signal: NodeJS.Signals): void;
}

/** How long the pipes may stay open behind an exit: a child of the child may hold them. */
const PIPES_MS = 300;
const TAIL_CHARS = 4_000;

/** A long-lived child in a process group of its own, listened to from the start: Node throws away what nobody reads at the exit. */
export function spawnPiped(what: Command): PipedProcess {
  const child = spawn(what.command, [...what.args], {
    cwd: what.cwd,
    env: what.env,
    stdio: ["pipe", "pipe", "pipe"],
    detached: PLATFORM !== "win32",
    windowsHide: true,
  });
  let early = "";
  let tail = "";
  let listener: ((text: string) => void) | undefined;
  child.stderr.setEncoding("utf8");
  child.stderr.on("data", (text: string) => {
    tail = (tail + text).slice(-TAIL_CHARS);
    if (listener) listener(text);
    else early += text;
  });
  // A child that is gone before it has read is no error of the pipe's: its exit says what happened.
  child.stdin.on("error", () => {});
  const exited = endOf(child);
  return {
    pid: child.pid,
    stdin: child.stdin,
    stdout: child.stdout,
    onStderr(next) {
      listener = next;
      if (early !== "") next(early);
      early = "";
    },
    stderrTail: () => tail,
    exited,
    kill: (signal) => void child.kill(signal),
  };
}

/** A child that writes to an open file of ours, in a group of its own and with nothing to read; its errors are ours to hear. */
export function spawnInto(what: Command & { output: number }): Pick<PipedProcess, "pid" | "stderrTail" | "exited"> {
  const child = spawn(what.command, [...what.args], {
    cwd: what.cwd,
    env: what.env,
    stdio: ["ignore", what.output, "pipe"],
    detached: PLATFORM !== "win32",
    windowsHide: true,
  });
  let tail = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    tail = (tail + text).slice(-TAIL_CHARS);
  });
  return { pid: child.pid, stderrTail: () => tail, exited: endOf(child) };
}

function endOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    const settle = () => resolve({ code: child.exitCode, signal: child.signalCode });
    child.once("error", (error) => resolve({ code: null, signal: null, error: error.message }));
    // A process of ours that was held up has both before it, the timer and what the child said: it reads first.
    child.once("exit", () => setTimeout(() => setImmediate(settle), PIPES_MS));
    child.once("close", settle);
  });
}

/** A short process on bare pipes, for `runQuick`; without `withInput` its stdin is empty. */
export const startQuick = (what: Command, withInput: boolean): ChildProcess =>
  spawn(what.command, [...what.args], {
    cwd: what.cwd,
    env: what.env,
    stdio: [withInput ? "pipe" : "ignore", "pipe", "pipe"],
    windowsHide: true,
    // What Windows's shell is given is quoted for it already; Node's quoting is for C programs, and would spoil it.
    windowsVerbatimArguments: /\\cmd\.exe$/i.test(what.command),
  });

/**
 * Waits for the end of pipe 3, which comes when whoever started it closes that pipe or dies, and then ends its whole
 * process group, itself included. The command reads a true pipe (Node's are sockets, which /dev/stdin can't open) and
 * its exit code goes to pipe 4.
 */
const GUARD = `exec 5<&0 </dev/null
{ cat <&5 2>/dev/null | "$@" 3<&- 4>&- 5<&-; echo $? >&4; } &
exec 2>/dev/null 4>&- 5<&-
read -r _ <&3
kill -KILL 0`;

/**
 * A command of the user's that can't outlive us, however we end; POSIX only. It is in a session of its own, stdin and
 * stderr are its pipes 0 and 2, what it prints goes nowhere; 3 and 4 are the guard's.
 */
export const startGuarded = (what: Command): ChildProcess =>
  spawn("/bin/sh", ["-c", GUARD, "sh", what.command, ...what.args], {
    cwd: what.cwd,
    env: what.env,
    stdio: ["pipe", "ignore", "pipe", "pipe", "pipe"],
    detached: true,
  });

const READ_BYTES = 64 * 1024 * 1024;

/** Output of a short system command, for the few facts that must be had synchronously; "" when it can't be run. */
export function readCommand(command: string, args: readonly string[], timeoutMs = 5_000): string {
  // A process table with everybody's environment is larger than Node's own limit of 1 MB.
  const limits = { timeout: timeoutMs, maxBuffer: READ_BYTES };
  const done = spawnSync(command, [...args], { encoding: "utf8", windowsHide: true, ...limits });
  return done.status === 0 ? done.stdout : "";
}

/**
 * Starts a process that survives its starter: a new session and a second fork, because Claude Code ends every
 * descendant, `detached: true` ones too (CLAUDE-CODE.md 5). Resolves with the process id.
 */
export function spawnDetached(what: Command & { logPath: string }, platform = PLATFORM): Promise<number> {
  if (platform === "win32") return spawnDetachedDirectly(what);
  const script = 'log=$1; shift; "$@" </dev/null >>"$log" 2>&1 & echo $!';
  return new Promise((resolve, reject) => {
    const shell = spawn("/bin/sh", ["-c", script, "sh", what.logPath, what.command, ...what.args], {
      cwd: what.cwd,
      env: what.env,
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    });
    let printed = "";
    shell.stdout.on("data", (chunk: Buffer) => {
      printed += chunk.toString("utf8");
    });
    shell.once("error", reject);
    shell.once("close", () => {
      const pid = Number.parseInt(printed, 10);
      if (pid > 0) resolve(pid);
      else reject(new Error(`/bin/sh did not start ${what.command}`));
    });
  });
}

/**
 * Windows has no session to leave: a detached child is in none of Node's own groups, and lives on when its parent ends.
 * Whether it also lives on when Claude Code ends its descendants there, nobody has seen (references/windows.md).
 */
function spawnDetachedDirectly(what: Command & { logPath: string }): Promise<number> {
  const log = openSync(what.logPath, "a", 0o600);
  return new Promise<number>((resolve, reject) => {
    const child = spawn(what.command, [...what.args], {
      cwd: what.cwd,
      env: what.env,
      stdio: ["ignore", log, log],
      detached: true,
      windowsHide: true,
    });
    child.once("error", reject);
    child.once("spawn", () => {
      child.unref();
      resolve(child.pid ?? 0);
    });
  }).finally(() => closeSync(log));
}
