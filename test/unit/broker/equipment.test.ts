import { existsSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Equipment, equipRun, equipSession } from "../../../src/broker/equipment.ts";
import type { RunEvent } from "../../../src/core/event.ts";
import type { Owner, RunRequest } from "../../../src/core/request.ts";
import { appServerCommand } from "../../../src/engine/app-server/command.ts";
import type { CodexSource } from "../../../src/run/codex-source.ts";
import { createRecord } from "../../../src/run/create-record.ts";
import { writeSession } from "../../../src/run/session-record.ts";
import { codexEnvironment, RUN_MARKER } from "../../../src/sys/environment.ts";
import { makePrivateDir } from "../../../src/sys/files.ts";
import { isAlive, ownerOf } from "../../../src/sys/owner.ts";
import { sessionDir, temporaryDir } from "../../../src/sys/paths.ts";
import { findByEnvironment } from "../../../src/sys/process-table.ts";
import { type PipedProcess, spawnPiped } from "../../../src/sys/spawn.ts";
import { codexBinary, inLab, type Lab, until } from "../../kit/lab.ts";
import { NO_POWER, sampleRequest, sampleSession, THREAD_ID } from "../core/samples.ts";

/** Whoever else is tested now ends what carries the ids of the samples. */
const letters = (): string => Math.random().toString(36).slice(2, 6).padEnd(4, "a");
const RUNS = letters().slice(1);
const runId = (number: number): string => `r-20261121-051103-${number}${RUNS}`;

/** The equipment of a broker in this process, with the real Codex. */
interface World {
  lab: Lab;
  brokerId: string;
  equipment: Equipment;
  early: PipedProcess | undefined;
  /** Which Codex it said that it has, in order. */
  processes: (Owner | null)[];
  prepare(number: number, over?: Partial<RunRequest>): ReturnType<Equipment["prepare"]>;
}

type Kind = "session" | "run";

function inWorld(kind: Kind, body: (world: World) => Promise<void>, options: { early?: boolean } = {}): Promise<void> {
  return inLab({}, async (lab) => {
    const brokerId = `b-20261121-051103-${letters()}`;
    const codex = { command: codexBinary(), args: [], native: true };
    const marker = kind === "session" ? brokerId : runId(1);
    const codexEnv = codexEnvironment(lab.env, marker);
    const early = options.early ? spawnPiped(appServerCommand(codex, lab.workspace, codexEnv)) : undefined;
    const processes: (Owner | null)[] = [];
    const about = {
      home: lab.home,
      codexEnv,
      started: early,
      onProcess: (process: Owner | null) => void processes.push(process),
    };
    const equipment = kind === "session" ? equipSession(about) : equipRun(about);
    const { workspace, home } = lab;
    makePrivateDir(sessionDir(home, workspace, brokerId));
    try {
      await body({
        lab,
        brokerId,
        equipment,
        early,
        processes,
        async prepare(number, over = {}) {
          const live = kind === "session";
          const socket = join(home, "sockets", "s");
          const ids = { brokerId, runId: runId(number) };
          const request = sampleRequest({ ...ids, workspace, codex, enginePinned: true, live, socket, ...over });
          return equipment.prepare(createRecord(home, request), request);
        },
      });
    } finally {
      await equipment.close();
    }
  });
}

async function take(codex: CodexSource) {
  const events: RunEvent[] = [];
  const { thread, fallback } = await codex.take({
    hooks: { onEvent: (event) => void events.push(event), onRaw() {}, onStderr() {} },
    onThread() {},
    unlessStopped: (work) => work,
  });
  const [pid = 0] = thread.roots;
  return { thread, fallback, pid, owner: ownerOf(pid), events, giveBack: () => codex.giveBack(thread, false) };
}

const NOTHING = { killed: [], left: [], removed_dirs: [] };
const temporary = ({ lab }: World): string[] =>
  existsSync(join(lab.home, "tmp")) ? readdirSync(join(lab.home, "tmp")) : [];

