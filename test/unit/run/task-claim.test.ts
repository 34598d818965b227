import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RunStatus } from "../../../src/core/record.ts";
import type { Owner } from "../../../src/core/request.ts";
import { writeStatus } from "../../../src/run/create-record.ts";
import { writeReceipt } from "../../../src/run/record.ts";
import { claimTask, freeTask } from "../../../src/run/task-claim.ts";
import { currentOwner } from "../../../src/sys/owner.ts";
import { workspaceDir } from "../../../src/sys/paths.ts";
import { AT, RUN_ID, sampleReceipt } from "../core/samples.ts";
import { race } from "../sys/race.ts";
import { tempDir } from "../sys/temp-dir.ts";
import { newRecord } from "./new-record.ts";

const WORKSPACE = "/work/a project";
const TASK = "U-1.a_b";
const ALIVE = currentOwner();
const DEAD: Owner = { ...ALIVE, pid: 2 ** 30 };

const claimOf = (runId: string, taskId = TASK) =>
  ({ version: 1, task_id: taskId, run_id: runId, broker_id: `broker of ${runId}` }) as const;
const folder = (home: string, taskId = TASK, workspace = WORKSPACE) =>
  join(workspaceDir(home, workspace), "tasks", taskId);
const busy = (runId: string) =>
  expect.objectContaining({
    kind: "refused",
    message: `the task ${TASK} is busy: run ${runId} works on it`,
    hint: `codex_runs wait ${runId}, or codex_runs cancel ${runId}`,
  });

/** A task that was claimed for a run with a record in some state. */
function claimed(status: Partial<RunStatus>, starter: Owner = DEAD) {
  const { home, dir } = newRecord({ starter });
  writeStatus(dir, { version: 1, runId: RUN_ID, state: "queued", updatedAt: AT, ...status });
  claimTask(home, WORKSPACE, claimOf(RUN_ID), 0);
  return { home, dir };
}

describe("a task", () => {
  it("that nobody had is free", async () => {
    expect(await freeTask(tempDir(), WORKSPACE, TASK)).toBeUndefined();
  });

  it("is claimed by a file of its own, for its user alone", () => {
    const home = tempDir();
    claimTask(home, WORKSPACE, claimOf("r-1"), 0);
    expect(readdirSync(folder(home))).toEqual(["1.json"]);
    expect(JSON.parse(readFileSync(join(folder(home), "1.json"), "utf8"))).toEqual(claimOf("r-1"));
    const modes = [join(folder(home), "1.json"), folder(home), join(folder(home), "..")].map(
      (path) => statSync(path).mode & 0o777,
    );
    expect(modes).toEqual([0o600, 0o700, 0o700]);
  });

  it("has numbers that go on, and the last counts", async () => {
    const home = tempDir();
    for (let after = 0; after < 12; after++) claimTask(home, WORKSPACE, claimOf(`r-${after + 1}`), after);
    expect(readdirSync(folder(home))).toHaveLength(12);
    expect(await freeTask(home, WORKSPACE, TASK)).toEqual({ at: 12, claim: claimOf("r-12") });
    for (const name of ["1.json", "9.json"]) rmSync(join(folder(home), name));
    expect(await freeTask(home, WORKSPACE, TASK)).toEqual({ at: 12, claim: claimOf("r-12") });
  });

  it.each(["U", "U-1", "u.1", "a..b", "1", "10.json", "x".repeat(64), "constructor"])(
    "may be called %s, and is no other",
    async (taskId) => {
      const home = tempDir();
      claimTask(home, WORKSPACE, claimOf("r-1", taskId), 0);
      claimTask(home, WORKSPACE, claimOf("r-2", "U-2"), 0);
      expect(await freeTask(home, WORKSPACE, taskId)).toMatchObject({ at: 1, claim: { run_id: "r-1" } });
      expect(await freeTask(home, WORKSPACE, "U-2")).toMatchObject({ at: 1, claim: { run_id: "r-2" } });
    },
  );

  it("is another one in another workspace", async () => {
    const home = tempDir();
    claimTask(home, WORKSPACE, claimOf("r-1"), 0);
    claimTask(home, "/elsewhere", claimOf("r-2"), 0);
    expect(await freeTask(home, "/elsewhere", TASK)).toMatchObject({ at: 1, claim: { run_id: "r-2" } });
    expect(await freeTask(home, "/nowhere", TASK)).toBeUndefined();
  });

  it("is not moved by what else lies in its folder", async () => {
    const home = tempDir();
    claimTask(home, WORKSPACE, claimOf("r-1"), 0);
    for (const name of ["9.tmp", "notes.json", "-5.json", "3.json.bak", "x2.json"])
      writeFileSync(join(folder(home), name), "rubbish");
    expect(await freeTask(home, WORKSPACE, TASK)).toMatchObject({ at: 1 });
  });

  it("whose claim is not what we wrote is named", async () => {
    const home = tempDir();
    claimTask(home, WORKSPACE, claimOf("r-1"), 0);
    writeFileSync(join(folder(home), "2.json"), "rubbish");
    await expect(freeTask(home, WORKSPACE, TASK)).rejects.toThrow("2.json is not what ask-codex wrote");
  });
});

