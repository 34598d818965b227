import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { brokerPath, latestBroker, writeBroker } from "../../../../src/broker/store/broker-record.ts";
import { readWaiting } from "../../../../src/broker/store/queue.ts";
import { readSessionView } from "../../../../src/broker/store/read-session.ts";
import { newBrokerId } from "../../../../src/core/ids.ts";
import type { BrokerRecord, SessionState } from "../../../../src/core/session.ts";
import { readReceipt } from "../../../../src/run/record.ts";
import { commandsMarker, RUN_MARKER } from "../../../../src/sys/environment.ts";
import { ownerOf } from "../../../../src/sys/owner.ts";
import { readProcess } from "../../../../src/sys/process-table.ts";
import { canMount, onSmallDisk } from "../../../kit/small-disk.ts";
import { sampleBrokerRecord } from "../../core/samples.ts";
import { fingerprint } from "../../policy/temp-repo.ts";
import { isGone, runScript, until } from "../../sys/children.ts";
import { race } from "../../sys/race.ts";
import { tempDir } from "../../sys/temp-dir.ts";
import { ALIVE, DEAD, END, LONG_AGO, newSession, OTHER_BOOT, runId, WORKSPACE } from "./new-session.ts";

const NAMESAKE = { ...ALIVE, startTime: "1" };
const DIED = "the broker died";
const NEVER = "the broker never started";
const RESTARTED = "the machine was restarted while the broker was at work";

interface Row {
  row: string;
  record: Partial<BrokerRecord>;
  /** The record was written long ago. */
  old?: boolean;
  brokerPid?: number;
  state: SessionState;
  reason?: string;
}

const ROWS: Row[] = [
  { row: "its broker lives", record: { owner: ALIVE }, state: "queued" },
  { row: "its broker lives, for long", record: { owner: ALIVE }, old: true, state: "queued" },
  { row: "its broker is dead", record: { owner: DEAD }, state: "lost", reason: DIED },
  {
    row: "its broker is dead, its starter lives",
    record: { owner: DEAD, starter: ALIVE },
    state: "lost",
    reason: DIED,
  },
  { row: "the pid of its broker is another process", record: { owner: NAMESAKE }, state: "lost", reason: DIED },
  { row: "its broker lived before the reboot", record: { owner: OTHER_BOOT }, state: "lost", reason: RESTARTED },
  { row: "its broker comes up", record: { owner: null, starter: ALIVE }, state: "queued" },
  { row: "its broker comes up, and takes long", record: { owner: null, starter: ALIVE }, old: true, state: "queued" },
  { row: "its starter went a moment ago", record: { owner: null, starter: DEAD }, state: "queued" },
  { row: "its starter went long ago", record: { owner: null, starter: DEAD }, old: true, state: "lost", reason: NEVER },
  {
    row: "its starter went before the reboot",
    record: { owner: null, starter: OTHER_BOOT },
    old: true,
    state: "lost",
    reason: RESTARTED,
  },
  {
    row: "our own broker comes up",
    record: { owner: null, starter: DEAD },
    old: true,
    brokerPid: process.pid,
    state: "queued",
  },
  {
    row: "our own broker is gone already",
    record: { owner: null, starter: ALIVE },
    brokerPid: 2 ** 30,
    state: "lost",
    reason: NEVER,
  },
  { row: "its broker lives, whatever we started", record: { owner: ALIVE }, brokerPid: 2 ** 30, state: "queued" },
  { row: "it ended before its broker died", record: { owner: DEAD, ended: END }, state: "stopped", reason: END.reason },
];

describe("a session", () => {
  it.each(ROWS)("$row: $state", async ({ record, old, brokerPid, state, reason }) => {
    const { ref, broker } = newSession();
    broker(record);
    if (old) utimesSync(brokerPath(ref, 1), LONG_AGO, LONG_AGO);
    const view = await readSessionView(ref, brokerPid);
    expect(view.state).toBe(state);
    expect(view.broker?.record.ended?.reason).toBe(reason);
    expect(latestBroker(ref)).toEqual(view.broker);
    expect(view.broker?.record).toMatchObject(state === "lost" ? { ...record, ended: { how: "lost" } } : record);
  });
});

/** A session whose broker died while a run of it was at work. */
function diedAtWork(record: Partial<BrokerRecord> = {}, brokerId = newBrokerId(new Date()), home?: string) {
  const made = newSession({ brokerId, ...(home === undefined ? {} : { home }) });
  made.broker({ owner: DEAD, ...record });
  made.message(1, { state: "consumed", run_id: runId(1) });
  made.message(2);
  made.run(runId(1), { state: "running", owner: record.owner ?? DEAD, threadId: "t", sent: true }, { live: true });
  return { ...made, brokerId };
}

