import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BreakerState } from "../../../src/core/gate.ts";
import { breakerView, countEnd, passBreaker } from "../../../src/gate/breaker.ts";
import { breakerDir, changeState, latestState, putState } from "../../../src/gate/breaker-file.ts";
import { afterEnd, CLOSED } from "../../../src/gate/breaker-state.ts";
import { momentAt } from "../../../src/gate/moment.ts";
import { createRecord, writeStatus } from "../../../src/run/create-record.ts";
import { writeReceipt } from "../../../src/run/record.ts";
import { currentOwner } from "../../../src/sys/owner.ts";
import { AT, sampleReceipt, sampleRequest } from "../core/samples.ts";
import { race } from "../sys/race.ts";
import { tempDir } from "../sys/temp-dir.ts";

const WORKSPACE = "/work/a project";
const MINUTE = 60_000;
const NOW = new Date();
const later = (minutes: number) => new Date(NOW.getTime() + minutes * MINUTE);
const DEAD = { ...currentOwner(), pid: 2 ** 30 };
const fatal = (runId: string) => ({ runId, verdict: "fatal", reason: `the cause of ${runId}` }) as const;

/** A home whose workspace has seen so many fatal runs. */
function homeAfter(fatals: number): { home: string; dir: string } {
  const home = join(tempDir(), "state");
  for (let nth = 1; nth <= fatals; nth++) countEnd(home, WORKSPACE, fatal(`r-${nth}`), NOW);
  return { home, dir: breakerDir(home, WORKSPACE) };
}

/** A run of the workspace; without an owner in its status it is its starter's. */
function recordOf(home: string, runId: string, owner = currentOwner()): string {
  const dir = createRecord(
    home,
    sampleRequest({ runId, workspace: WORKSPACE, starter: DEAD, socket: join(home, "sockets", runId) }),
  );
  writeStatus(dir, { version: 1, runId, state: "running", updatedAt: AT, owner });
  return dir;
}

const pass = (home: string, minutes: number, claim?: string) =>
  passBreaker(home, WORKSPACE, { now: later(minutes), ...(claim === undefined ? {} : { claim }) });
const refused = (words: RegExp) => expect.objectContaining({ kind: "refused", message: expect.stringMatching(words) });

describe("a workspace", () => {
  it("that has seen no fatal run has no file, and is let through", async () => {
    const home = tempDir();
    countEnd(home, WORKSPACE, { runId: "r-1", verdict: "done", reason: "" }, NOW);
    expect(await pass(home, 0, "r-2")).toEqual({ phase: "closed" });
    expect(readdirSync(home)).toEqual([]);
    expect(breakerView(home, WORKSPACE, NOW)).toEqual({ state: "closed", fatal_in_a_row: 0, until: null, last: [] });
  });

  it("is let through after two, and refused after three, with since when, why and until when", async () => {
    expect(await pass(homeAfter(2).home, 0)).toEqual({ phase: "closed" });
    const { home } = homeAfter(3);
    const since = NOW.toISOString();
    const until = breakerView(home, WORKSPACE, NOW).until ?? "";
    expect(Math.abs(Date.parse(until) - later(15).getTime())).toBeLessThanOrEqual(1_000);
    await expect(pass(home, 0)).rejects.toEqual(
      expect.objectContaining({
        kind: "refused",
        exitCode: 75,
        message: `3 runs in a row ended fatal in this workspace (the cause of r-1; the cause of r-2; the cause of r-3), so nothing is started here from ${since} until ${until}`,
        hint: expect.stringContaining("--force"),
      }),
    );
    expect(await passBreaker(home, "/elsewhere", { now: NOW })).toEqual({ phase: "closed" });
  });

  it("is closed again by a run that worked", async () => {
    const { home } = homeAfter(3);
    countEnd(home, WORKSPACE, { runId: "r-9", verdict: "failed", reason: "" }, NOW);
    expect(await pass(home, 0)).toEqual({ phase: "closed" });
    expect(breakerView(home, WORKSPACE, NOW)).toMatchObject({ state: "closed", fatal_in_a_row: 0 });
  });

  it("has states for its user alone, without secrets, and only the latest few", () => {
    const home = join(tempDir(), "state");
    const secret = `sk-proj-${"aB3dE5fG7h".repeat(4)}`;
    for (let nth = 1; nth <= 30; nth++)
      countEnd(home, WORKSPACE, { runId: `r-${nth}`, verdict: "fatal", reason: secret }, NOW);
    const dir = breakerDir(home, WORKSPACE);
    const names = readdirSync(dir);
    expect(names).toHaveLength(9);
    expect(names).toContain("30.json");
    const text = readFileSync(join(dir, "30.json"), "utf8");
    expect(BreakerState.parse(JSON.parse(text)).fatal_in_a_row).toBe(30);
    expect(text).not.toContain(secret);
    expect([dir, join(dir, "30.json")].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600]);
  });
});

