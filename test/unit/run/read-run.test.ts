import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RunStatus } from "../../../src/core/record.ts";
import type { Owner, RunRequest } from "../../../src/core/request.ts";
import { writeStatus } from "../../../src/run/create-record.ts";
import { readRun } from "../../../src/run/read-run.ts";
import { readReceipt, readStatus, writeReceipt } from "../../../src/run/record.ts";
import { checksMarker, RUN_MARKER } from "../../../src/sys/environment.ts";
import { currentOwner } from "../../../src/sys/owner.ts";
import { readProcess } from "../../../src/sys/process-table.ts";
import { AT, RUN_ID, samplePower, sampleReceipt } from "../core/samples.ts";
import { isGone, runScript, until } from "../sys/children.ts";
import { newRecord } from "./new-record.ts";

const ALIVE = currentOwner();
const DEAD: Owner = { ...ALIVE, pid: 2 ** 30 };
const NAMESAKE: Owner = { ...ALIVE, startTime: "1" };
const OTHER_BOOT: Owner = { ...ALIVE, bootId: "another-boot" };
const OPEN = samplePower({ write: "everything", network: true });
const LONG_AGO = new Date(1_600_000_000_000);

/** A record in a state of its own; the run id is nobody's, for a lost run's processes are ended. */
function record(status: Partial<RunStatus>, request: Partial<RunRequest> = {}, options: { old?: boolean } = {}) {
  const { dir } = newRecord(request);
  writeStatus(dir, { version: 1, runId: RUN_ID, state: "queued", updatedAt: AT, ...status });
  if (options.old) utimesSync(join(dir, "status.json"), LONG_AGO, LONG_AGO);
  return dir;
}

interface Row {
  row: string;
  status: Partial<RunStatus>;
  starter?: Owner;
  /** The status was written long ago. */
  old?: boolean;
  brokerPid?: number;
  state: "ended" | "queued" | "running" | "waiting_input";
  reason?: string;
}

const DIED = "the broker died before the run ended";
const NEVER = "the broker never started";

const ROWS: Row[] = [
  { row: "running, owner alive", status: { state: "running", owner: ALIVE }, state: "running" },
  { row: "running, owner alive, for long", status: { state: "running", owner: ALIVE }, old: true, state: "running" },
  { row: "asking, owner alive", status: { state: "waiting_input", owner: ALIVE }, state: "waiting_input" },
  { row: "running, owner dead", status: { state: "running", owner: DEAD }, state: "ended", reason: DIED },
  {
    row: "running, owner dead, starter alive",
    status: { state: "running", owner: DEAD },
    starter: ALIVE,
    state: "ended",
    reason: DIED,
  },
  {
    row: "running, the owner's pid reused",
    status: { state: "running", owner: NAMESAKE },
    state: "ended",
    reason: DIED,
  },
  {
    row: "running, owner of another boot",
    status: { state: "running", owner: OTHER_BOOT },
    state: "ended",
    reason: DIED,
  },
  { row: "asking, owner dead", status: { state: "waiting_input", owner: DEAD }, state: "ended", reason: DIED },
  { row: "queued, starter alive", status: {}, starter: ALIVE, state: "queued" },
  { row: "queued, starter alive, for long", status: {}, starter: ALIVE, old: true, state: "queued" },
  { row: "queued, starter dead, a moment ago", status: {}, starter: DEAD, state: "queued" },
  { row: "queued, starter dead, long ago", status: {}, starter: DEAD, old: true, state: "ended", reason: NEVER },
  {
    row: "queued, starter of another boot, long ago",
    status: {},
    starter: OTHER_BOOT,
    old: true,
    state: "ended",
    reason: NEVER,
  },
  { row: "queued, our own broker comes up", status: {}, starter: DEAD, brokerPid: process.pid, state: "queued" },
  {
    row: "queued, our own broker comes up, and takes long",
    status: {},
    starter: DEAD,
    brokerPid: process.pid,
    old: true,
    state: "queued",
  },
  {
    row: "queued, our own broker is gone already",
    status: {},
    starter: ALIVE,
    brokerPid: 2 ** 30,
    state: "ended",
    reason: NEVER,
  },
  {
    row: "running, owner alive, whatever broker we started",
    status: { state: "running", owner: ALIVE },
    brokerPid: 2 ** 30,
    state: "running",
  },
  { row: "ended without a receipt, owner dead", status: { state: "ended", owner: DEAD }, state: "ended", reason: DIED },
];