describe("a task's run", () => {
  it.each<[name: string, status: Partial<RunStatus>, starter: Owner]>([
    ["is at work", { state: "running", owner: ALIVE }, DEAD],
    ["is about to begin", { state: "queued" }, ALIVE],
  ])("that %s keeps it", async (_, status, starter) => {
    const { home } = claimed(status, starter);
    await expect(freeTask(home, WORKSPACE, TASK)).rejects.toEqual(busy(RUN_ID));
    expect(() => claimTask(home, WORKSPACE, claimOf("r-2"), 0)).toThrow(busy(RUN_ID));
  });

  it("that asks something is not at work: it is answered under the task's id", async () => {
    const question = { callId: "c", question: "Which?", options: [], askedAt: AT };
    const { home } = claimed({ state: "waiting_input", owner: ALIVE, question });
    expect(await freeTask(home, WORKSPACE, TASK)).toEqual({ at: 1, claim: claimOf(RUN_ID) });
  });

  it("that ended leaves it free, and the next one takes the next number", async () => {
    const { home, dir } = claimed({ state: "running", owner: ALIVE });
    writeReceipt(dir, sampleReceipt());
    expect(await freeTask(home, WORKSPACE, TASK)).toEqual({ at: 1, claim: claimOf(RUN_ID) });
    claimTask(home, WORKSPACE, claimOf("r-2"), 1);
    expect(await freeTask(home, WORKSPACE, TASK)).toEqual({ at: 2, claim: claimOf("r-2") });
  });

  it("whose broker died leaves it free", async () => {
    const { home } = claimed({ state: "running", owner: DEAD });
    expect(await freeTask(home, WORKSPACE, TASK)).toMatchObject({ at: 1 });
  });

  it("whose record is gone leaves it free", async () => {
    const home = tempDir();
    claimTask(home, WORKSPACE, claimOf(RUN_ID), 0);
    expect(await freeTask(home, WORKSPACE, TASK)).toMatchObject({ at: 1 });
  });
});

describe("two at once", () => {
  it("are one and a refused one, who leaves nothing behind", () => {
    const home = tempDir();
    claimTask(home, WORKSPACE, claimOf("r-1"), 0);
    claimTask(home, WORKSPACE, claimOf("r-2"), 1);
    for (const after of [0, 1]) expect(() => claimTask(home, WORKSPACE, claimOf("r-3"), after)).toThrow(busy("r-2"));
    expect(readdirSync(folder(home)).sort()).toEqual(["1.json", "2.json"]);
    expect(readFileSync(join(folder(home), "1.json"), "utf8")).toContain("r-1");
  });

  it("in 32 claims of 8 processes are exactly one", async () => {
    const home = tempDir();
    mkdirSync(join(home, "out"));
    const argvs = Array.from({ length: 8 }, (_, at) => [home, WORKSPACE, TASK, `${at}`, "4"]);
    const ends = await race(join(import.meta.dirname, "claim-racer.ts"), argvs);
    expect(ends.map(({ code }) => code)).toEqual(argvs.map(() => 0));
    expect(ends.map(({ said }) => Number(/won (\d+)/.exec(said)?.[1])).toSorted()).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
    expect(readdirSync(folder(home))).toEqual(["1.json"]);
  });
});
