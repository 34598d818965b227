import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { brokerPath, sessionPath } from "../../../../src/broker/store/broker-record.ts";
import { writeMessage } from "../../../../src/broker/store/queue.ts";
import { readSessionView, type SessionView } from "../../../../src/broker/store/read-session.ts";
import type { Receipt, RunStatus } from "../../../../src/core/record.ts";
import type { BrokerEnd, Message, SessionState } from "../../../../src/core/session.ts";
import { AT, BROKER_ID, sampleBrokerRecord, sampleSession } from "../../core/samples.ts";
import { fingerprint } from "../../policy/temp-repo.ts";
import { ALIVE, DEAD, END, LONG_AGO, messageOf, newSession, plant, refusal, runId, WORKSPACE } from "./new-session.ts";

const LATER = "2026-11-21T05:20:00.000Z";
const QUESTION = { callId: "c", question: "Which?", options: [], askedAt: AT };
const running = (over: Partial<RunStatus> = {}): Partial<RunStatus> => ({ state: "running", owner: ALIVE, ...over });

interface Row {
  row: string;
  /** Runs that are over, in their order. */
  over?: Receipt["verdict"][];
  /** The run that comes after them. */
  status?: Partial<RunStatus>;
  /** How many messages wait behind it. */
  waiting?: number;
  ended?: Partial<BrokerEnd>;
  state: SessionState;
  idle?: boolean;
}

const LIVE: Row[] = [
  { row: "just started", waiting: 1, state: "queued" },
  { row: "just started, the first message is still to come", state: "queued" },
  { row: "its first run is about to begin", status: { state: "queued", owner: ALIVE }, state: "queued" },
  {
    row: "a later run waits for its place",
    over: ["done"],
    status: { state: "queued", owner: ALIVE, waiting: { for: "slot", ahead: 1, until: null } },
    state: "queued",
  },
  { row: "its first run has not been given to Codex", status: running(), state: "queued" },
  { row: "its first run has a thread and not more", status: running({ threadId: "t" }), state: "queued" },
  { row: "its first run has been given to Codex", status: running({ sent: true }), state: "running" },
  { row: "its first run, and more wait", status: running({ sent: true }), waiting: 2, state: "running" },
  { row: "its second run begins", over: ["done"], status: running(), state: "running" },
  {
    row: "it asks",
    status: running({ state: "waiting_input", question: QUESTION, sent: true }),
    state: "waiting_input",
  },
  { row: "between two runs", over: ["done"], waiting: 1, state: "running" },
  { row: "between two runs, the first went wrong", over: ["failed"], waiting: 1, state: "running" },
  { row: "done", over: ["done"], state: "waiting_input", idle: true },
  { row: "cancelled", over: ["cancelled"], state: "waiting_input", idle: true },
  { row: "it asked and was not answered", over: ["question"], state: "waiting_input", idle: true },
  { row: "blocked", over: ["blocked"], state: "waiting_input", idle: true },
  ...(["failed", "timeout", "fatal", "violation", "unverified", "killed", "lost"] as const).map(
    (verdict): Row => ({ row: verdict, over: [verdict], state: "attention_required", idle: true }),
  ),
  { row: "done after something went wrong", over: ["failed", "done"], state: "waiting_input", idle: true },
  { row: "gone wrong after it was done", over: ["done", "unverified"], state: "attention_required", idle: true },
];

const ENDED: Row[] = [
  { row: "stopped", over: ["cancelled"], ended: { how: "stopped" }, state: "stopped" },
  { row: "stopped after its idle time", over: ["done"], ended: { how: "idle" }, state: "stopped" },
  { row: "stopped when something went wrong", over: ["failed"], ended: { how: "idle" }, state: "stopped" },
  { row: "failed itself", over: ["done"], ended: { how: "failed" }, state: "stopped" },
  { row: "lost", over: ["done"], ended: { how: "lost" }, state: "lost" },
  { row: "lost, and messages wait", over: ["lost"], waiting: 2, ended: { how: "lost" }, state: "lost" },
  { row: "stopped before anything began", ended: { how: "stopped" }, state: "stopped" },
];

/** A session as a row describes it: the messages of its runs are consumed, as a broker does it. */
function sessionOf({ over = [], status, waiting = 0, ended }: Row) {
  const made = newSession();
  made.broker({ name: "auth", owner: ended ? DEAD : ALIVE, ended: ended ? { ...END, ...ended } : null });
  const ids = [...over.map((_, at) => runId(at + 1)), ...(status ? [runId(over.length + 1)] : [])];
  for (const [at, id] of ids.entries()) made.message(at + 1, { state: "consumed", run_id: id });
  for (let at = 1; at <= waiting; at++) made.message(ids.length + at);
  for (const [at, verdict] of over.entries()) made.over(runId(at + 1), { verdict, exit_code: 0, ended_at: LATER });
  if (status) made.run(runId(ids.length), status, { live: true });
  if (ids.length > 0) made.session({ runs: ids });
  return { ...made, ids };
}

