import { describe, expect, it } from "vitest";
import { type Machine, THIS_MACHINE } from "../../../src/sys/machine.ts";
import { currentOwner, isAlive, ownerOf } from "../../../src/sys/owner.ts";
import { findMarked, listProcesses, readProcess } from "../../../src/sys/process-table.ts";

const ROWS = [
  "    1     0 Ss   Sat Nov 21 08:00:01 2026     /sbin/launchd",
  "  501     1 S    Sat Nov 21 20:56:45 2026     /Applications/Some App.app/Contents/MacOS/Some App",
  "  502   501 Z    Tue Dec  1 07:06:05 2026     (node)",
].join("\n");

/** A Mac in memory: what its `ps` and `sysctl` print, by their options. */
function mac(said: Record<string, string>): Machine & { ran: string[][] } {
  const ran: string[][] = [];
  return {
    platform: "darwin",
    ran,
    now: () => 0,
    exists: () => true,
    read(command, args) {
      ran.push([command, ...args]);
      return Object.entries(said).find(([word]) => args.includes(word))?.[1] ?? "";
    },
  };
}

describe("the process table of a Mac", () => {
  it("is read from ps: a name may have blanks, a day one digit", () => {
    expect(listProcesses(mac({ "-axo": ROWS }))).toEqual([
      { pid: 1, ppid: 0, session: 0, startTime: "Sat Nov 21 08:00:01 2026", zombie: false, name: "/sbin/launchd" },
      {
        pid: 501,
        ppid: 1,
        session: 0,
        startTime: "Sat Nov 21 20:56:45 2026",
        zombie: false,
        name: "/Applications/Some App.app/Contents/MacOS/Some App",
      },
      { pid: 502, ppid: 501, session: 0, startTime: "Tue Dec  1 07:06:05 2026", zombie: true, name: "(node)" },
    ]);
  });

  it.each([
    ["nothing", ""],
    ["words", "ps: operation not permitted\n"],
  ])("is empty where ps says %s", (_, text) => {
    expect(listProcesses(mac({ "-axo": text }))).toEqual([]);
    expect(readProcess(501, mac({ "-p": text }))).toBeUndefined();
  });

  it("is asked for in one language and one time zone: start times are compared as text", () => {
    const machine = mac({ "-p": ROWS.split("\n")[1] ?? "" });
    expect(readProcess(501, machine)?.pid).toBe(501);
    expect(machine.ran[0]?.slice(0, 4)).toEqual(["/usr/bin/env", "LC_ALL=C", "TZ=UTC0", "ps"]);
  });

  it("is the same for callers of every language and time zone, by the ps of this machine", () => {
    const here: Machine = { ...THIS_MACHINE, platform: "darwin" };
    const row = readProcess(process.pid, here);
    expect(row).toMatchObject({ pid: process.pid, ppid: process.ppid, zombie: false });
    expect(row?.startTime).toMatch(/^[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \d{4}$/);
    expect(listProcesses(here).map(({ pid }) => pid)).toContain(process.ppid);
    const abroad: Machine = {
      ...here,
      read: (command, args) => here.read("/usr/bin/env", ["LC_ALL=de_DE.UTF-8", "TZ=Asia/Tokyo", command, ...args]),
    };
    expect(readProcess(process.pid, abroad)).toEqual(row);
  });

  it("has the environment behind the command: the whole entry counts, the last one too", () => {
    const said = {
      "-axEww":
        "  501 node x.js A=1 ASK_CODEX_RUN=r-1 B=2\n  502 node ASK_CODEX_RUN=r-10\n  503 node ASK_CODEX_RUN=r-1",
      "-p": ROWS.split("\n")[1] ?? "",
    };
    const machine = mac(said);
    expect(findMarked("ASK_CODEX_RUN", ["r-1"], machine)).toHaveLength(2);
    expect(machine.ran.flatMap((words) => (words.includes("-p") ? [words.at(-1)] : []))).toEqual(["501", "503"]);
  });
});

describe("an owner on a Mac", () => {
  const row = (pid: number) => `${pid} 1 S Sat Nov 21 20:56:45 2026 node`;

  it("has the id of the boot, which stays when the clock is set", () => {
    const said = { "-p": row(501), "kern.bootsessionuuid": "5E1F-UUID\n", "kern.boottime": "{ sec = 1 }\n" };
    const owner = ownerOf(501, mac(said));
    expect(owner).toEqual({ pid: 501, startTime: "Sat Nov 21 20:56:45 2026", bootId: "5E1F-UUID" });
    const later = mac({ ...said, "kern.boottime": "{ sec = 2 }\n" });
    expect(owner && isAlive(owner, later)).toBe(true);
    expect(owner && isAlive(owner, mac({ ...said, "kern.bootsessionuuid": "ANOTHER\n" }))).toBe(false);
  });

  it("has the boot's time where there is no id", () => {
    const machine = mac({ "-p": row(process.pid), "kern.boottime": "{ sec = 1 }\n" });
    expect(currentOwner(machine).bootId).toBe("{ sec = 1 }");
  });
});
