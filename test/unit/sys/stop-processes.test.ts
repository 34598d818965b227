import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { RUN_MARKER } from "../../../src/sys/environment.ts";
import { currentOwner, ownerOf } from "../../../src/sys/owner.ts";
import { findByEnvironment, readProcess } from "../../../src/sys/process-table.ts";
import { hasStrays, stillRoots, stopProcesses } from "../../../src/sys/stop-processes.ts";
import { endWithTest, isGone, makeZombie, runNegligent, runScript, until } from "./children.ts";

const GRACE_MS = 300;
const newRun = () => `unit-${randomUUID()}`;
const marked = (runId: string) => ({ [RUN_MARKER]: runId });
const pidsIn = (labels: string[]) => labels.map((label) => Number(/\((\d+)\)$/.exec(label)?.[1])).sort();

describe("stopping a run", () => {
  it("finds nothing to do where nothing is", async () => {
    expect(await stopProcesses({ markers: [newRun()] }, GRACE_MS)).toEqual({ killed: [], left: [] });
    expect(await stopProcesses({ markers: [newRun()], roots: [2 ** 30] }, GRACE_MS)).toEqual({ killed: [], left: [] });
  });

  it("ends the tree under a root that carries no mark", async () => {
    const child = await runScript("sleep 60 & echo $!; (sleep 60 & echo $!; wait) & echo $!; wait", {}, 3);
    const stopped = await stopProcesses({ markers: [newRun()], roots: [child.pid] }, GRACE_MS);
    expect(pidsIn(stopped.killed)).toEqual([child.pid, ...child.pids].sort());
    expect(stopped.left).toEqual([]);
    expect([child.pid, ...child.pids].every(isGone)).toBe(true);
  });

  it("says what it ended, by name", async () => {
    const child = await runScript("echo $$; exec sleep 60", {}, 1);
    await until(() => readProcess(child.pid)?.name === "sleep");
    expect((await stopProcesses({ markers: [newRun()], roots: [child.pid] }, GRACE_MS)).killed).toEqual([
      `sleep (${child.pid})`,
    ]);
  });

  it("ends what carries the mark but left its tree", async () => {
    const runId = newRun();
    const child = await runScript("setsid sleep 60 >&2 & echo $!; sleep 0.02", marked(runId), 1);
    const [orphan = 0] = child.pids;
    await until(() => isGone(child.pid) && readProcess(orphan)?.name === "sleep");
    const stopped = await stopProcesses({ markers: [runId] }, GRACE_MS);
    expect(stopped).toEqual({ killed: [`sleep (${orphan})`], left: [] });
    expect(isGone(orphan)).toBe(true);
  });

  it("ends the children of what carries the mark, though they dropped it", async () => {
    const runId = newRun();
    const child = await runScript("env -i sleep 60 & echo $!; wait", marked(runId), 1);
    const [bare = 0] = child.pids;
    await until(() => readProcess(bare)?.name === "sleep");
    expect(findByEnvironment(RUN_MARKER, runId).map((row) => row.pid)).toEqual([child.pid]);
    const stopped = await stopProcesses({ markers: [runId] }, GRACE_MS);
    expect(pidsIn(stopped.killed)).toEqual([child.pid, bare].sort());
    expect(isGone(bare)).toBe(true);
  });

  it("kills what does not listen to TERM, and not before the grace is over", async () => {
    const runId = newRun();
    const child = await runScript("trap '' TERM; echo $$; read x", marked(runId), 1);
    const exit = new Promise<NodeJS.Signals | null>((resolve) => {
      child.process.once("exit", (_, signal) => resolve(signal));
    });
    const stopped = await stopProcesses({ markers: [runId] }, GRACE_MS);
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
    await stopProcesses({ markers: [runId] }, 5_000);
    expect(await exit).toBe(7);
  });

  it("leaves another run alone", async () => {
    const [mine, other] = [newRun(), newRun()];
    const [one, two] = await Promise.all([mine, other].map((id) => runScript("echo $$; read x", marked(id), 1)));
    await stopProcesses({ markers: [mine] }, GRACE_MS);
    expect([one, two].map((child) => isGone(child?.pid ?? 0))).toEqual([true, false]);
  });

  it("does not wait for a zombie, which can't be ended twice", async () => {
    const { parent, child } = await runNegligent();
    await makeZombie(child);
    expect(await stopProcesses({ markers: [newRun()], roots: [child] }, GRACE_MS)).toEqual({ killed: [], left: [] });
    expect(isGone(parent)).toBe(false);
  });
});

/**
 * A process that leads a session of its own, as Codex does, and a child of it that has no mark: an MCP server. Its
 * shell begins the session, and waits.
 */
async function runSession(): Promise<{ leader: number; child: number }> {
  const script = "setsid sh -c 'sleep 60 >&2 & echo $!; echo $$; wait' & wait";
  const shell = await runScript(script, {}, 2);
  const [child = 0, leader = 0] = shell.pids;
  await until(() => readProcess(child)?.name === "sleep" && readProcess(child)?.session === leader);
  return { leader, child };
}

async function killLeader(leader: number): Promise<void> {
  process.kill(leader, "SIGKILL");
  await until(() => isGone(leader));
}