describe("what a session is", () => {
  it.each([...LIVE, ...ENDED])("$row: $state", async (row) => {
    const { ref, ids, home } = sessionOf(row);
    const before = fingerprint(home);
    const view = await readSessionView(ref);
    expect(view).toMatchObject({ ref, name: "auth", workspace: WORKSPACE, state: row.state });
    expect(view.run?.runId).toBe(ids.at(-1));
    expect(view.waiting).toHaveLength(row.waiting ?? 0);
    expect(view.idleSince).toBe(row.idle ? LATER : undefined);
    expect(view.broker).toMatchObject({ number: 1, record: { broker_id: BROKER_ID } });
    expect(view.session?.runs).toEqual(ids.length > 0 ? ids : undefined);
    // Nothing is wrong, so nothing is written.
    expect(fingerprint(home)).toEqual(before);
  });

  it("counts from its last broker on when it was resumed", async () => {
    const { ref, broker, end, message, over, session } = newSession();
    broker();
    message(1, { state: "consumed", run_id: runId(1) });
    over(runId(1), { verdict: "lost", exit_code: 137, ended_at: AT });
    session({ runs: [runId(1)] });
    end({ how: "lost" });
    expect((await readSessionView(ref)).state).toBe("lost");
    broker({ created_at: LATER }, 1);
    expect(await readSessionView(ref)).toMatchObject({
      state: "attention_required",
      idleSince: LATER,
      broker: { number: 2 },
    });
  });

  it("is still what it was when its old runs were removed", async () => {
    const { ref, broker, session } = newSession();
    broker();
    session({ runs: [runId(1)] });
    expect(await readSessionView(ref)).toMatchObject({ state: "waiting_input", run: undefined, idleSince: AT });
  });
});

describe("the latest run", () => {
  const twoRuns = () => {
    const made = newSession();
    made.broker();
    for (const number of [1, 2, 3]) made.over(runId(number), { ended_at: LATER });
    return made;
  };

  it.each<[what: string, known: number[], consumed: number[], latest: number]>([
    ["is the last that has a thread", [1, 2], [1, 2], 2],
    ["is one that came first because it interrupted", [1, 3], [1, 3], 3],
    ["is one that waited for the one that interrupted", [1, 3, 2], [1, 3, 2], 2],
    ["is one that has no thread yet", [1], [1, 2], 2],
    ["is the only one, though it never had a thread", [], [1], 1],
    ["is one of ask_codex's, when that came later", [1, 2], [1], 2],
  ])("%s", async (_, known, consumed, latest) => {
    const { ref, message, session } = twoRuns();
    const messages = [1, 2, 3].map((number) => message(number));
    for (const number of consumed) {
      const taken = messages[number - 1] ?? messageOf(number);
      writeMessage(ref, { ...taken, state: "consumed", run_id: runId(number) });
    }
    if (known.length > 0) session({ runs: known.map(runId) });
    expect((await readSessionView(ref)).run?.runId).toBe(runId(latest));
  });

  it("is the one before when its own record is gone", async () => {
    const { ref, session } = twoRuns();
    session({ runs: [runId(1), runId(2), runId(9)] });
    expect((await readSessionView(ref)).run?.runId).toBe(runId(2));
  });
});

describe("what waits", () => {
  it("is in the order in which it will run", async () => {
    const { ref, broker, message } = newSession();
    broker();
    const orders: Partial<Message>[] = [{ state: "undelivered" }, {}, { delivery: "steer" }, { delivery: "interrupt" }];
    for (const [at, order] of orders.entries()) message(at + 1, order);
    expect((await readSessionView(ref)).waiting.map(({ number }) => number)).toEqual([4, 2, 3]);
  });

  it("is read without what is settled", async () => {
    const { ref, broker, message, dir, over } = newSession();
    broker();
    for (const number of [1, 2]) message(number, { state: "consumed", run_id: runId(number) });
    over(runId(2));
    writeFileSync(join(dir, "queue", "done", "1.json"), "rubbish that nobody reads");
    expect(await readSessionView(ref)).toMatchObject({ state: "waiting_input", run: { runId: runId(2) } });
  });
});

