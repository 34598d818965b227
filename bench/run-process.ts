import { spawn } from "node:child_process";
import { performance } from "node:perf_hooks";
import { attempt } from "../src/sys/files.ts";
import { listProcesses } from "../src/sys/process-table.ts";
import type { World } from "./world.ts";

export interface Finished {
  /** From just before the start until the process is gone and its output is read. */
  ms: number;
  stdout: string;
  /** When `mark` was first seen on stdout. */
  markMs: number | undefined;
}

export interface Started {
  pid: number;
  stdout(): string;
  done: Promise<Finished>;
}

/** Starts one command in the world's workspace, with /dev/null as stdin; one that does not end well is an error. */
export function startProcess({ lab }: World, argv: readonly string[], mark?: RegExp): Started {
  const [command = "", ...args] = argv;
  const startedAt = performance.now();
  const { workspace: cwd, env } = lab;
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let stdout = "";
  let stderr = "";
  let markMs: number | undefined;
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString("utf8");
    if (mark && markMs === undefined && mark.test(stdout)) markMs = performance.now() - startedAt;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr = (stderr + chunk.toString("utf8")).slice(-4_000);
  });
  const done = new Promise<Finished>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      const ms = performance.now() - startedAt;
      endSession(child.pid);
      if (code === 0) resolve({ ms, stdout, markMs });
      else reject(new Error(`${args.slice(0, 3).join(" ")} ended with ${signal ?? code}\n${stdout}${stderr}`));
    });
  });
  return { pid: child.pid ?? 0, stdout: () => stdout, done };
}

/**
 * Ends what a command left in the session of processes that it led. A bare Codex may leave a bwrap that carries nothing of
 * its environment: `--die-with-parent` means nothing to one whose parent died before it asked for that (0.169.0).
 */
function endSession(pid: number | undefined): void {
  for (const row of listProcesses()) if (row.session === pid) attempt(() => process.kill(row.pid, "SIGKILL"));
}

/** Runs one command to its end. */
export const runProcess = (world: World, argv: readonly string[], mark?: RegExp): Promise<Finished> =>
  startProcess(world, argv, mark).done;

/** The value of a `name=` line. */
export const lineOf = (stdout: string, name: string): string =>
  new RegExp(`^${name}=(.+)$`, "m").exec(stdout)?.[1] ?? missing(`${name}=`);

/** The thread that a bare `codex exec` has begun. */
export const threadOf = (stdout: string): string => /"thread_id":"([^"]+)"/.exec(stdout)?.[1] ?? missing("thread_id");

export function missing(what: string): never {
  throw new Error(`${what} was never printed`);
}
