import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { errorCode, messageOf } from "../core/errors.ts";
import { type Command, type Exit, startQuick } from "./spawn.ts";

export interface QuickCommand extends Command {
  /** Written to stdin as it comes; its end is the end of stdin. */
  input?: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | undefined;
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Takes stdout piece by piece instead of keeping it; `false` ends the process, which is no failure then. */
  sink?: ((piece: Buffer) => boolean) | undefined;
}

/** How a short process went: `exitCode` is null when it was killed, timed out or never started, and `failure` says which. */
export interface QuickFinished {
  exitCode: number | null;
  stdout: Buffer;
  stderr: string;
  failure?: string;
}

const TIMEOUT_MS = 120_000;
const PIPES_MS = 300;
const STDERR_CHARS = 64 * 1024;

/**
 * Runs a short command to its end: bytes, streams, and a failure is a value. Our own and not execa, which takes three
 * times as long around a process that lives for 3 ms, eight times a run (measured).
 */
export async function runQuick(what: QuickCommand): Promise<QuickFinished> {
  const nothing = { exitCode: null, stdout: Buffer.alloc(0), stderr: "" };
  if (what.signal?.aborted) return { ...nothing, failure: messageOf(what.signal.reason) };
  const child = startQuick(what, what.input !== undefined);
  let stopped: string | undefined;
  const stop = (why: string) => {
    stopped ??= why;
    end(child);
  };
  const timeoutMs = what.timeoutMs ?? TIMEOUT_MS;
  const timer = setTimeout(() => stop(`it was not done after ${timeoutMs / 1000} s`), timeoutMs);
  const abort = () => stop(messageOf(what.signal?.reason));
  what.signal?.addEventListener("abort", abort, { once: true });
  try {
    const output = collect(child, what.sink);
    const ended = endOf(child);
    if (what.input && child.stdin) await feed(what.input, child.stdin, stop);
    const { code, signal, error } = await ended;
    const { stdout, stderr, satisfied } = output();
    if (satisfied && stopped === undefined) return { exitCode: 0, stdout, stderr };
    // Of a missing directory the system says that the program is missing.
    const missing = error !== undefined && !existsSync(what.cwd) ? `${what.cwd} is not there` : error;
    const failure = stopped ?? missing ?? (signal === null ? undefined : `ended by ${signal}`);
    return failure === undefined ? { exitCode: code, stdout, stderr } : { exitCode: null, stdout, stderr, failure };
  } finally {
    clearTimeout(timer);
    what.signal?.removeEventListener("abort", abort);
  }
}

function collect(child: ChildProcess, sink: QuickCommand["sink"]) {
  const pieces: Buffer[] = [];
  let stderr = "";
  let satisfied = false;
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-STDERR_CHARS);
  });
  child.stdout?.on("data", (piece: Buffer) => {
    if (satisfied) return;
    if (!sink) pieces.push(piece);
    else if (!sink(piece)) {
      satisfied = true;
      end(child);
    }
  });
  return () => ({ stdout: Buffer.concat(pieces), stderr, satisfied });
}

/** Whoever else may hold its pipes is not waited for. */
function end(child: ChildProcess): void {
  child.kill("SIGKILL");
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function endOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: null, signal: null, error: error.message }));
    child.once("close", (code, signal) => resolve({ code, signal }));
    // A child of the child may hold the pipes of one that was killed, for as long as it lives.
    child.once("exit", (code, signal) => {
      if (signal !== null) setTimeout(() => resolve({ code, signal }), PIPES_MS);
    });
  });
}

/** A child that ends before it has read all says why on stderr; what the input itself throws ends the child. */
async function feed(
  input: NonNullable<QuickCommand["input"]>,
  stdin: NonNullable<ChildProcess["stdin"]>,
  stop: (why: string) => void,
): Promise<void> {
  try {
    await pipeline(Readable.from(input, { objectMode: false }), stdin);
  } catch (error) {
    if (!/^(EPIPE|ECONNRESET|ERR_STREAM_PREMATURE_CLOSE|ERR_STREAM_DESTROYED)$/.test(errorCode(error) ?? ""))
      stop(messageOf(error));
  }
}