describe("a session that is lost", () => {
  it("has its last run lost, and what waits in it waits on", async () => {
    const { ref } = diedAtWork();
    const view = await readSessionView(ref);
    expect(view).toMatchObject({ state: "lost", run: { runId: runId(1), view: { state: "ended" } } });
    expect(readReceipt(view.run?.dir ?? "")).toMatchObject({ verdict: "lost", session_id: "t" });
    expect(view.waiting.map(({ number }) => number)).toEqual([2]);
    expect(readWaiting(ref)).toEqual(view.waiting);
  });

  it("is lost once: the second reader reads what the first wrote, and writes nothing", async () => {
    const { ref, home } = diedAtWork();
    const first = await readSessionView(ref);
    const before = fingerprint(home);
    expect(await readSessionView(ref)).toEqual(first);
    expect(fingerprint(home)).toEqual(before);
  });

  it("has a run lost too that its broker had just made", async () => {
    const { ref, broker, message, run } = newSession({ brokerId: newBrokerId(new Date()) });
    broker({ owner: DEAD });
    message(1);
    const dir = run(runId(1), { state: "queued" }, { live: true, starter: ALIVE });
    const view = await readSessionView(ref);
    expect(view).toMatchObject({ state: "lost", run: { runId: runId(1) } });
    expect(view.waiting.map(({ number }) => number)).toEqual([1]);
    expect(readReceipt(dir)?.verdict).toBe("lost");
  });

  it("says of a run that was only half made nothing", async () => {
    const { ref, broker, message } = newSession({ brokerId: newBrokerId(new Date()) });
    broker({ owner: DEAD });
    message(1);
    mkdirSync(join(ref.workspaceKeyDir, "runs", runId(1)), { recursive: true });
    expect(await readSessionView(ref)).toMatchObject({ state: "lost", run: undefined, waiting: [{ number: 1 }] });
  });

  it("has no temporary directory left, nor what was made in the workspace", async () => {
    const workspace = tempDir();
    const { ref, home, dir, broker } = newSession({ workspace, brokerId: newBrokerId(new Date()) });
    broker({ owner: DEAD });
    const kept = [join(workspace, "kept")];
    const made = [join(workspace, "new"), join(workspace, "new", "sub")];
    for (const path of [...kept, made[1] ?? "", join(home, "tmp", ref.brokerId, "x"), join(home, "tmp", "r-other")])
      mkdirSync(path, { recursive: true });
    writeFileSync(join(workspace, "kept", "file"), "");
    writeFileSync(join(dir, "made.json"), JSON.stringify([...kept, ...made]));
    const view = await readSessionView(ref);
    expect(view.broker?.record.ended?.processes.removed_dirs).toEqual([join("new", "sub"), "new"]);
    expect(readdirSync(workspace)).toEqual(["kept"]);
    expect(readdirSync(join(home, "tmp"))).toEqual(["r-other"]);
    expect(existsSync(join(dir, "made.json"))).toBe(false);
  });

  it("is lost though a list of what was made can't be read", async () => {
    const { ref, dir } = diedAtWork();
    writeFileSync(join(dir, "made.json"), "rubbish");
    expect((await readSessionView(ref)).state).toBe("lost");
  });

  it("that comes back is told of as it ends then", async () => {
    const { ref, broker } = newSession({ brokerId: newBrokerId(new Date()) });
    broker({ owner: null, starter: DEAD });
    utimesSync(brokerPath(ref, 1), LONG_AGO, LONG_AGO);
    expect((await readSessionView(ref)).broker?.record.ended?.reason).toBe(NEVER);
    const record = sampleBrokerRecord({ broker_id: ref.brokerId });
    writeBroker(ref, 1, { ...record, owner: ALIVE });
    expect((await readSessionView(ref)).state).toBe("queued");
    writeBroker(ref, 1, { ...record, owner: DEAD });
    expect((await readSessionView(ref)).broker?.record.ended?.reason).toBe(DIED);
  });
});

