import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readQueue, writeMessage } from "../../../../src/broker/store/queue.ts";
import type { Io } from "../../../../src/cli/define.ts";
import { writeStatus } from "../../../../src/run/create-record.ts";
import { TOKEN } from "../../broker/peer.ts";
import { BROKER_ID, sampleReceipt } from "../../core/samples.ts";
import { newRecord } from "../../run/new-record.ts";
import { callBroker, newPlace, openSession } from "./broker-world.ts";
import { ALIVE, DEAD, newSession, runId, type SessionSpec } from "./session-world.ts";

const STOPPED = {
  at: "2026-11-21T05:11:03.000Z",
  how: "stopped" as const,
  reason: "asked",
  processes: { killed: [], left: [], removed_dirs: [] },
};
const ended = (verdict: "done" | "unverified" | "cancelled", exit_code: number) => ({
  receipt: { verdict, exit_code },
});

describe("wait comes back at once, with the last run's code", () => {
  const REST: [name: string, spec: SessionSpec, code: number, lines: object][] = [
    ["idle", { runs: [ended("unverified", 6), ended("done", 0)] }, 0, { run_id: runId(1), verdict: "done" }],
    ["idle after a red one", { runs: [ended("unverified", 6)] }, 6, { run_id: runId(0), exit_code: "6" }],
    [
      "stopped",
      { broker: { owner: DEAD, ended: STOPPED }, runs: [ended("cancelled", 130)] },
      130,
      { run_id: runId(0), verdict: "cancelled" },
    ],
    ["lost in a run", { broker: { owner: DEAD }, runs: [{ status: { owner: DEAD } }] }, 137, { verdict: "lost" }],
    ["a one-run session that is over", { broker: false, runs: [ended("done", 0)] }, 0, { verdict: "done" }],
    ["stopped before it had a run", { broker: { owner: DEAD, ended: STOPPED } }, 130, { status: "stopped" }],
    ["lost before it had a run", { broker: { owner: DEAD } }, 137, { status: "lost", exit_code: "137" }],
  ];
  test.each(REST)("%s", async (_, spec, code, lines) => {
    const place = newPlace();
    newSession({ ...spec, ...place });
    const called = await callBroker(place.home, ["wait", BROKER_ID]);
    expect(called.lines, called.err).toMatchObject(lines);
    expect(called.code).toBe(code);
    const json = await callBroker(place.home, ["wait", "--json", BROKER_ID]);
    expect(json.code).toBe(code);
    expect(JSON.parse(json.out)).toMatchObject({ exit_code: code });
  });
});

test("wait follows the session from one run to the next, and prints the last one's receipt", async () => {
  const world = await openSession({ runs: [{}], messages: [{ state: "consumed", run_id: runId(0) }, {}] });
  const { asked, home, ref, finish } = world;
  const [, next] = readQueue(ref);
  if (!next) throw new Error("there is no second message");
  const waiting = world.say("wait", BROKER_ID);
  await expect.poll(() => asked.length).toBe(1);
  finish(runId(0));
  const { runId: second } = next.request;
  const { dir } = newRecord({ ...next.request, socket: join(home, "sockets", "b"), token: TOKEN }, home);
  writeStatus(dir, {
    version: 1,
    runId: second,
    state: "running",
    updatedAt: next.created_at,
    owner: ALIVE,
    sent: true,
  });
  writeMessage(ref, { ...next, state: "consumed", run_id: second });
  await expect.poll(() => asked.length).toBe(2);
  finish(second, { verdict: "unverified", exit_code: 6 });
  const { code, out, lines } = await waiting;
  expect(out.startsWith(`run_id=${runId(0)}\nrun_id=${second}\n`)).toBe(true);
  expect([code, lines.verdict]).toEqual([6, "unverified"]);
});

test("a question ends it, with what is asked", async () => {
  const question = { callId: "c", question: "Which?", options: ["a"], askedAt: "2026-11-21T05:11:03.000Z" };
  const receipt = sampleReceipt({
    run_id: runId(0),
    verdict: "question",
    exit_code: 4,
    question: { question: "Which?", options: ["a"] },
  });
  const { say } = await openSession(
    { runs: [{ status: { state: "waiting_input", question } }] },
    { attach: () => ({ parked: receipt }) },
  );
  const { code, out } = await say("wait", BROKER_ID);
  expect(code).toBe(4);
  expect(out).toContain("[QUESTION] Which?\n- a\n");
});

test("its own time ends it with 75, and the broker is asked for nothing", async () => {
  const { asked, say } = await openSession({ runs: [{}] });
  const { code, out, err } = await say("wait", "--timeout", "0.1", BROKER_ID);
  expect([code, out]).toEqual([75, `run_id=${runId(0)}\n`]);
  expect(err).toMatch(/still running: the session goes on; node \S+codex_broker.mjs wait b-/);
  expect(asked).toEqual([["attach"]]);
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s only detaches, and says how to come back", async (signal, code) => {
  const { asked, home } = await openSession({ runs: [{}] });
  const listeners = new Map<string, () => void>();
  const onSignal: Io["onSignal"] = (name, listener) => {
    listeners.set(name, listener);
    return () => {};
  };
  const waiting = callBroker(home, ["wait", BROKER_ID], { onSignal });
  await expect.poll(() => asked.length).toBe(1);
  listeners.get(signal)?.();
  const called = await waiting;
  expect(called.code).toBe(code);
  expect(called.err).toMatch(/detached: the session goes on; node \S+codex_broker.mjs wait b-/);
  expect(asked).toEqual([["attach"]]);
});
