import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  descendantsOf,
  findByEnvironment,
  listProcesses,
  type ProcessRow,
  readProcess,
} from "../../../src/sys/process-table.ts";
import { isGone, makeZombie, runFile, runNegligent, runScript, until } from "./children.ts";
import { tempDir } from "./temp-dir.ts";

/** Longer than any pid can be, so nobody's. */
const NO_PID = 2 ** 30;

describe("a process", () => {
  it("is read with its parent and its start", () => {
    const row = readProcess(process.pid);
    expect(row).toMatchObject({ pid: process.pid, ppid: process.ppid, zombie: false });
    expect(row?.startTime).not.toBe("");
    expect(readProcess(process.pid)).toEqual(row);
  });

  it("has another start time than its parent", async () => {
    const child = await runScript("echo $$; read x", {}, 1);
    expect(readProcess(child.pid)).toMatchObject({ ppid: process.pid });
    expect(readProcess(child.pid)?.startTime).not.toBe(readProcess(process.pid)?.startTime);
  });

  it("that does not exist is undefined", () => {
    expect(readProcess(NO_PID)).toBeUndefined();
  });

  it.each(["a) b (c", "((x", "x) R 1", "a b"])("may be called %j", async (name) => {
    const file = join(tempDir(), name);
    writeFileSync(file, "#!/bin/sh\necho $$\nread x\n", { mode: 0o700 });
    const child = await runFile(file, [], {}, 1);
    const row = readProcess(child.pid);
    expect(basename(row?.name ?? "")).toBe(name);
    expect(row).toMatchObject({ pid: child.pid, ppid: process.pid, zombie: false });
    expect(row?.startTime).toMatch(/^\d+$/);
  });

  it("that is dead and not yet waited for is a zombie", async () => {
    const { parent, child } = await runNegligent();
    await makeZombie(child);
    expect(readProcess(child)).toMatchObject({ pid: child, ppid: parent, zombie: true });
    expect(process.kill(child, 0)).toBe(true);
  });
});

describe("the table", () => {
  it("has this process and its children", async () => {
    const child = await runScript("echo $$; read x", {}, 1);
    const pids = listProcesses().map((row) => row.pid);
    expect(pids).toContain(process.pid);
    expect(pids).toContain(child.pid);
    expect(new Set(pids).size).toBe(pids.length);
  });
});

describe("descendants", () => {
  const row = (pid: number, ppid: number): ProcessRow => ({
    pid,
    ppid,
    session: 0,
    startTime: "1",
    zombie: false,
    name: "x",
  });
  const TABLE = [row(5, 4), row(1, 0), row(4, 2), row(2, 1), row(3, 1), row(9, 8)];

  it.each<[string, number[], number[]]>([
    ["of the root", [1], [1, 2, 3, 4, 5]],
    ["of a branch, parents first", [2], [2, 4, 5]],
    ["of a leaf", [3], [3]],
    ["of nobody", [], []],
    ["of one who is gone", [7], []],
    ["of one who is gone but has left a child", [8], []],
    ["of two, each once", [4, 2], [2, 4, 5]],
  ])("%s", (_, roots, pids) => {
    const found = descendantsOf(roots, TABLE).map((one) => one.pid);
    expect([...found].sort()).toEqual([...pids].sort());
    for (const one of found.filter((each) => !roots.includes(each))) {
      const parent = TABLE.find((each) => each.pid === one)?.ppid ?? 0;
      if (found.includes(parent)) expect(found.indexOf(parent)).toBeLessThan(found.indexOf(one));
    }
  });

  it("end in a table that is a circle", () => {
    expect(descendantsOf([1], [row(1, 2), row(2, 1)])).toHaveLength(2);
    expect(descendantsOf([1], [row(1, 1)])).toHaveLength(1);
  });
});

describe("by environment", () => {
  const NAME = "ASK_CODEX_UNIT";
  const value = `v-${process.pid}`;

  it("finds the whole entry and no part of one", async () => {
    const script = "echo $$; read x";
    const [wanted] = await Promise.all([
      runScript(script, { FIRST: "1", [NAME]: value, LAST: "1" }, 1),
      runScript(script, { [NAME]: `${value}x` }, 1),
      runScript(script, { [`X${NAME}`]: value }, 1),
      runScript(script, { OTHER: `${NAME}=${value}` }, 1),
    ]);
    expect(findByEnvironment(NAME, value).map((row) => row.pid)).toEqual([wanted.pid]);
  });

  it("finds what has left its tree", async () => {
    const mark = `${value}-orphan`;
    const child = await runScript("setsid sleep 60 >&2 & echo $!; echo $$; sleep 0.02", { [NAME]: mark }, 2);
    const [orphan = 0] = child.pids;
    await until(() => isGone(child.pid) && readProcess(orphan)?.name === "sleep");
    expect(findByEnvironment(NAME, mark)).toMatchObject([{ pid: orphan, name: "sleep" }]);
    expect(readProcess(orphan)?.ppid).not.toBe(process.pid);
  });

  it("finds nothing where nothing is", () => {
    expect(findByEnvironment(NAME, `${value}-nobody`)).toEqual([]);
  });
});
