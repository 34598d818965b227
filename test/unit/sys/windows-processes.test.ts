import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { learnSystemRoot, systemTool } from "../../../src/core/system-tool.ts";
import { findMarked, listProcesses, readProcess } from "../../../src/sys/process-table.ts";
import { killCommand, parseTable, tableCommand, treeBelow } from "../../../src/sys/windows-processes.ts";
import { tempDir } from "./temp-dir.ts";
import { moment, printed, windowsMachine } from "./windows-machine.ts";

describe("the table that PowerShell prints", () => {
  const row = (over: object = {}) => ({ pid: 8, ppid: 4, born: moment(1), name: "node.exe", ...over });
  const read = { pid: 8, ppid: 4, session: 0, startTime: moment(1), zombie: false, name: "node.exe" };

  it.each<[string, string, unknown[]]>([
    ["a list", JSON.stringify([row(), row({ pid: 9 })]), [read, { ...read, pid: 9 }]],
    ["one process, which PowerShell may print without a list", JSON.stringify(row()), [read]],
    ["a mark at the start and lines behind", `\uFEFF${JSON.stringify([row()])}\r\n`, [read]],
    ["System, which has no birth", JSON.stringify([row({ born: "" })]), [{ ...read, startTime: "" }]],
    ["a process without a name", JSON.stringify([row({ name: null })]), [{ ...read, name: "" }]],
    [
      "a name with everything in it",
      JSON.stringify([row({ name: 'ä "b" [x].exe' })]),
      [{ ...read, name: 'ä "b" [x].exe' }],
    ],
    ["a row that is none among others", JSON.stringify([row({ born: "21.11.2026 20:56:45" }), row()]), [read]],
    ["a pid as text", JSON.stringify([row({ pid: "8" })]), []],
    ["nothing, for PowerShell could not be run", "", []],
    ["words instead", "Get-CimInstance : Zugriff verweigert\r\n", []],
    ["a list cut off", JSON.stringify([row()]).slice(0, -3), []],
    ["null", "null", []],
  ])("%s", (_, text, rows) => {
    expect(parseTable(text)).toEqual(rows);
  });

  it("is asked for by a whole path, and by a script in one word that names no language's words", () => {
    const { command, args } = tableCommand();
    expect(command).toBe("C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe");
    expect(args.slice(0, -1)).toEqual(["-NoLogo", "-NoProfile", "-NonInteractive", "-EncodedCommand"]);
    const script = Buffer.from(args.at(-1) ?? "", "base64").toString("utf16le");
    expect(script).toContain("Get-CimInstance -ClassName Win32_Process");
    expect(script).toContain("ToUniversalTime().Ticks");
    // A command line of Windows ends at 32,767 characters, and older shells pass 8,191.
    expect(args.join(" ").length).toBeLessThan(8_000);
  });
});

describe("a tree", () => {
  const pids = (roots: number[], ...rows: ReturnType<typeof printed>[]) =>
    treeBelow(roots, parseTable(JSON.stringify(rows))).map((row) => row.pid);

  it.each<[string, number[], number[]]>([
    [
      "is a process and all below it, parents first",
      pids([1], printed(3, 2, 3), printed(2, 1, 2), printed(1, 0, 1)),
      [1, 2, 3],
    ],
    ["is empty where the root is gone, whoever has it for a parent", pids([1], printed(2, 1, 2)), []],
    ["has nobody who is older than what bears its parent's id now", pids([1], printed(1, 0, 5), printed(2, 1, 2)), [1]],
    ["has whoever is younger by 100 ns", pids([1], printed(1, 0, 5), printed(2, 1, 6)), [1, 2]],
    ["has a child of which no birth is known", pids([1], printed(1, 0, 5), { ...printed(2, 1, 0), born: "" }), [1, 2]],
    ["ends in a circle", pids([1], printed(1, 2, 1), printed(2, 1, 1)), [1, 2]],
    ["of a process that is its own parent", pids([0], printed(0, 0, 1)), [0]],
  ])("%s", (_, found, expected) => {
    expect(found).toEqual(expected);
  });
});

