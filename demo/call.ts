import { spawn } from "node:child_process";
import type { Readable } from "node:stream";

export interface Call {
  command: string;
  args: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Ends the child by SIGINT, as Ctrl-C would. */
  signal: AbortSignal;
  onLine?: (text: string, from: "stdout" | "stderr") => void;
}

export interface Called {
  /** The exit code; null when a signal ended it. */
  code: number | null;
  stdout: string;
}

/**
 * Runs a program to its end, each line handed on as it comes. The child gets a process group of its own: a Ctrl-C in
 * the terminal then reaches the demo alone, which passes it on once. Rejects when the demo was stopped meanwhile.
 */
export function call(what: Call): Promise<Called> {
  what.signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(what.command, [...what.args], {
      cwd: what.cwd,
      env: what.env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    const stop = () => void child.kill("SIGINT");
    what.signal.addEventListener("abort", stop, { once: true });
    const stdout: string[] = [];
    const flushes = (["stdout", "stderr"] as const).map((from) =>
      readLines(child[from], (text) => {
        if (from === "stdout") stdout.push(text);
        what.onLine?.(text, from);
      }),
    );
    child.once("error", reject);
    child.once("close", (code) => {
      what.signal.removeEventListener("abort", stop);
      for (const flush of flushes) flush();
      if (what.signal.aborted) reject(what.signal.reason);
      else resolve({ code, stdout: stdout.join("\n") });
    });
  });
}

/** Hands on each line, empty ones too; returns what hands on a last line without an end. */
function readLines(stream: Readable, onLine: (text: string) => void): () => void {
  let rest = "";
  stream.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
  return () => {
    if (rest !== "") onLine(rest);
  };
}
