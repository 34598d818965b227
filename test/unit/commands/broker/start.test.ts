import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { latestBroker, sessionDir, sessionRef } from "../../../../src/broker/store/broker-record.ts";
import { claimKey, readKey } from "../../../../src/broker/store/keys.ts";
import { readQueue } from "../../../../src/broker/store/queue.ts";
import { claimTask } from "../../../../src/run/task-claim.ts";
import { workspaceDir } from "../../../../src/sys/paths.ts";
import { BROKER_ID, NO_POWER, RUN_ID } from "../../core/samples.ts";
import { callBroker, newPlace } from "./broker-world.ts";
import { ALIVE, DEAD, newSession, runId } from "./session-world.ts";

/** A machine with a Codex, on which a broker is gone as soon as it is started. */
function newMachine() {
  const place = newPlace();
  const { home, workspace } = place;
  const env = { ASK_CODEX_BIN: process.execPath };
  const start = (...argv: string[]) =>
    callBroker(home, ["start", ...argv], { cwd: workspace, env, brokerProgram: ["-e", ""] });
  const refOf = (brokerId: string) => sessionRef(home, workspace, brokerId);
  const sessions = () => {
    const dir = join(workspaceDir(home, workspace), "sessions");
    return existsSync(dir) ? readdirSync(dir) : [];
  };
  return { ...place, start, refOf, sessions };
}

test("start writes the session down before its broker is started, and says its ids", async () => {
  const { home, start, refOf, workspace } = newMachine();
  const options = ["--name", "the cache", "--idle-exit", "1.5", "--read-only", "--verify", "npm test"];
  const { code, lines, err } = await start(...options, "look around");
  expect([code, err]).toEqual([0, ""]);
  const ref = refOf(lines.broker_id ?? "");
  const [message, ...more] = readQueue(ref);
  const { request } = message ?? {};
  expect(more).toEqual([]);
  expect(message).toMatchObject({ number: 1, state: "queued", delivery: "queue", text: "look around" });
  expect(request).toMatchObject({
    runId: lines.run_id,
    brokerId: lines.broker_id,
    live: true,
    workspace,
    power: NO_POWER,
    packet: { role: "scout", goal: "look around", verify: ["npm test"] },
    socket: join(home, "sockets", lines.broker_id ?? ""),
  });
  expect(latestBroker(ref)).toMatchObject({
    number: 1,
    record: {
      name: "the cache",
      key: null,
      workspace,
      idle_exit_ms: 90_000,
      engine: "app-server",
      socket: request?.socket,
      token: request?.token,
      codex: { command: process.execPath },
      env: [],
    },
  });
  expect(request?.token).toMatch(/^[0-9a-f]{32}$/);
  expect(statSync(sessionDir(ref)).mode & 0o777).toBe(0o700);
  expect(statSync(join(sessionDir(ref), "broker.log")).mode & 0o777).toBe(0o600);
  // Nothing brought this one up.
  expect(lines).toMatchObject({ status: "lost", next: expect.stringContaining(`resume ${lines.broker_id}`) });
  expect(lines.session_id).toBeUndefined();
});

test("with --json it is one object, and what is warned of goes to stderr", async () => {
  const { start } = newMachine();
  const { code, out, err } = await start("--json", "--env", "NO_SUCH_NAME", "look around; the tests must pass");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual({
    broker_id: expect.stringMatching(/^b-/),
    session_id: null,
    run_id: expect.stringMatching(/^r-/),
    status: "lost",
    started: true,
    next: expect.stringContaining("codex_broker.mjs resume b-"),
  });
  expect(err).toBe("warning: --env NO_SUCH_NAME: there is no such variable\n");
});

test("--dry-run shows the prompt and the power, and writes nothing", async () => {
  const { home, start } = newMachine();
  const { code, out } = await start("--dry-run", "--read-only", "--key", "k", "look around");
  expect(code).toBe(0);
  expect(out).toMatch(/^dry run: nothing was started\n.*power=may write nothing.*look around/s);
  expect(existsSync(home)).toBe(false);
});