describe("one process", () => {
  it("is read from the table, and one that is not there costs no look", () => {
    const machine = windowsMachine(printed(7, 1, 1, "codex.exe"));
    expect(readProcess(7, machine)).toMatchObject({ pid: 7, ppid: 1, startTime: moment(1), name: "codex.exe" });
    expect(readProcess(8, machine)).toBeUndefined();
    expect(machine.looks()).toBe(1);
  });

  it("is remembered for two seconds, but never beyond its end", () => {
    const machine = windowsMachine(printed(7, 1, 1), printed(8, 1, 1));
    for (const pid of [7, 8, 7]) expect(readProcess(pid, machine)?.pid).toBe(pid);
    expect(machine.looks()).toBe(1);
    machine.rows = [printed(8, 1, 1)];
    expect(readProcess(7, machine)).toBeUndefined();
    machine.clock += 2_000;
    machine.rows = [printed(8, 1, 9)];
    expect(readProcess(8, machine)?.startTime).toBe(moment(9));
    expect(machine.looks()).toBe(2);
  });

  it("that came after the last look is looked for", () => {
    const machine = windowsMachine(printed(7, 1, 1));
    readProcess(7, machine);
    machine.rows.push(printed(9, 1, 2));
    expect(readProcess(9, machine)?.startTime).toBe(moment(2));
  });

  it("is known to be there where PowerShell can't be run, and no more", () => {
    const machine = windowsMachine(printed(7, 1, 1));
    machine.answers = false;
    expect(readProcess(7, machine)).toMatchObject({ pid: 7, startTime: "" });
    expect(readProcess(8, machine)).toBeUndefined();
    expect(listProcesses(machine)).toEqual([]);
  });

  it("is found by nothing in its environment", () => {
    expect(findMarked("ASK_CODEX_RUN", ["r-1"], windowsMachine(printed(7, 1, 1)))).toEqual([]);
  });
});

describe("the system's own programs", () => {
  afterEach(() => learnSystemRoot({}));

  it.each<[string, NodeJS.ProcessEnv, string]>([
    ["lie where the environment says", { SystemRoot: "D:\\WINNT" }, "D:\\WINNT\\System32\\taskkill.exe"],
    ["in whatever case it says it", { SYSTEMROOT: "D:\\W" }, "D:\\W\\System32\\taskkill.exe"],
    ["where they usually lie, if it does not", {}, "C:\\Windows\\System32\\taskkill.exe"],
    ["not in a relative place", { SystemRoot: "Windows" }, "C:\\Windows\\System32\\taskkill.exe"],
    ["not in another machine's share", { SystemRoot: "\\\\evil\\share" }, "C:\\Windows\\System32\\taskkill.exe"],
    ["not in a path as Git Bash writes it", { SystemRoot: "/c/Windows" }, "C:\\Windows\\System32\\taskkill.exe"],
  ])("%s", (_, env, path) => {
    learnSystemRoot(env);
    expect(systemTool("taskkill.exe")).toBe(path);
  });

  it("are given their options as words, which no shell has had in its hands: Git Bash makes a path of /PID", () => {
    const dir = tempDir();
    const shim = join(dir, "taskkill.exe");
    writeFileSync(shim, `#!/usr/bin/env node\nconsole.log(JSON.stringify(process.argv.slice(2)));\n`);
    chmodSync(shim, 0o755);
    const { command, args } = killCommand([7, 12]);
    expect(command).toBe("C:\\Windows\\System32\\taskkill.exe");
    const said = spawnSync(shim, args, { encoding: "utf8" }).stdout;
    expect(JSON.parse(said)).toEqual(["/PID", "7", "/PID", "12", "/T", "/F"]);
  });
});
