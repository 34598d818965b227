import type { Machine } from "../../../src/sys/machine.ts";

/** A row as PowerShell prints it. */
export interface Printed {
  pid: number;
  ppid: number;
  born: string;
  name: string;
}

/** A moment as Windows counts it: in 100 ns, so that neighbours differ in the last digits alone. */
export const moment = (after: number): string => String(638_993_808_000_000_000n + BigInt(after));

export const printed = (pid: number, ppid: number, born: number, name = `p${pid}.exe`): Printed => ({
  pid,
  ppid,
  born: moment(born),
  name,
});

export interface WindowsMachine extends Machine {
  /** The processes that live; taskkill takes them away. */
  rows: Printed[];
  /** Every command that was run, as words. */
  ran: string[][];
  /** How often the table was asked for. */
  looks(): number;
  /** Whether PowerShell may be run. */
  answers: boolean;
  /** Ids that taskkill can't end. */
  deaf: Set<number>;
  clock: number;
}

/** A Windows in memory: it answers the two commands that we run there, as their documentation says. */
export function windowsMachine(...rows: Printed[]): WindowsMachine {
  const machine: WindowsMachine = {
    platform: "win32",
    rows: [...rows],
    ran: [],
    answers: true,
    deaf: new Set(),
    clock: 0,
    looks: () => machine.ran.filter(([command]) => command?.endsWith("powershell.exe")).length,
    now: () => machine.clock,
    exists: (pid) => machine.rows.some((row) => row.pid === pid),
    read(command, args) {
      machine.ran.push([command, ...args]);
      machine.clock += 10;
      if (command.endsWith("powershell.exe")) return machine.answers ? JSON.stringify(machine.rows) : "";
      const asked = args.flatMap((word, at) => (word === "/PID" ? [Number(args[at + 1])] : []));
      const gone = new Set(asked.filter((pid) => !machine.deaf.has(pid)));
      if (args.includes("/T"))
        for (const pid of gone)
          for (const row of machine.rows) if (row.ppid === pid && !machine.deaf.has(row.pid)) gone.add(row.pid);
      machine.rows = machine.rows.filter((row) => !gone.has(row.pid));
      return "";
    },
  };
  return machine;
}