describe("the processes of a session that is lost", () => {
  it("are ended, wherever they are", async () => {
    const brokerId = newBrokerId(new Date());
    const codex = await runScript("exec sleep 60", { [RUN_MARKER]: brokerId });
    const stray = await runScript("setsid sleep 60 >&2 & echo $!; wait", { [RUN_MARKER]: commandsMarker(brokerId) }, 1);
    const unmarked = await runScript("sleep 60 >&2 & echo $!; wait", {}, 1);
    const pids = [codex.pid, stray.pid, ...stray.pids, unmarked.pid, ...unmarked.pids];
    await until(() => [codex.pid, ...stray.pids, ...unmarked.pids].every((pid) => readProcess(pid)?.name === "sleep"));
    const { ref } = diedAtWork({ codex_process: ownerOf(unmarked.pid) ?? null }, brokerId);
    const ended = (await readSessionView(ref)).broker?.record.ended;
    expect(pids.filter((pid) => !isGone(pid))).toEqual([]);
    expect(ended?.processes.left).toEqual([]);
    for (const pid of pids) expect(ended?.processes.killed.join()).toContain(`(${pid})`);
  });

  it.each<[what: string, record: (pid: number) => Partial<BrokerRecord>]>([
    ["after a reboot", (pid) => ({ owner: OTHER_BOOT, codex_process: { ...OTHER_BOOT, pid } })],
    ["after a reboot that came before its broker", () => ({ owner: null, starter: OTHER_BOOT })],
  ])("are not looked for %s", async (_, record) => {
    const brokerId = newBrokerId(new Date());
    const child = await runScript("exec sleep 60", { [RUN_MARKER]: brokerId });
    await until(() => readProcess(child.pid)?.name === "sleep");
    const { ref, broker } = newSession({ brokerId });
    broker(record(child.pid));
    utimesSync(brokerPath(ref, 1), LONG_AGO, LONG_AGO);
    expect((await readSessionView(ref)).broker?.record.ended?.processes.killed).toEqual([]);
    expect(isGone(child.pid)).toBe(false);
  });

  it("are not those of another, and not one that has the pid of its Codex now", async () => {
    const other = await runScript("exec sleep 60", { [RUN_MARKER]: `${newBrokerId(new Date())}x` });
    const namesake = await runScript("exec sleep 60", {});
    const { ref } = diedAtWork({ codex_process: { ...DEAD, pid: namesake.pid } });
    expect((await readSessionView(ref)).broker?.record.ended?.processes.killed).toEqual([]);
    expect([other, namesake].map(({ pid }) => isGone(pid))).toEqual([false, false]);
  });

  it("are left alone while its broker lives", async () => {
    const brokerId = newBrokerId(new Date());
    const child = await runScript("exec sleep 60", { [RUN_MARKER]: brokerId });
    const { ref, broker } = newSession({ brokerId });
    broker({ codex_process: ownerOf(child.pid) ?? null });
    await readSessionView(ref);
    expect(isGone(child.pid)).toBe(false);
  });
});

it("8 readers at once tell the same, and it stays so", async () => {
  const brokerId = newBrokerId(new Date());
  const child = await runScript("setsid sleep 60 >&2 & echo $!; wait", { [RUN_MARKER]: brokerId }, 1);
  await until(() => readProcess(child.pids[0] ?? 0)?.name === "sleep");
  const { ref, home } = diedAtWork({}, brokerId);
  const argvs = Array.from({ length: 8 }, () => [home, WORKSPACE, brokerId, "3"]);
  const ends = await race(join(import.meta.dirname, "view-racer.ts"), argvs);
  expect(ends.map(({ code }) => code)).toEqual(argvs.map(() => 0));
  const seen: unknown[] = ends.flatMap(({ said }) => JSON.parse(/seen (.*)/.exec(said)?.[1] ?? "[]"));
  expect(seen).toHaveLength(24);
  const ended = latestBroker(ref)?.record.ended;
  expect(ended).toMatchObject({ how: "lost", reason: DIED });
  expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(1);
  expect(seen[0]).toEqual({ state: "lost", ended, run: runId(1), verdict: "lost" });
  expect([child.pid, ...child.pids].every(isGone)).toBe(true);
  expect(readdirSync(join(ref.workspaceKeyDir, "sessions", brokerId, "brokers")).sort()).toEqual([
    "1.json",
    "1.lost.json",
  ]);
});

describe.runIf(canMount())("a reader on a broken disk", () => {
  it.each<[what: string, readOnly: boolean]>([
    ["that is full", false],
    ["that is read-only", true],
  ])("%s says what is true, each time, and keeps it when it can", async (_, readOnly) => {
    const home = join(tempDir(), "state");
    await onSmallDisk(home, 1024 * 1024, async (disk) => {
      const { ref, dir } = diedAtWork({}, newBrokerId(new Date()), home);
      writeFileSync(join(dir, "made.json"), "[]");
      const before = readFileSync(brokerPath(ref, 1), "utf8");
      disk.fill(0);
      if (readOnly) disk.makeReadOnly();
      for (let look = 0; look < 2; look++) {
        const view = await readSessionView(ref);
        expect(view).toMatchObject({ state: "lost", broker: { record: { ended: { how: "lost", reason: DIED } } } });
        expect(view.run?.view).toMatchObject({ state: "ended", receipt: { verdict: "lost" } });
        expect(readFileSync(brokerPath(ref, 1), "utf8")).toBe(before);
      }
      if (readOnly) return;
      disk.empty();
      const view = await readSessionView(ref);
      expect(latestBroker(ref)?.record.ended).toEqual(view.broker?.record.ended);
      expect(readReceipt(view.run?.dir ?? "")?.verdict).toBe("lost");
    });
  });
});