describe("what a run is", () => {
  it.each(ROWS)("$row: $state", async ({ status, starter = DEAD, old = false, brokerPid, state, reason }) => {
    const dir = record(status, { starter }, { old });
    const view = await readRun(dir, brokerPid);
    expect(view.state).toBe(state);
    if (view.state === "ended") {
      expect(view.receipt).toMatchObject({ verdict: "lost", exit_code: 137, reason });
      expect(readReceipt(dir)).toEqual(view.receipt);
      expect(readStatus(dir).state).toBe("ended");
    } else {
      expect(view.status).toEqual(readStatus(dir));
      expect(view.request.runId).toBe(RUN_ID);
      expect(existsSync(join(dir, "result.json"))).toBe(false);
    }
  });

  it("is what its receipt says, whatever the rest looks like", async () => {
    const dir = record({ state: "running", owner: DEAD });
    const receipt = sampleReceipt({ verdict: "failed", exit_code: 1 });
    writeReceipt(dir, receipt);
    writeStatus(dir, { version: 1, runId: RUN_ID, state: "running", updatedAt: AT, owner: DEAD });
    expect(await readRun(dir)).toEqual({ state: "ended", receipt });
    rmSync(join(dir, "request.json"));
    rmSync(join(dir, "status.json"));
    expect(await readRun(dir)).toEqual({ state: "ended", receipt });
  });

  it.each(["status.json", "request.json", "result.json"])("is not guessed from a broken %s", async (name) => {
    const dir = record({ state: "running", owner: DEAD });
    writeFileSync(join(dir, name), "rubbish");
    await expect(readRun(dir)).rejects.toThrow(`${name} is not what ask-codex wrote`);
    expect(readFileSync(join(dir, name), "utf8")).toBe("rubbish");
  });
});

describe("a lost run", () => {
  it.each<
    [name: string, status: Partial<RunStatus>, request: Partial<RunRequest>, session: string | null, next: RegExp]
  >([
    ["that had a thread", { threadId: "t-new" }, {}, "t-new", /codex_runs resume .* goes on/],
    ["that went on with one", {}, { threadId: "t-old" }, "t-old", /codex_runs resume .* goes on/],
    ["that had another one in the end", { threadId: "t-new" }, { threadId: "t-old" }, "t-new", /resume/],
    ["that had none", {}, {}, null, /codex_runs resume .* starts it again/],
  ])("%s says how to go on", async (_, status, request, session, next) => {
    const dir = record({ state: "running", owner: DEAD, ...status }, request);
    const view = await readRun(dir);
    expect(view.state === "ended" && view.receipt).toMatchObject({
      session_id: session,
      next: expect.stringMatching(next),
    });
  });

  it("that waited for its start had not begun", async () => {
    const waiting = { for: "slot" as const, ahead: 3, until: null };
    const view = await readRun(record({ state: "queued", owner: DEAD, waiting }));
    expect(view.state === "ended" && view.receipt.reason).toMatch(/waited for its start/);
  });

  it("is described by what was asked for", async () => {
    const dir = record(
      { state: "running", owner: DEAD },
      { model: "m", reasoning: "high", warnings: ["w"], power: OPEN },
    );
    const view = await readRun(dir);
    expect(view.state === "ended" && view.receipt).toMatchObject({
      run_id: RUN_ID,
      record: dir,
      workspace: "/work/a project",
      role: "writer",
      power: OPEN,
      policy: "off",
      model: "m",
      reasoning: "high",
      warnings: ["w"],
      answer: "",
      files_changed: null,
      tokens: null,
      started_at: AT,
    });
  });

  it("is lost once: the second reader reads what the first wrote", async () => {
    const dir = record({ state: "running", owner: DEAD });
    const first = await readRun(dir);
    expect(await readRun(dir)).toEqual(first);
  });

  it("has no temporary directory left, and touches no other run's", async () => {
    const { dir, home } = newRecord();
    for (const name of [RUN_ID, "r-other"]) mkdirSync(join(home, "tmp", name, "sub"), { recursive: true });
    writeStatus(dir, { version: 1, runId: RUN_ID, state: "running", updatedAt: AT, owner: DEAD });
    await readRun(dir);
    expect(readdirSync(join(home, "tmp"))).toEqual(["r-other"]);
  });

  it("has no check left that our own process ran", async () => {
    const runId = `unit-${randomUUID()}`;
    const child = await runScript("exec sleep 60", { [RUN_MARKER]: checksMarker(runId) });
    await until(() => readProcess(child.pid)?.name === "sleep");
    await readRun(record({ state: "running", owner: DEAD, runId }, { runId }));
    await until(() => isGone(child.pid));
  });

  it("has no process left", async () => {
    const runId = `unit-${randomUUID()}`;
    const child = await runScript("setsid sleep 60 >&2 & echo $!; echo $$; wait", { [RUN_MARKER]: runId }, 2);
    await until(() => readProcess(child.pids[0] ?? 0)?.name === "sleep");
    const dir = record({ state: "running", owner: DEAD, runId }, { runId });
    const view = await readRun(dir);
    const killed = view.state === "ended" ? view.receipt.processes.killed : [];
    expect(killed).toHaveLength(2);
    expect(child.pids.every(isGone)).toBe(true);
  });
});