describe("the equipment of a session", () => {
  it("is the same power and the same Codex for every run, and all of it goes in the end", () =>
    inWorld("session", async (world) => {
      const { prepare, equipment, brokerId, lab, processes } = world;
      const first = await prepare(1);
      const one = await take(first.codex);
      expect(one.events.find(({ type }) => type === "thread")).toMatchObject({
        profile: expect.stringContaining("ask_codex_b"),
      });
      expect(temporary(world)).toEqual([brokerId]);
      expect(await one.giveBack()).toEqual({ killed: [], left: [] });
      expect(first.power.close()).toEqual([]);

      const second = await prepare(2);
      const two = await take(second.codex);
      expect([two.pid, two.thread]).toEqual([one.pid, one.thread]);
      expect(second.power.policy).toBe(first.power.policy);
      expect(temporary(world)).toEqual([brokerId]);
      expect(existsSync(join(sessionDir(lab.home, lab.workspace, brokerId), "made.json"))).toBe(true);
      await two.giveBack();
      expect(processes).toEqual([one.owner]);

      expect(await equipment.close()).toEqual(NOTHING);
      expect(one.owner && isAlive(one.owner)).toBe(false);
      expect(processes).toEqual([one.owner, null]);
      expect(temporary(world)).toEqual([]);
      expect(existsSync(join(sessionDir(lab.home, lab.workspace, brokerId), "made.json"))).toBe(false);
    }));

  it.each<[what: string, over: Partial<RunRequest>]>([
    ["another power", { power: NO_POWER }],
    ["other paths that it may not read", { deny: ["**/*.private"] }],
  ])("is anew for a run that asks for %s, and the old Codex is gone by then", (_, over) =>
    inWorld("session", async (world) => {
      const first = await world.prepare(1);
      const one = await take(first.codex);
      await one.giveBack();
      const second = await world.prepare(2, over);
      expect(one.owner && isAlive(one.owner)).toBe(false);
      expect(second.power.policy).not.toEqual(first.power.policy);
      const two = await take(second.codex);
      expect(two.pid).not.toBe(one.pid);
      expect(temporary(world)).toEqual([world.brokerId]);
      await two.giveBack();
    }),
  );

  it("begins with the Codex that was started before all else", () =>
    inWorld(
      "session",
      async ({ prepare, early }) => {
        const one = await take((await prepare(1)).codex);
        expect(one.pid).toBe(early?.pid);
        await one.giveBack();
      },
      { early: true },
    ));

  it("begins with another Codex where that one has died, and with no lesser engine", () =>
    inWorld(
      "session",
      async ({ prepare, early }) => {
        early?.kill("SIGKILL");
        await early?.exited;
        const one = await take((await prepare(1, { enginePinned: false })).codex);
        expect(one.pid).not.toBe(early?.pid);
        expect([one.thread.engine, one.fallback]).toEqual(["app-server", undefined]);
        await one.giveBack();
      },
      { early: true },
    ));

  it("begins no new thread in the place of an adopted one that Codex has lost", () =>
    inWorld("session", async ({ lab, brokerId, prepare }) => {
      const { workspace, home } = lab;
      writeSession(home, sampleSession({ broker_id: brokerId, workspace, runs: [runId(1)], adopted: true }));
      const { codex } = await prepare(1, { threadId: THREAD_ID });
      await expect(take(codex)).rejects.toThrow(/no session/i);
    }));

  it("leaves nothing of a Codex that no run has taken", () =>
    inWorld(
      "session",
      async ({ equipment, early }) => {
        const owner = early?.pid === undefined ? undefined : ownerOf(early.pid);
        expect(owner && isAlive(owner)).toBe(true);
        const { killed, left } = await equipment.close();
        expect([killed.length, left]).toEqual([1, []]);
        expect(owner && isAlive(owner)).toBe(false);
        expect(await equipment.close()).toEqual(NOTHING);
      },
      { early: true },
    ));

  it("can't be where its power can't be opened, and its Codex waits for a run that can", () =>
    inWorld(
      "session",
      async ({ lab, prepare, early }) => {
        symlinkSync(lab.dir, join(lab.home, "tmp"));
        await expect(prepare(1)).rejects.toThrow(/can't use the directory/);
        rmSync(join(lab.home, "tmp"));
        const one = await take((await prepare(2)).codex);
        expect(one.pid).toBe(early?.pid);
        await one.giveBack();
      },
      { early: true },
    ));
});

describe("the equipment of one run", () => {
  it("goes with the run", () =>
    inWorld("run", async (world) => {
      const { power, codex } = await world.prepare(1);
      const one = await take(codex);
      expect(temporary(world)).toEqual([runId(1)]);
      expect(world.processes).toEqual([one.owner]);
      await one.giveBack();
      expect(one.owner && isAlive(one.owner)).toBe(false);
      power.close();
      expect(temporary(world)).toEqual([]);
      expect(await world.equipment.close()).toEqual(NOTHING);
    }));

  it("is anew for a message behind it: a Codex that is found by that run's id", () =>
    inWorld("run", async (world) => {
      const first = await world.prepare(1);
      const one = await take(first.codex);
      await one.giveBack();
      first.power.close();
      const two = await take((await world.prepare(2)).codex);
      expect(two.pid).not.toBe(one.pid);
      expect(findByEnvironment(RUN_MARKER, runId(2)).map((row) => row.pid)).toContain(two.pid);
      expect(findByEnvironment(RUN_MARKER, runId(1))).toEqual([]);
      expect(temporary(world)).toEqual([runId(2)]);
      await two.giveBack();
    }));

  it("is ended where the run never came to take it", () =>
    inWorld(
      "run",
      async (world) => {
        const { equipment, early } = world;
        await world.prepare(1);
        expect(temporary(world)).toEqual([runId(1)]);
        expect((await equipment.close()).killed).toHaveLength(1);
        await until(() => early?.pid === undefined || ownerOf(early.pid) === undefined);
        expect(temporary(world)).toEqual([]);
      },
      { early: true },
    ));

  it("is ended where its power could not be opened", () =>
    inWorld(
      "run",
      async ({ lab, prepare, equipment }) => {
        symlinkSync(lab.dir, join(lab.home, "tmp"));
        await expect(prepare(1)).rejects.toThrow(/can't use the directory/);
        expect((await equipment.close()).killed).toHaveLength(1);
      },
      { early: true },
    ));
});

it("a temporary directory of a session is its own", () =>
  inWorld("session", async ({ lab, brokerId, prepare }) => {
    const { power } = await prepare(1);
    expect(power.policy.commandEnv.TMPDIR).toBe(temporaryDir(lab.home, brokerId));
  }));