describe("a key", () => {
  test("starts one session, and names it from then on, whatever else is said", async () => {
    const { home, workspace, start, refOf, sessions } = newMachine();
    const first = await start("--key", "unit 3 ü", "look around");
    const { broker_id = "", run_id } = first.lines;
    expect(first.lines.started).toBeUndefined();
    writeFileSync(join(workspace, "packet.md"), "---\nnon_goals: [x]\n---\nDo it.\n");
    for (const other of [["something else"], ["--packet", join(workspace, "packet.md"), "--task-id", "U1"]]) {
      const again = await start("--key", "unit 3 ü", ...other);
      expect([again.code, again.err]).toEqual([0, ""]);
      expect(again.lines).toMatchObject({ broker_id, run_id, started: "false", status: "lost" });
    }
    expect(sessions()).toEqual([broker_id]);
    expect(latestBroker(refOf(broker_id))?.number).toBe(1);
    expect(JSON.parse((await start("--json", "--key", "unit 3 ü", "x")).out)).toMatchObject({
      broker_id,
      started: false,
    });
    expect(readKey(workspaceDir(home, workspace), "unit 3 ü")).toBe(broker_id);
  });

  test("that many start with at once starts one; the others leave nothing behind", async () => {
    const { start, sessions } = newMachine();
    const all = await Promise.all(Array.from({ length: 6 }, () => start("--key", "k", "look around")));
    expect(new Set(all.map((one) => one.lines.broker_id)).size).toBe(1);
    expect(all.map((one) => one.lines.started).filter((started) => started === undefined)).toHaveLength(1);
    expect(sessions()).toEqual([all[0]?.lines.broker_id]);
  });

  test("whose session is gone begins it anew, under its id", async () => {
    const { start, refOf } = newMachine();
    claimKey(refOf(BROKER_ID), "k");
    const { code, lines } = await start("--key", "k", "look around");
    expect([code, lines.broker_id, lines.started]).toEqual([0, BROKER_ID, undefined]);
    expect(latestBroker(refOf(BROKER_ID))?.number).toBe(1);
  });

  test("is given back where the task is another's", async () => {
    const { home, workspace, start, refOf, sessions } = newMachine();
    // Somebody takes the task after it was seen to be free.
    const claim = { version: 1 as const, task_id: "U1", run_id: RUN_ID, broker_id: BROKER_ID };
    claimTask(home, workspace, claim, 0);
    newSession({ home, workspace, broker: false, runs: [{ id: RUN_ID }] });
    const { code, err } = await start("--key", "k", "--task-id", "U1", "look around");
    expect(code).toBe(75);
    expect(err).toMatch(/the task U1 is busy/);
    expect(readKey(refOf("").workspaceKeyDir, "k")).toBeUndefined();
    expect(sessions()).toEqual([`${BROKER_ID}.json`]);
  });
});

describe("an old session", () => {
  test("goes on as a live one with the power it had, behind the brokers that it had", async () => {
    const { home, workspace, start, refOf } = newMachine();
    newSession({
      home,
      workspace,
      broker: false,
      session: { power: NO_POWER, role: "scout" },
      runs: [{ receipt: {} }],
    });
    const { code, lines, err } = await start("--session", runId(0).slice(0, -2), "and now the docs");
    expect([code, err]).toEqual([0, ""]);
    expect(lines.broker_id).toBe(BROKER_ID);
    const ref = refOf(BROKER_ID);
    expect(latestBroker(ref)).toMatchObject({ number: 1, record: { broker_id: BROKER_ID } });
    expect(readQueue(ref).map(({ request }) => [request.power, request.threadId !== undefined])).toEqual([
      [NO_POWER, true],
    ]);
    const again = await start("--session", BROKER_ID, "--name", "again", "and more");
    expect(again.code).toBe(0);
    expect(latestBroker(ref)).toMatchObject({ number: 2, record: { name: "again" } });
    expect((await start("--session", BROKER_ID, "--role", "writer", "write")).code).toBe(64);
    expect(latestBroker(ref)?.number).toBe(2);
  });

  test.each([
    ["is live", {}, { receipt: {} }, /is live: it is held by the broker process \d+ since .*\n.*codex_broker send/],
    ["is at work", {}, {}, /is live: it is held by the broker process/],
  ])("that %s is refused (75), and nothing is written", async (_, broker, run, sentence) => {
    const { home, workspace, start, refOf } = newMachine();
    newSession({ home, workspace, broker: { owner: ALIVE, ...broker }, runs: [run] });
    const { code, err, out } = await start("--session", BROKER_ID, "more");
    expect(err).toMatch(sentence);
    expect([code, out]).toEqual([75, ""]);
    expect(latestBroker(refOf(BROKER_ID))?.number).toBe(1);
    expect(readQueue(refOf(BROKER_ID))).toEqual([]);
  });

  test("that another one takes in the same moment is refused, and says that it was not this one", async () => {
    const { home, workspace, start, refOf } = newMachine();
    newSession({ home, workspace, broker: { owner: DEAD }, runs: [{ receipt: {} }] });
    const both = await Promise.all([start("--session", BROKER_ID, "one"), start("--session", BROKER_ID, "two")]);
    expect(both.map((one) => one.code).sort()).toEqual([0, 75]);
    expect(both.find((one) => one.code === 75)?.err).toMatch(/held by|is busy|live/);
    expect(readQueue(refOf(BROKER_ID)).filter((one) => one.state === "queued")).toHaveLength(1);
  });
});

test("a broker that can't be started leaves no session", async () => {
  const { home, workspace, sessions } = newMachine();
  const env = { ASK_CODEX_BIN: "/no/such/codex" };
  const { code, err } = await callBroker(home, ["start", "look around"], { cwd: workspace, env, brokerProgram: [] });
  expect(code).toBe(3);
  expect(err).toMatch(/\/no\/such\/codex/);
  expect(sessions()).toEqual([]);
});