describe("half-open", () => {
  it("says so, claims nothing for a look, and one trial for a start", async () => {
    const { home, dir } = homeAfter(3);
    expect(breakerView(home, WORKSPACE, later(15.1))).toMatchObject({ state: "half-open", until: null });
    const before = readdirSync(dir);
    expect(await pass(home, 15.1)).toEqual({ phase: "half-open" });
    expect(readdirSync(dir)).toEqual(before);
    expect(await pass(home, 15.1, "r-7")).toEqual({ phase: "half-open" });
    // Its starter, this very process, has not made its record yet.
    await expect(pass(home, 16, "r-8")).rejects.toEqual(refused(/run r-7 tries since \S+ whether Codex works again/));
    await expect(pass(home, 16)).rejects.toEqual(refused(/r-7/));
  });

  it("lets the next one through when the trial's starter died before there was a record", async () => {
    const { home, dir } = homeAfter(3);
    changeState(dir, (state) => ({ ...state, trial: { run_id: "r-7", since: momentAt(later(15)), by: DEAD } }));
    expect(await pass(home, 16, "r-8")).toEqual({ phase: "half-open" });
    expect(latestState(dir).state.trial?.run_id).toBe("r-8");
  });

  it.each<[name: string, end: (home: string) => void]>([
    ["was lost", (home) => void recordOf(home, "r-7", DEAD)],
    ["was killed", (home) => ended(home, "killed")],
    ["was cancelled", (home) => ended(home, "cancelled")],
  ])("lets the next one through when the trial %s", async (_, end) => {
    const { home } = homeAfter(3);
    await pass(home, 15.1, "r-7");
    end(home);
    expect(await pass(home, 16, "r-8")).toEqual({ phase: "half-open" });
  });

  it("that has a record which is not whole goes on for as long as its starter lives", async () => {
    const { home, dir } = homeAfter(3);
    await pass(home, 15.1, "r-7");
    rmSync(join(recordOf(home, "r-7"), "request.json"));
    await expect(pass(home, 16, "r-8")).rejects.toEqual(refused(/r-7/));
    changeState(dir, (state) => ({ ...state, trial: state.trial && { ...state.trial, by: DEAD } }));
    expect(await pass(home, 16, "r-8")).toEqual({ phase: "half-open" });
  });

  it("keeps others out while the trial goes on, and for fifteen minutes at most", async () => {
    const { home } = homeAfter(3);
    await pass(home, 15.1, "r-7");
    recordOf(home, "r-7");
    await expect(pass(home, 29, "r-8")).rejects.toEqual(refused(/r-7/));
    expect(await pass(home, 30.2, "r-8")).toEqual({ phase: "half-open" });
  });

  it("counts a trial whose receipt is there before its broker does, and once", async () => {
    const { home } = homeAfter(3);
    await pass(home, 15.1, "r-7");
    ended(home, "fatal");
    await expect(pass(home, 16, "r-8")).rejects.toEqual(refused(/^4 runs in a row/));
    countEnd(home, WORKSPACE, fatal("r-7"), later(16));
    expect(breakerView(home, WORKSPACE, later(16))).toMatchObject({ state: "open", fatal_in_a_row: 4 });
    await pass(home, 31.1, "r-9");
    ended(home, "done", "r-9");
    expect(await pass(home, 32, "r-10")).toEqual({ phase: "closed" });
  });

  const ended = (home: string, verdict: "killed" | "cancelled" | "fatal" | "done", runId = "r-7") =>
    writeReceipt(recordOf(home, runId), sampleReceipt({ run_id: runId, verdict, reason: "so it went" }));
});

