import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { writeBroker } from "../../../../src/broker/store/broker-record.ts";
import { addMessage, readQueue } from "../../../../src/broker/store/queue.ts";
import { AskCodexError } from "../../../../src/core/errors.ts";
import { TOKEN } from "../../broker/peer.ts";
import { playBroker } from "../../broker/play-broker.ts";
import {
  BROKER_ID,
  sampleBrokerRecord,
  samplePacket,
  samplePower,
  sampleRequest,
  THREAD_ID,
} from "../../core/samples.ts";
import { callBroker, fromStdin, newPlace, openSession } from "./broker-world.ts";
import { ALIVE, DEAD, newSession, runId } from "./session-world.ts";

const IDLE = { runs: [{ receipt: {} }] };
const BUSY = { runs: [{}] };
const ASKING = {
  runs: [
    {
      status: {
        state: "waiting_input" as const,
        question: { callId: "c", question: "Which?", options: [], askedAt: "2026-11-21T05:11:03.000Z" },
      },
    },
  ],
};

describe("a message", () => {
  test("becomes a run of the session: its thread, its power, its broker's line, and the caller's own words", async () => {
    const { sent, say, workspace } = await openSession({ ...IDLE, session: { role: "debugger", reasoning: "low" } });
    const { code, err, lines } = await say("send", BROKER_ID, "and now the docs");
    expect([code, err]).toEqual([0, ""]);
    const [message] = sent;
    expect(lines).toEqual({
      message_id: message?.message_id,
      delivery: "started",
      run_id: message?.request.runId,
      queue_depth: "0",
    });
    expect(message).toMatchObject({ delivery: "queue", text: "and now the docs" });
    expect(message?.request).toMatchObject({
      brokerId: BROKER_ID,
      threadId: THREAD_ID,
      workspace,
      live: true,
      token: TOKEN,
      engine: "app-server",
      enginePinned: false,
      power: samplePower(),
      packet: { role: "debugger", goal: "and now the docs" },
      reasoning: "low",
      codex: { command: "/opt/codex" },
    });
    // The thread knows its role and its rules.
    expect(message?.request.prompt).toMatch(/^and now the docs\n/);
    expect(message?.request.prompt).not.toContain("Role");
  });

  test("keeps its options, and has the packet's if it has one", async () => {
    const { sent, say, workspace } = await openSession(IDLE);
    writeFileSync(join(workspace, "more.md"), "---\nnon_goals: [no poetry]\n---\nDo what is left.\n");
    const files = ["--packet", join(workspace, "more.md"), "--verify", "npm test", "--timeout", "77"];
    const { code, err } = await say("send", ...files, BROKER_ID);
    expect([code, err]).toEqual([0, ""]);
    expect(sent[0]?.request).toMatchObject({
      limits: { totalMs: 77_000 },
      packet: { goal: "Do what is left.", nonGoals: ["no poetry"], verify: ["npm test"] },
    });
    expect(sent[0]?.text).toBe("Do what is left.");
  });

  test.each([
    [["--", "-m pytest --write"], "-m pytest --write"],
    [["--", "--help"], "--help"],
    [["line\r\n\u2028end 🧪"], "line\r\n\u2028end 🧪"],
  ])("is taken as it stands: %j", async (words, text) => {
    const { sent, say } = await openSession(IDLE);
    expect((await say("send", BROKER_ID, ...words)).code).toBe(0);
    expect(sent[0]?.text).toBe(text);
    expect(sent[0]?.request.packet.goal).toBe(text);
  });

  test("comes from stdin where that is asked for, and an empty one is none", async () => {
    const { sent, home } = await openSession(IDLE);
    const piped = await callBroker(home, ["send", BROKER_ID, "-"], fromStdin("from a pipe\n"));
    expect([piped.code, sent[0]?.text]).toEqual([0, "from a pipe\n"]);
    for (const [word, stdin] of [["-", " \n"] as const, ["", ""] as const]) {
      const { code, err } = await callBroker(home, ["send", BROKER_ID, word], fromStdin(stdin));
      expect([code, err]).toEqual([64, expect.stringContaining("the message is empty")]);
    }
    expect(sent).toHaveLength(1);
  });

  test("with a secret in it goes nowhere", async () => {
    const { sent, say } = await openSession(IDLE);
    const { code, err } = await say("send", BROKER_ID, `use the key sk-${"a1B2".repeat(12)}`);
    expect([code, sent]).toEqual([64, []]);
    expect(err).toMatch(/credential|secret/);
  });

  test("of a session that has no thread yet has the power of what the session was begun with", async () => {
    const { sent, say, ref, workspace } = await openSession({ session: false });
    const power = samplePower({ write: "none", tmp: false });
    const request = sampleRequest({
      workspace,
      power,
      live: true,
      runId: runId(1),
      packet: samplePacket({ role: "scout" }),
    });
    addMessage(ref, {
      version: 1,
      message_id: "m-1",
      delivery: "queue",
      text: "first",
      request,
      created_at: "2026-11-21T05:11:03.000Z",
      state: "queued",
      run_id: null,
      why: null,
    });
    const { code, err } = await say("send", BROKER_ID, "what is in there?");
    expect([code, err]).toEqual([0, ""]);
    expect(sent[0]?.request).toMatchObject({ power, packet: { role: "scout" } });
    expect(sent[0]?.request.threadId).toBeUndefined();
    expect((await say("send", "--role", "writer", BROKER_ID, "write")).code).toBe(64);
  });

  test("is shown with --dry-run, and goes nowhere", async () => {
    const { sent, say } = await openSession(IDLE);
    const { code, out } = await say("send", "--dry-run", BROKER_ID, "and now the docs");
    expect([code, sent]).toEqual([0, []]);
    expect(out).toMatch(/^dry run: nothing was started\n.*and now the docs/s);
  });
});

