import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { readProcess } from "../../../src/sys/process-table.ts";

/** Waits until something is so; a test that never gets there ends by its own timeout. */
export async function until(what: () => boolean): Promise<void> {
  while (!what()) await sleep(5);
}

export const isGone = (pid: number): boolean => readProcess(pid)?.zombie ?? true;

/** Ends a process when the test does, but only the one that has the pid now. */
export function endWithTest(pid: number): void {
  const startTime = readProcess(pid)?.startTime;
  onTestFinished(() => {
    if (startTime !== undefined && readProcess(pid)?.startTime === startTime) process.kill(pid, "SIGKILL");
  });
}

export interface Child {
  pid: number;
  process: ChildProcess;
  /** The numbers that the script printed, one a line. */
  pids: number[];
}

/** Runs a shell script that prints `count` process ids and goes on living; all of them end with the test. */
export async function runScript(script: string, env: NodeJS.ProcessEnv = {}, count = 0): Promise<Child> {
  return runFile("/bin/sh", ["-c", script], env, count);
}

export async function runFile(file: string, args: string[], env: NodeJS.ProcessEnv, count: number): Promise<Child> {
  const child = spawn(file, args, { env: { PATH: process.env.PATH, ...env }, stdio: ["pipe", "pipe", "ignore"] });
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString("utf8");
  });
  const pid = child.pid ?? 0;
  endWithTest(pid);
  const pids = () => [...printed.matchAll(/^(\d+)$/gm)].map((match) => Number(match[1]));
  await until(() => pids().length >= count);
  for (const one of pids()) endWithTest(one);
  return { pid, process: child, pids: pids() };
}

/** A parent that never waits for its child: what the child becomes when it is killed is a zombie for as long as the test lasts. */
export async function runNegligent(env: NodeJS.ProcessEnv = {}): Promise<{ parent: number; child: number }> {
  const shell = await runScript("sleep 60 >&2 & echo $!; exec sleep 60", env, 1);
  const [child = 0] = shell.pids;
  // Only the second sleep never waits; the shell that it was might.
  await until(() => readProcess(shell.pid)?.name === "sleep");
  return { parent: shell.pid, child };
}

export async function makeZombie(pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  await until(() => readProcess(pid)?.zombie === true);
}