describe("a file that is not ours", () => {
  it.each<[name: string, put: (path: string) => void]>([
    ["rubbish", (path) => writeFileSync(path, "rubbish")],
    ["nothing", (path) => writeFileSync(path, "")],
    ["another version", (path) => writeFileSync(path, JSON.stringify({ ...CLOSED, version: 2 }))],
    ["a count below zero", (path) => writeFileSync(path, JSON.stringify({ ...CLOSED, fatal_in_a_row: -1 }))],
    ["a directory", (path) => mkdirSync(path)],
    ["a link that leads nowhere", (path) => symlinkSync("/nowhere/at/all", path)],
  ])("(%s) is named, left alone and counts as closed, and the next state is behind it", async (_, put) => {
    const { home, dir } = homeAfter(3);
    const path = join(dir, "4.json");
    put(path);
    const passed = await pass(home, 0, "r-9");
    expect(passed).toMatchObject({ phase: "closed", problem: expect.stringContaining(path) });
    expect(breakerView(home, WORKSPACE, NOW)).toMatchObject({
      state: "closed",
      fatal_in_a_row: 0,
      problem: expect.stringContaining(path),
    });
    for (let nth = 10; nth < 30; nth++) countEnd(home, WORKSPACE, fatal(`r-${nth}`), NOW);
    expect(breakerView(home, WORKSPACE, NOW)).toMatchObject({ state: "open", fatal_in_a_row: 20 });
    expect(readdirSync(dir)).toContain("4.json");
    await expect(pass(home, 0)).rejects.toEqual(refused(/^20 runs in a row/));
  });

  it("and that is no number moves nothing", async () => {
    const { home, dir } = homeAfter(2);
    for (const name of ["notes.txt", "99.json.bak", "-3.json", "x.json"]) writeFileSync(join(dir, name), "rubbish");
    expect(await pass(home, 0)).toEqual({ phase: "closed" });
    expect(breakerView(home, WORKSPACE, NOW).fatal_in_a_row).toBe(2);
  });
});

describe("several at once", () => {
  it("lose no count, also one that was held up between its look and its word", () => {
    const { dir, home } = homeAfter(1);
    const seen = latestState(dir);
    for (let nth = 2; nth <= 20; nth++) countEnd(home, WORKSPACE, fatal(`r-${nth}`), NOW);
    rmSync(join(dir, "2.json"), { force: true });
    expect(putState(dir, seen, afterEnd(seen.state, fatal("r-21"), momentAt(NOW)))).toBe(false);
    countEnd(home, WORKSPACE, fatal("r-21"), NOW);
    expect(breakerView(home, WORKSPACE, NOW).fatal_in_a_row).toBe(21);
  });

  it("count every end of 8 processes", async () => {
    const home = join(tempDir(), "state");
    const argvs = Array.from({ length: 8 }, (_, nth) => ["end", home, WORKSPACE, `${nth}`, "2"]);
    const ends = await race(join(import.meta.dirname, "breaker-racer.ts"), argvs);
    expect(ends.map(({ code }) => code)).toEqual(argvs.map(() => 0));
    expect(breakerView(home, WORKSPACE, new Date()).fatal_in_a_row).toBe(16);
  });

  it("let exactly one of 8 processes through when it is half-open", async () => {
    const { home } = homeAfter(3);
    const argvs = Array.from({ length: 8 }, (_, nth) => [
      "start",
      home,
      WORKSPACE,
      `${nth}`,
      "3",
      later(16).toISOString(),
    ]);
    const ends = await race(join(import.meta.dirname, "breaker-racer.ts"), argvs);
    expect(ends.map(({ code }) => code)).toEqual(argvs.map(() => 0));
    expect(ends.map(({ said }) => Number(/passed (\d+)/.exec(said)?.[1])).toSorted()).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
  });
});