describe("a session of one run", () => {
  it.each<[what: string, verdict: Receipt["verdict"], state: SessionState]>([
    ["is stopped when that is over", "done", "stopped"],
    ["is stopped however that was", "fatal", "stopped"],
    ["is lost with it", "lost", "lost"],
  ])("%s", async (_, verdict, state) => {
    const { ref, over, session } = newSession();
    over(runId(1), { verdict });
    session({ runs: [runId(1)] });
    expect(await readSessionView(ref)).toMatchObject({
      state,
      name: null,
      workspace: WORKSPACE,
      broker: undefined,
      waiting: [],
      idleSince: undefined,
      run: { runId: runId(1), view: { state: "ended" } },
    });
  });

  it.each<[what: string, status: Partial<RunStatus>, runs: string[], state: SessionState]>([
    ["begins", running(), [runId(1)], "queued"],
    ["is at work", running({ sent: true }), [runId(1)], "running"],
    ["goes on with a thread", running(), [runId(0), runId(1)], "running"],
    ["asks", running({ state: "waiting_input", question: QUESTION }), [runId(1)], "waiting_input"],
    ["died with its broker", running({ owner: DEAD, sent: true }), [runId(1)], "lost"],
  ])("that %s: %s", async (_, status, runs, state) => {
    const { ref, run, session } = newSession();
    run(runId(1), status);
    session({ runs });
    expect(await readSessionView(ref)).toMatchObject({ state, session: { runs }, run: { runId: runId(1) } });
  });

  it("is seen before it has a thread", async () => {
    const { ref, run } = newSession();
    run(runId(1), running());
    run(runId(2), running(), { brokerId: "b-20261121-051103-else" });
    expect(await readSessionView(ref)).toMatchObject({
      state: "queued",
      session: undefined,
      workspace: WORKSPACE,
      run: { runId: runId(1) },
    });
  });

  it("that continues one that had stayed counts, as long as it lives", async () => {
    const { ref, broker, message, over, run, session } = newSession();
    broker({ owner: DEAD, ended: END });
    message(1, { state: "consumed", run_id: runId(1) });
    over(runId(1));
    const dir = run(runId(2), { state: "queued" });
    session({ runs: [runId(1), runId(2)] });
    expect((await readSessionView(ref)).state).toBe("running");
    utimesSync(join(dir, "status.json"), LONG_AGO, LONG_AGO);
    expect((await readSessionView(ref)).state).toBe("stopped");
  });
});

describe("a session that can't be read", () => {
  it("because there is nothing of it says so", async () => {
    const { ref } = newSession();
    const failed = expect.objectContaining({ kind: "failed", message: expect.stringContaining(BROKER_ID) });
    await expect(readSessionView(ref)).rejects.toEqual(failed);
    plant(join(ref.workspaceKeyDir, "sessions", BROKER_ID, "broker.log"), "");
    await expect(readSessionView(ref)).rejects.toEqual(failed);
  });

  it.each<[name: string, path: (view: SessionView) => string, text: object | string, why: string]>([
    ["its broker", ({ ref }) => brokerPath(ref, 1), "{", "1.json is not what ask-codex wrote; it was left alone"],
    [
      "its newer broker",
      ({ ref }) => brokerPath(ref, 2),
      { ...sampleBrokerRecord(), version: 2 },
      "(version 2): update",
    ],
    ["its record", ({ ref }) => sessionPath(ref), "", `${BROKER_ID}.json is not what ask-codex wrote`],
    ["its newer record", ({ ref }) => sessionPath(ref), { ...sampleSession(), version: 9 }, "(version 9): update this"],
    ["its run", ({ run }) => join(run?.dir ?? "", "result.json"), "no", "result.json is not what ask-codex wrote"],
  ])("because of %s names that, and leaves everything alone", async (_, path, text, why) => {
    const { ref, home } = sessionOf({ row: "", over: ["done"], waiting: 1, state: "running" });
    plant(path(await readSessionView(ref)), text);
    const before = fingerprint(home);
    await expect(readSessionView(ref)).rejects.toThrow(why);
    expect(fingerprint(home)).toEqual(before);
  });

  it.each<[name: string, text: object | string]>([
    ["broken", "[]"],
    ["newer", { ...messageOf(2), version: 2 }],
  ])("is not one with a message that is %s: the others go on, and it is left alone", async (_, text) => {
    const { ref, home } = sessionOf({ row: "", over: ["done"], waiting: 1, state: "running" });
    plant(join(sessionPath(ref), "..", BROKER_ID, "queue", "2.json"), text);
    const before = fingerprint(home);
    await expect(readSessionView(ref)).resolves.toMatchObject({ ref });
    expect(fingerprint(home)).toEqual(before);
  });

  it("is no other one, and what is half written beside it is nothing", async () => {
    const { ref, home, dir } = sessionOf({ row: "", over: ["done"], state: "waiting_input" });
    const broken = newSession({ home, brokerId: "b-20261121-051103-brok" });
    plant(sessionPath(broken.ref), "{");
    plant(brokerPath(broken.ref, 1), "{");
    for (const place of ["brokers", "queue"]) writeFileSync(join(dir, place, ".ask-codex-0011.tmp"), '{"vers');
    expect((await readSessionView(ref)).state).toBe("waiting_input");
    rmSync(join(dir, "queue"), { recursive: true });
    expect((await readSessionView(ref)).state).toBe("waiting_input");
    expect(refusal(() => broken.broker()).message).toContain("1.json is not what ask-codex wrote");
  });
});
