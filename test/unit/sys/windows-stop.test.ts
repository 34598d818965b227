import { describe, expect, it } from "vitest";
import { currentOwner, isAlive, ownerOf } from "../../../src/sys/owner.ts";
import { blindSweep, hasStrays, lookBelow, stillRoots, stopProcesses } from "../../../src/sys/stop-processes.ts";
import { moment, printed, windowsMachine } from "./windows-machine.ts";

const CODEX = printed(10, 1, 10, "codex.exe");
const SERVER = printed(11, 10, 11, "mcp.exe");
const CHILD = printed(12, 11, 12, "node.exe");
const OTHER = printed(20, 1, 5, "explorer.exe");
const MARKERS = ["r-1"];

const left = (machine: { rows: { pid: number }[] }) => machine.rows.map((row) => row.pid);

describe("to stop on Windows", () => {
  it("ends a tree, names what it ended, and touches nobody else", async () => {
    const machine = windowsMachine(OTHER, CODEX, SERVER, CHILD);
    const report = await stopProcesses({ markers: MARKERS, roots: [10] }, 0, machine);
    expect(report).toEqual({ killed: ["codex.exe (10)", "mcp.exe (11)", "node.exe (12)"], left: [] });
    expect(left(machine)).toEqual([20]);
    const kills = machine.ran.filter(([command]) => command?.endsWith("taskkill.exe"));
    expect(kills).toEqual([
      ["C:\\Windows\\System32\\taskkill.exe", "/PID", "10", "/PID", "11", "/PID", "12", "/T", "/F"],
    ]);
  });

  it("ends what lived below a root that went by itself, by the look that was taken before", async () => {
    const machine = windowsMachine(OTHER, CODEX, SERVER, CHILD);
    const seen = lookBelow([10], machine);
    machine.rows = [OTHER, SERVER, CHILD];
    expect((await stopProcesses({ markers: MARKERS, roots: [10], seen }, 0, machine)).killed).toEqual([
      "mcp.exe (11)",
      "node.exe (12)",
    ]);
    expect(left(machine)).toEqual([20]);
  });

  it("leaves alone who has got the id of one that is gone", async () => {
    const machine = windowsMachine(CODEX, SERVER);
    const seen = lookBelow([10], machine);
    const stranger = printed(11, 1, 99, "word.exe");
    machine.rows = [stranger, printed(10, 1, 98, "excel.exe")];
    expect(await stopProcesses({ markers: MARKERS, roots: [], seen }, 0, machine)).toEqual({ killed: [], left: [] });
    expect(await stopProcesses({ markers: MARKERS, roots: [10], seen }, 0, machine)).toEqual({ killed: [], left: [] });
    expect(left(machine)).toEqual([11, 10]);
  });

  it("does nothing, and looks at nothing, where there is no root", async () => {
    const machine = windowsMachine(OTHER);
    expect(await stopProcesses({ markers: MARKERS }, 0, machine)).toEqual({ killed: [], left: [] });
    expect(machine.ran).toEqual([]);
  });

  it("says who would not end", async () => {
    const machine = windowsMachine(CODEX, SERVER);
    machine.deaf.add(11);
    const stopped = stopProcesses({ markers: MARKERS, roots: [10] }, 0, machine);
    machine.clock += 2_000;
    expect((await stopped).left).toEqual(["mcp.exe (11)"]);
  });

  it("leaves the tree to taskkill where there is no table", async () => {
    const machine = windowsMachine(CODEX, SERVER);
    machine.answers = false;
    expect(await stopProcesses({ markers: MARKERS, roots: [10] }, 0, machine)).toEqual({
      killed: ["process (10)"],
      left: [],
    });
    expect(left(machine)).toEqual([]);
  });

  it("never ends this very process", async () => {
    const me = printed(process.pid, 1, 1, "node.exe");
    const machine = windowsMachine(me);
    await stopProcesses({ markers: MARKERS, roots: [process.pid] }, 0, machine);
    machine.answers = false;
    await stopProcesses({ markers: MARKERS, roots: [process.pid] }, 0, machine);
    expect(left(machine)).toEqual([process.pid]);
  });

  it("claims no more than it can see", () => {
    expect(hasStrays({ markers: MARKERS, roots: [] }, "win32")).toBe(true);
    expect(blindSweep("win32")).toContain("is not known");
    expect(blindSweep("linux")).toBeUndefined();
    expect(blindSweep("darwin")).toBeUndefined();
  });
});

describe("an owner on Windows", () => {
  it("is a process and the moment of its birth, which tells boots apart too", () => {
    const machine = windowsMachine(CODEX);
    const owner = ownerOf(10, machine);
    expect(owner).toEqual({ pid: 10, startTime: moment(10), bootId: "windows" });
    expect(owner && isAlive(owner, machine)).toBe(true);
    machine.rows = [];
    expect(owner && isAlive(owner, machine)).toBe(false);
  });

  it("is dead when its id is somebody else's", () => {
    const machine = windowsMachine(CODEX);
    const owner = { pid: 10, startTime: moment(9), bootId: "windows" };
    expect(isAlive(owner, machine)).toBe(false);
    expect(stillRoots(owner, machine)).toEqual([]);
  });

  it("is not called dead because PowerShell could not be asked, now or then; but its tree is not ended either", () => {
    const machine = windowsMachine(CODEX);
    const [known, unknown] = [moment(10), ""].map((startTime) => ({ pid: 10, startTime, bootId: "windows" }));
    expect(unknown && isAlive(unknown, machine)).toBe(true);
    expect(stillRoots(unknown, machine)).toEqual([]);
    const mute = windowsMachine(CODEX);
    mute.answers = false;
    expect(known && isAlive(known, mute)).toBe(true);
    expect(stillRoots(known, mute)).toEqual([]);
    expect(stillRoots(known, machine)).toEqual([10]);
    mute.rows = [];
    expect(known && isAlive(known, mute)).toBe(false);
  });

  it("is this process, and one look is enough for as long as it lives", () => {
    const machine = windowsMachine(printed(process.pid, 1, 3, "node.exe"));
    const me = currentOwner(machine);
    expect(me).toEqual({ pid: process.pid, startTime: moment(3), bootId: "windows" });
    machine.clock += 60_000;
    expect(currentOwner(machine)).toEqual(me);
    expect(machine.looks()).toBe(1);
  });
});
