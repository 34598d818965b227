import { describe, expect, test } from "vitest";
import { resolveSession, resolveTask } from "../../../src/commands/ask/resolve-session.ts";
import { sessionOf } from "../../../src/commands/broker/session-of.ts";
import { claimTask } from "../../../src/run/task-claim.ts";
import { BROKER_ID, RUN_ID, THREAD_ID } from "../core/samples.ts";
import { DEAD, newSession, runId, type SessionSpec } from "./broker/session-world.ts";

const IDLE: SessionSpec = { runs: [{ receipt: {} }] };
const LINE = { line: { brokerId: BROKER_ID, socket: "/state/sockets/b", token: "t", live: true } };
const QUESTION = { callId: "c", question: "Which?", options: [], askedAt: "2026-11-21T05:11:03.000Z" };

describe("the session that --session names", () => {
  test.each([BROKER_ID, THREAD_ID, runId(0)])("is found by %s, with the broker that it has", async (id) => {
    const { home } = newSession(IDLE);
    const found = await resolveSession(home, id);
    expect(found).toMatchObject({ session: { broker_id: BROKER_ID }, brokers: 1, ...LINE });
    expect(found?.waiting).toBeUndefined();
  });

  test.each<[string, SessionSpec, number]>([
    ["whose broker died", { ...IDLE, broker: { owner: DEAD } }, 1],
    ["that never was live", { ...IDLE, broker: false }, 0],
  ])("%s has no line, and goes on by itself", async (_, spec, brokers) => {
    const { home } = newSession(spec);
    const found = await resolveSession(home, BROKER_ID);
    expect(found).toMatchObject({ session: { broker_id: BROKER_ID }, brokers });
    expect(found).not.toHaveProperty("line");
  });

  test.each<[string, SessionSpec, RegExp]>([
    ["in a run", { runs: [{}] }, /run r-\S+ is running/],
    ["between two runs", { ...IDLE, messages: [{ state: "consumed", run_id: runId(0) }, {}] }, /b-\S+ is running/],
    ["in a run of ask_codex", { broker: false, runs: [{}] }, /run r-\S+ is running/],
    ["before its first run", { session: false }, /b-\S+ is queued/],
    ["before its first thread", { session: false, runs: [{ status: { sent: false } }] }, /run r-\S+ is running/],
  ])("is refused (75) while it is at work: %s", async (_, spec, sentence) => {
    const { home } = newSession({
      ...spec,
      messages: spec.messages ?? (spec.broker === false ? [] : [{ state: "consumed", run_id: runId(0) }]),
    });
    await expect(resolveSession(home, BROKER_ID)).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringMatching(sentence),
    });
  });

  test("that asks is answered at its run, and takes what comes too late as a message", async () => {
    const { home, dir } = newSession({ runs: [{ status: { state: "waiting_input", question: QUESTION } }] });
    expect(await resolveSession(home, THREAD_ID)).toMatchObject({
      waiting: { runId: runId(0), dir: dir(runId(0)), line: { token: "t" } },
      ...LINE,
    });
  });

  test("whose first run ended without a thread is told all of it again", async () => {
    const { home } = newSession({
      session: false,
      runs: [{ receipt: { verdict: "fatal", session_id: null } }],
      messages: [{ state: "consumed", run_id: runId(0) }],
    });
    expect(await resolveSession(home, BROKER_ID)).toMatchObject({ session: { runs: [], session_id: null }, ...LINE });
  });

  test.each([
    [THREAD_ID, true],
    [undefined, undefined],
  ])("is adopted where its first run, which has no end yet, goes on with a thread (%s)", async (threadId, adopted) => {
    const { view } = newSession({
      broker: false,
      session: false,
      runs: [{ request: threadId === undefined ? {} : { threadId } }],
    });
    expect(sessionOf(await view())?.adopted).toBe(adopted);
  });

  test("is a thread of Codex's where no record knows it; every other word is bad input", async () => {
    const { home } = newSession({ ...IDLE, broker: { name: "cache" } });
    expect(await resolveSession(home, "01a1fc85-0ba0-7dc1-9e6f-000000000000")).toBeUndefined();
    for (const word of ["nobody", "b-20261121-051103-none", "r-20261121-051103-none", "../x"])
      await expect(resolveSession(home, word)).rejects.toMatchObject({ kind: "usage" });
  });
});

describe("the session of a task", () => {
  const claimed = (spec: SessionSpec) => {
    const world = newSession(spec);
    const claim = { version: 1 as const, task_id: "U1", run_id: runId(0), broker_id: BROKER_ID };
    claimTask(world.home, world.workspace, claim, 0);
    return world;
  };

  test("is the one of its latest run, with its broker", async () => {
    const { home, workspace } = claimed(IDLE);
    expect(await resolveTask(home, workspace, "U1")).toMatchObject({ after: 1, brokers: 1, ...LINE });
    expect(await resolveTask(home, workspace, "U2")).toEqual({ session: undefined, waiting: undefined, after: 0 });
  });

  test("is busy before its first run has a record", async () => {
    const { home, workspace } = claimed({ session: false, messages: [{}] });
    await expect(resolveTask(home, workspace, "U1")).rejects.toMatchObject({ kind: "refused" });
  });

  test("is a new one where the old one left nothing but its claim", async () => {
    const { home, workspace } = newSession(IDLE);
    claimTask(home, workspace, { version: 1, task_id: "U1", run_id: RUN_ID, broker_id: "b-20261121-051103-gone" }, 0);
    expect(await resolveTask(home, workspace, "U1")).toEqual({ session: undefined, waiting: undefined, after: 1 });
  });
});
