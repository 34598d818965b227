import { rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { latestBroker } from "../../../../src/broker/store/broker-record.ts";
import { readQueue } from "../../../../src/broker/store/queue.ts";
import { BROKER_ID, NO_POWER, THREAD_ID } from "../../core/samples.ts";
import { callBroker, newPlace } from "./broker-world.ts";
import { ALIVE, DEAD, newSession, runId, type SessionSpec } from "./session-world.ts";

const ENDED = {
  at: "2026-11-21T05:11:03.000Z",
  how: "stopped" as const,
  reason: "asked",
  processes: { killed: [], left: [], removed_dirs: [] },
};
const DONE = { receipt: {} };

/** A machine with a Codex, on which a broker is gone as soon as it is started. */
function newMachine(spec: SessionSpec) {
  const place = newPlace();
  const session = newSession({ ...spec, ...place });
  const env = { ASK_CODEX_BIN: process.execPath };
  const resume = (...argv: string[]) => callBroker(place.home, ["resume", ...argv], { env, brokerProgram: ["-e", ""] });
  return { ...place, ...session, resume };
}

test("a session gets a new broker: same thread, same power, same name, and what waited goes on", async () => {
  const broker = { owner: DEAD, ended: ENDED, name: "cache", key: "k", idle_exit_ms: 7, socket: "/s", token: "old" };
  const session = { power: NO_POWER, role: "scout" as const };
  const { ref, resume } = newMachine({ broker, session, runs: [DONE], messages: [{ state: "consumed" }, {}] });
  const { code, err, lines } = await resume("cache", "and now the docs");
  expect([code, err]).toEqual([0, ""]);
  expect(lines).toMatchObject({ broker_id: BROKER_ID, session_id: THREAD_ID, interrupted: "none", queue: "2" });
  const latest = latestBroker(ref);
  expect(latest).toMatchObject({ number: 2, record: { name: "cache", key: "k", idle_exit_ms: 7, starter: ALIVE } });
  expect(latest?.record.token).not.toBe("old");
  expect(readQueue(ref).map(({ number, state }) => [number, state])).toEqual([
    [1, "consumed"],
    [2, "queued"],
    [3, "queued"],
  ]);
  expect(readQueue(ref).at(-1)?.request).toMatchObject({
    live: true,
    threadId: THREAD_ID,
    power: NO_POWER,
    packet: { goal: "and now the docs", role: "scout" },
    token: latest?.record.token,
  });
});

test("the run that was lost is named, and counted where Codex never heard of it", async () => {
  const lost = (sent: boolean): SessionSpec => ({
    broker: { owner: DEAD },
    runs: [{ status: { owner: DEAD, sent } }],
    messages: [{ state: "consumed", run_id: runId(0) }, {}],
  });
  expect((await newMachine(lost(true)).resume(BROKER_ID)).lines).toMatchObject({ interrupted: runId(0), queue: "1" });
  expect((await newMachine(lost(false)).resume(BROKER_ID)).lines).toMatchObject({ interrupted: runId(0), queue: "2" });
});

test("--idle-exit is the new broker's", async () => {
  const { ref, resume } = newMachine({ broker: { owner: DEAD, ended: ENDED }, runs: [DONE] });
  expect((await resume("--idle-exit", "0", "--json", BROKER_ID)).code).toBe(0);
  expect(latestBroker(ref)?.record.idle_exit_ms).toBe(0);
});

test("the session of an ask_codex is made live", async () => {
  const { ref, resume } = newMachine({ broker: false, runs: [DONE] });
  const { code, out } = await resume("--json", runId(0));
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ broker_id: BROKER_ID, session_id: THREAD_ID, interrupted: null, queue: 0 });
  expect(latestBroker(ref)).toMatchObject({ number: 1, record: { name: null, idle_exit_ms: 1_800_000 } });
});

describe("75 and who holds it, where", () => {
  test.each<[string, SessionSpec]>([
    ["it is live", { broker: { owner: ALIVE }, runs: [DONE] }],
    ["it is at work", { broker: { owner: ALIVE }, runs: [{}] }],
    ["a run of ask_codex has it", { broker: false, runs: [{}] }],
  ])("%s", async (_, spec) => {
    const { ref, resume } = newMachine(spec);
    const before = latestBroker(ref)?.number;
    const { code, out, err } = await resume(BROKER_ID, "more");
    expect([code, out]).toEqual([75, ""]);
    expect(err).toMatch(new RegExp(`held by the broker process ${process.pid} since 20\\d\\d-`));
    expect(err).toMatch(/\n {2}hint: codex_broker send b-/);
    expect([latestBroker(ref)?.number, readQueue(ref)]).toEqual([before, []]);
  });

  test("another one was faster", async () => {
    const { ref, resume } = newMachine({ broker: { owner: DEAD, ended: ENDED }, runs: [DONE] });
    const both = await Promise.all([resume(BROKER_ID, "one"), resume(BROKER_ID, "two")]);
    expect(both.map((one) => one.code).sort()).toEqual([0, 75]);
    expect(latestBroker(ref)?.number).toBe(2);
    expect(readQueue(ref)).toHaveLength(1);
  });
});

describe("64, where", () => {
  test("there never was a thread", async () => {
    const { resume } = newMachine({ broker: false, session: false, runs: [{ receipt: { session_id: null } }] });
    const { code, err } = await resume(BROKER_ID, "more");
    expect([code, err]).toEqual([64, expect.stringMatching(/Codex never got as far as a thread/)]);
  });

  test("the workspace is gone", async () => {
    const { workspace, resume } = newMachine({ broker: { owner: DEAD, ended: ENDED }, runs: [DONE] });
    rmSync(workspace, { recursive: true });
    expect((await resume(BROKER_ID)).err).toMatch(/the workspace .* is not there any more/);
  });

  test("an option is for a message, and there is none", async () => {
    const { ref, resume } = newMachine({ broker: { owner: DEAD, ended: ENDED }, runs: [DONE] });
    const { code, err } = await resume("--verify", "true", BROKER_ID);
    expect([code, latestBroker(ref)?.number]).toEqual([64, 1]);
    expect(err).toMatch(/--verify is for a message, and there is none/);
  });

  test("more power is asked for", async () => {
    const { ref, resume } = newMachine({ broker: { owner: DEAD, ended: ENDED }, runs: [DONE] });
    const { code, err } = await resume("--network", BROKER_ID, "more");
    expect([code, latestBroker(ref)?.number]).toEqual([64, 1]);
    expect(err).toMatch(/keeps what it was started with.*--network/);
  });
});