describe("the session of a root", () => {
  it("has an orphan of the root in it, which has no mark and no parent any more", async () => {
    const { leader, child } = await runSession();
    await killLeader(leader);
    await until(() => readProcess(child)?.ppid !== leader);
    expect(hasStrays({ markers: [newRun()], roots: [leader] })).toBe(true);
    const stopped = await stopProcesses({ markers: [newRun()], roots: [leader] }, GRACE_MS);
    expect(stopped).toEqual({ killed: [`sleep (${child})`], left: [] });
    expect(isGone(child)).toBe(true);
  });

  it("has the children of an orphan in it, wherever they went", async () => {
    const inner = 'sh -c "setsid sleep 60 >&2 & echo \\$!; wait"';
    const shell = await runScript(`setsid sh -c 'echo $$; ${inner} & wait' & wait`, {}, 2);
    const [leader = 0, child = 0] = shell.pids;
    await until(() => readProcess(child)?.name === "sleep" && readProcess(child)?.session === child);
    await killLeader(leader);
    const stopped = await stopProcesses({ markers: [newRun()], roots: [leader] }, GRACE_MS);
    expect(pidsIn(stopped.killed)).toContain(child);
    expect(isGone(child)).toBe(true);
  });

  it("is not that of another root", async () => {
    const [mine, other] = await Promise.all([runSession(), runSession()]);
    await killLeader(mine.leader);
    await killLeader(other.leader);
    await stopProcesses({ markers: [newRun()], roots: [mine.leader] }, GRACE_MS);
    expect([mine.child, other.child].map(isGone)).toEqual([true, false]);
  });

  it("is not looked for where there is no root", async () => {
    const { leader, child } = await runSession();
    await killLeader(leader);
    expect(hasStrays({ markers: [newRun()] })).toBe(false);
    expect(await stopProcesses({ markers: [newRun()] }, GRACE_MS)).toEqual({ killed: [], left: [] });
    expect(isGone(child)).toBe(false);
  });

  it("does not make a stray of what only shares the root's session with us", async () => {
    // The session of the test itself: its processes are not below the root.
    const child = await runScript("echo $$; read x", {}, 1);
    const session = readProcess(child.pid)?.session ?? 0;
    expect(session).toBe(readProcess(process.pid)?.session);
    await stopProcesses({ markers: [newRun()], roots: [child.pid] }, GRACE_MS);
    expect(isGone(child.pid)).toBe(true);
    expect(isGone(process.pid)).toBe(false);
  });
});

it("ends a process that was stopped: it takes the signal when it goes on", async () => {
  const child = await runScript("trap 'exit 7' TERM; echo $$; while :; do sleep 0.02; done", {}, 1);
  const exit = new Promise<number | null>((resolve) => {
    child.process.once("exit", (code) => resolve(code));
  });
  process.kill(child.pid, "SIGSTOP");
  const stopped = await stopProcesses({ markers: [newRun()], roots: [child.pid] }, 5_000);
  expect(await exit).toBe(7);
  expect(stopped.left).toEqual([]);
});

describe("the root that was written down", () => {
  const NOW = currentOwner();

  it("is one while it lives", async () => {
    const child = await runScript("echo $$; read x", {}, 1);
    expect(stillRoots(ownerOf(child.pid))).toEqual([child.pid]);
  });

  it("is one when it is dead: its session may live", async () => {
    const child = await runScript("echo $$; read x", {}, 1);
    const owner = ownerOf(child.pid);
    process.kill(child.pid, "SIGKILL");
    await until(() => readProcess(child.pid) === undefined);
    expect(stillRoots(owner)).toEqual([child.pid]);
  });

  it("is one while nobody has taken note of its death", async () => {
    const { child } = await runNegligent();
    const owner = ownerOf(child);
    endWithTest(child);
    await makeZombie(child);
    expect(stillRoots(owner)).toEqual([child]);
  });

  it.each([
    ["nothing was written down", null],
    ["nothing is known", undefined],
    ["the machine has been started since", { ...NOW, bootId: "another-boot" }],
    ["its id is somebody else's now", { ...NOW, startTime: "1" }],
  ])("is none where %s", (_, owner) => {
    expect(stillRoots(owner)).toEqual([]);
  });
});

describe("strays of a run", () => {
  it("are none where nothing is", () => {
    expect(hasStrays({ markers: [newRun()] })).toBe(false);
    expect(hasStrays({ markers: [newRun()], roots: [2 ** 30] })).toBe(false);
  });

  it("are not the processes that are known", async () => {
    const runId = newRun();
    const child = await runScript("echo $$; read x", marked(runId), 1);
    expect(hasStrays({ markers: [runId], roots: [child.pid] })).toBe(false);
    expect(hasStrays({ markers: [runId] })).toBe(true);
  });

  it("are their children, with the mark or without", async () => {
    const child = await runScript("sleep 60 & echo $!; wait", {}, 1);
    expect(hasStrays({ markers: [newRun()], roots: [child.pid] })).toBe(true);
    expect(hasStrays({ markers: [newRun()], roots: [child.pid, ...child.pids] })).toBe(false);
  });

  it("are not what is dead", async () => {
    const { parent, child } = await runNegligent();
    await makeZombie(child);
    expect(hasStrays({ markers: [newRun()], roots: [parent] })).toBe(false);
  });
});
