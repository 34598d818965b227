import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Io } from "../../../src/cli/define.ts";
import { runCommand } from "../../../src/cli/main.ts";
import { runs } from "../../../src/commands/runs/runs.ts";
import type { Receipt, RunStatus } from "../../../src/core/record.ts";
import type { Owner, RunRequest } from "../../../src/core/request.ts";
import { writeStatus } from "../../../src/run/create-record.ts";
import { writeReceipt } from "../../../src/run/record.ts";
import { currentOwner, ownerOf } from "../../../src/sys/owner.ts";
import { sampleIo } from "../cli/sample-command.ts";
import { sampleReceipt } from "../core/samples.ts";
import { newRecord } from "../run/new-record.ts";
import { endWithTest } from "../sys/children.ts";
import { tempDir } from "../sys/temp-dir.ts";

export const ALIVE: Owner = currentOwner();
export const DEAD: Owner = { ...ALIVE, pid: 2 ** 30 };
export const runId = (number: number): string => `r-20261121-0511${String(number).padStart(2, "0")}-aaaa`;

/** A Claude Code session: its id, and its process. */
export interface Session {
  session: string;
  owner: Owner | null;
}

/** A session of its own: a process that lives as long as the test. */
export function liveSession(session: string): Session {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  endWithTest(child.pid ?? 0);
  return { session, owner: ownerOf(child.pid ?? 0) ?? null };
}

/** The environment of a command that a session runs; null: a terminal. */
export const envOf = (home: string, caller: Session | null): NodeJS.ProcessEnv => ({
  ASK_CODEX_HOME: home,
  ...(caller === null
    ? {}
    : {
        CLAUDE_CODE_SESSION_ID: caller.session,
        ...(caller.owner === null ? {} : { CLAUDE_PID: String(caller.owner.pid) }),
      }),
});

export interface Called {
  code: number;
  out: string;
  err: string;
}

/** What `inbox --json` prints. */
export interface Inbox {
  items: { run_id: string; what: string; verdict: string | null; [key: string]: unknown }[];
  more: number;
  ack: string | null;
}

export interface World {
  home: string;
  workspace: string;
  /** A run of this session, null: of none, undefined: that somebody waits for. */
  start(id: string, claude: Session | null | undefined, over?: Partial<RunRequest>): string;
  note(id: string, status: Partial<RunStatus>): void;
  end(id: string, receipt?: Partial<Receipt>): void;
  /** One that has ended. */
  ended(id: string, claude: Session | null | undefined, receipt?: Partial<Receipt>): string;
  call(caller: Session | null, argv: readonly string[], over?: Partial<Io>): Promise<Called>;
  inbox(caller: Session | null, ...argv: string[]): Promise<Inbox>;
  /** The ids alone. */
  ids(caller: Session | null, ...argv: string[]): Promise<string[]>;
}

/** A workspace and a state home with runs in it, as their brokers leave them. */
export function newWorld(place?: { home: string; workspace: string }): World {
  const root = tempDir();
  const { home, workspace } = place ?? { home: join(root, "state"), workspace: join(root, "a project") };
  mkdirSync(workspace, { recursive: true });
  const dirs = new Map<string, string>();
  const dirOf = (id: string) => dirs.get(id) ?? "";
  const world: World = {
    home,
    workspace,
    start(id, claude, over = {}) {
      const background = claude === undefined ? {} : { background: { claude, maxParallel: 4, notBefore: null } };
      const { dir } = newRecord({ runId: id, workspace, ...background, ...over }, home);
      dirs.set(id, dir);
      world.note(id, {});
      return dir;
    },
    note: (id, status) =>
      writeStatus(dirOf(id), {
        version: 1,
        runId: id,
        state: "running",
        updatedAt: new Date().toISOString(),
        owner: ALIVE,
        ...status,
      }),
    end: (id, receipt = {}) =>
      writeReceipt(dirOf(id), sampleReceipt({ run_id: id, workspace, record: dirOf(id), ...receipt })),
    ended(id, claude, receipt) {
      const dir = world.start(id, claude);
      world.end(id, receipt);
      return dir;
    },
    async call(caller, argv, over = {}) {
      const io = sampleIo(argv, { cwd: workspace, env: envOf(home, caller), ...over });
      const code = await runCommand(runs, io);
      await new Promise((resolve) => setImmediate(resolve));
      return { code, out: io.out(), err: io.err() };
    },
    async inbox(caller, ...argv) {
      const { code, out, err } = await world.call(caller, ["inbox", "--json", ...argv]);
      if (code !== 0) throw new Error(`exit ${code}: ${err}`);
      return JSON.parse(out);
    },
    ids: async (caller, ...argv) => (await world.inbox(caller, ...argv)).items.map((item) => item.run_id),
  };
  return world;
}

export const QUESTION = {
  callId: "call/1",
  question: "Which database?",
  options: ["postgres", "sqlite"],
  askedAt: "2026-11-21T05:11:03.000Z",
};