describe("how it is sent", () => {
  test.each([
    [[], "queue"],
    [["--steer"], "steer"],
    [["--interrupt"], "interrupt"],
  ])("%j is %s", async (options, delivery) => {
    const { sent, say } = await openSession(BUSY);
    expect((await say("send", ...options, BROKER_ID, "use tabs")).code).toBe(0);
    expect(sent.map((one) => one.delivery)).toEqual([delivery]);
  });

  test.each([
    [["--steer", "--interrupt"], /--steer and --interrupt contradict/],
    [["--steer", "--verify", "true"], /--verify can't change the turn that --steer goes into/],
    [["--steer", "-f", "a.ts"], /--file can't change the turn/],
    [["--steer", "--timeout", "5"], /--timeout can't change the turn/],
    [["--quiet"], /--quiet is for what is waited for/],
    [["--network"], /keeps what it was started with.*--network/],
    [["--scope", "/"], /outside|--scope/],
    [["--sandbox", "danger-full-access"], /--sandbox danger-full-access/],
    [["--env", "TOKEN"], /--env/],
  ])("%j is bad input, and nothing is sent", async (options, sentence) => {
    const { sent, say } = await openSession(BUSY);
    const { code, err, out } = await say("send", ...options, BROKER_ID, "use tabs");
    expect(err).toMatch(sentence);
    expect([code, out, sent]).toEqual([64, "", []]);
  });

  test("another engine than the session's is bad input, wherever it is said", async () => {
    const { sent, say, workspace } = await openSession(IDLE);
    writeFileSync(join(workspace, "more.md"), "---\nengine: exec\n---\nDo it.\n");
    const { code, err } = await say("send", "--packet", join(workspace, "more.md"), BROKER_ID);
    expect([code, sent]).toEqual([64, []]);
    expect(err).toMatch(/runs on app-server, but packet .* asks for exec/);
  });

  test("behind a question it waits, and the receipt says for what", async () => {
    const { say } = await openSession(ASKING, {
      send: async ({ request }) => ({ delivery: "queued", run_id: request.runId, queue_depth: 1, note: null }),
    });
    const { lines } = await say("send", BROKER_ID, "later");
    expect(lines).toMatchObject({ delivery: "queued", queue_depth: "1" });
    expect(lines.note).toMatch(/waits for an answer: codex_broker answer/);
  });

  test("the broker's own reasons come through, with their code and hint", async () => {
    const { say } = await openSession(BUSY, {
      send: () => Promise.reject(new AskCodexError("refused", "the queue is full", { hint: "wait" })),
    });
    const { code, err } = await say("send", BROKER_ID, "one more");
    expect([code, err]).toEqual([75, "codex_broker: the queue is full\n  hint: wait\n"]);
  });
});

describe("a session that", () => {
  const ENDED = {
    at: "2026-11-21T05:11:03.000Z",
    reason: "asked",
    processes: { killed: [], left: [], removed_dirs: [] },
  };

  test.each([
    [
      "was stopped",
      { owner: DEAD, ended: { how: "stopped" as const, ...ENDED } },
      /is stopped.*\n.*codex_broker resume b-/,
    ],
    ["was lost", { owner: DEAD }, /is lost.*\n.*codex_broker resume b-/],
  ])("%s takes no message: 75, and resume is named", async (_, broker, sentence) => {
    const { home, workspace } = newPlace();
    newSession({ home, workspace, broker, ...IDLE });
    for (const more of [[], ["--steer"], ["--wait"]]) {
      const { code, err, out } = await callBroker(home, ["send", ...more, BROKER_ID, "still there?"]);
      expect([code, out]).toEqual([75, ""]);
      expect(err).toMatch(sentence);
    }
  });

  test("hangs takes none either, and stop is named", async () => {
    const { home, workspace } = newPlace();
    const socket = join(home, "..", "s");
    newSession({ home, workspace, broker: { socket, token: TOKEN, owner: ALIVE }, ...BUSY });
    await playBroker(socket, () => {});
    const { code, err } = await callBroker(home, ["send", BROKER_ID, "hello?"]);
    expect(code).toBe(75);
    expect(err).toMatch(/lives, but does not answer\n.*codex_broker stop/);
  });
});

describe("a broker that dies while it is sent a message", () => {
  const dying = async (takes: boolean) => {
    let cut = () => {};
    const world = await openSession(BUSY, {
      send: async ({ message_id, delivery, text, request }) => {
        const about = { version: 1 as const, message_id, delivery, text, request, run_id: null, why: null };
        if (takes) addMessage(world.ref, { ...about, created_at: request.createdAt, state: "queued" });
        const record = sampleBrokerRecord({ workspace: world.workspace, owner: DEAD });
        writeBroker(world.ref, 1, record);
        cut();
        return new Promise(() => {});
      },
    });
    cut = () => void world.cut();
    return world;
  };

  test("may have taken it: then it waits for resume", async () => {
    const { say, ref } = await dying(true);
    const { code, lines } = await say("send", BROKER_ID, "are you there?");
    expect(code).toBe(0);
    expect(lines).toMatchObject({ delivery: "queued", queue_depth: "1" });
    expect(lines.note).toMatch(/the broker died.*codex_broker resume/);
    expect(readQueue(ref).map((one) => [one.message_id, one.state])).toEqual([[lines.message_id, "queued"]]);
  });

  test("or not: 137, and it may be sent again", async () => {
    const { say, ref } = await dying(false);
    const { code, err, out } = await say("send", BROKER_ID, "are you there?");
    expect([code, out, readQueue(ref)]).toEqual([137, "", []]);
    expect(err).toMatch(/not taken\n.*send it again/);
  });
});
