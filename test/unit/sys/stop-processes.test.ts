import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { RUN_MARKER } from "../../../src/sys/environment.ts";
import { findByEnvironment, readProcess } from "../../../src/sys/process-table.ts";
import { hasStrays, stopProcesses } from "../../../src/sys/stop-processes.ts";
import { isGone, makeZombie, runNegligent, runScript, until } from "./children.ts";

const GRACE_MS = 300;
const newRun = () => `unit-${randomUUID()}`;
const marked = (runId: string) => ({ [RUN_MARKER]: runId });
const pidsIn = (labels: string[]) => labels.map((label) => Number(/\((\d+)\)$/.exec(label)?.[1])).sort();

describe("stopping a run", () => {
  it("finds nothing to do where nothing is", async () => {
    expect(await stopProcesses(newRun(), [], GRACE_MS)).toEqual({ killed: [], left: [] });
    expect(await stopProcesses(newRun(), [2 ** 30], GRACE_MS)).toEqual({ killed: [], left: [] });
  });

  it("ends the tree under a root that carries no mark", async () => {
    const child = await runScript("sleep 60 & echo $!; (sleep 60 & echo $!; wait) & echo $!; wait", {}, 3);
    const stopped = await stopProcesses(newRun(), [child.pid], GRACE_MS);
    expect(pidsIn(stopped.killed)).toEqual([child.pid, ...child.pids].sort());
    expect(stopped.left).toEqual([]);
    expect([child.pid, ...child.pids].every(isGone)).toBe(true);
  });

  it("says what it ended, by name", async () => {
    const child = await runScript("echo $$; exec sleep 60", {}, 1);
    await until(() => readProcess(child.pid)?.name === "sleep");
    expect((await stopProcesses(newRun(), [child.pid], GRACE_MS)).killed).toEqual([`sleep (${child.pid})`]);
  });

  it("ends what carries the mark but left its tree", async () => {
    const runId = newRun();
    const child = await runScript("setsid sleep 60 >&2 & echo $!; sleep 0.02", marked(runId), 1);
    const [orphan = 0] = child.pids;
    await until(() => isGone(child.pid) && readProcess(orphan)?.name === "sleep");
    const stopped = await stopProcesses(runId, [], GRACE_MS);
    expect(stopped).toEqual({ killed: [`sleep (${orphan})`], left: [] });
    expect(isGone(orphan)).toBe(true);
  });

  it("ends the children of what carries the mark, though they dropped it", async () => {
    const runId = newRun();
    const child = await runScript("env -i sleep 60 & echo $!; wait", marked(runId), 1);
    const [bare = 0] = child.pids;
    await until(() => readProcess(bare)?.name === "sleep");
    expect(findByEnvironment(RUN_MARKER, runId).map((row) => row.pid)).toEqual([child.pid]);
    const stopped = await stopProcesses(runId, [], GRACE_MS);
    expect(pidsIn(stopped.killed)).toEqual([child.pid, bare].sort());
    expect(isGone(bare)).toBe(true);
  });

  it("kills what does not listen to TERM, and not before the grace is over", async () => {
    const runId = newRun();
    const child = await runScript("trap '' TERM; echo $$; read x", marked(runId), 1);
    const exit = new Promise<NodeJS.Signals | null>((resolve) => {
      child.process.once("exit", (_, signal) => resolve(signal));
    });
    const stopped = await stopProcesses(runId, [], GRACE_MS);
    expect(await exit).toBe("SIGKILL");
    expect(pidsIn(stopped.killed)).toContain(child.pid);
    expect(stopped.left).toEqual([]);
  });

  it("lets go in peace what does listen", async () => {
    const runId = newRun();
    const child = await runScript("trap 'exit 7' TERM; echo $$; while :; do sleep 0.02; done", marked(runId), 1);
    const exit = new Promise<number | null>((resolve) => {
      child.process.once("exit", (code) => resolve(code));
    });
    await stopProcesses(runId, [], 5_000);
    expect(await exit).toBe(7);
  });

  it("leaves another run alone", async () => {
    const [mine, other] = [newRun(), newRun()];
    const [one, two] = await Promise.all([mine, other].map((id) => runScript("echo $$; read x", marked(id), 1)));
    await stopProcesses(mine, [], GRACE_MS);
    expect([one, two].map((child) => isGone(child?.pid ?? 0))).toEqual([true, false]);
  });

  it("does not wait for a zombie, which can't be ended twice", async () => {
    const { parent, child } = await runNegligent();
    await makeZombie(child);
    expect(await stopProcesses(newRun(), [child], GRACE_MS)).toEqual({ killed: [], left: [] });
    expect(isGone(parent)).toBe(false);
  });
});

describe("strays of a run", () => {
  it("are none where nothing is", () => {
    expect(hasStrays(newRun(), [])).toBe(false);
    expect(hasStrays(newRun(), [2 ** 30])).toBe(false);
  });

  it("are not the processes that are known", async () => {
    const runId = newRun();
    const child = await runScript("echo $$; read x", marked(runId), 1);
    expect(hasStrays(runId, [child.pid])).toBe(false);
    expect(hasStrays(runId, [])).toBe(true);
  });

  it("are their children, with the mark or without", async () => {
    const child = await runScript("sleep 60 & echo $!; wait", {}, 1);
    expect(hasStrays(newRun(), [child.pid])).toBe(true);
    expect(hasStrays(newRun(), [child.pid, ...child.pids])).toBe(false);
  });

  it("are not what is dead", async () => {
    const { parent, child } = await runNegligent();
    await makeZombie(child);
    expect(hasStrays(newRun(), [parent])).toBe(false);
  });
});
