import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readWaiting, writeMessage } from "../../../src/broker/store/queue.ts";
import { readSession } from "../../../src/run/session-record.ts";
import type { HandThread } from "../engine/hand-engine.ts";
import { until } from "../sys/children.ts";
import { type SeatedOptions, seatedRun, seatedSession } from "./seated-session.ts";
import { DEAD, runId } from "./store/new-session.ts";

/** Codex does its turn as it should. */
const finish = (thread: HandThread): void => {
  thread.say({ type: "message", text: "All done.\n\nStatus: done" });
  thread.end();
};

/** A session in the middle of its first turn. */
async function busy(options: SeatedOptions = {}) {
  const session = seatedSession(options);
  return { ...session, thread: await session.asked(1) };
}

describe("the messages of a session", () => {
  it("are carried out one by one, each as its own run, in one thread", async () => {
    const session = seatedSession({ waiting: 2 });
    finish(await session.asked(1));
    const thread = await session.asked(2);
    expect(session.messages()).toEqual([
      ["message 1", "consumed", runId(1)],
      ["message 2", "consumed", runId(2)],
    ]);
    expect(session.verdict(1)).toBe("done");
    finish(thread);
    await session.over(2);
    expect(session.engine.threads).toHaveLength(1);
    expect(readSession(session.home, session.workspace, session.ref.brokerId)).toMatchObject({
      session_id: "thread-1",
      runs: [runId(1), runId(2)],
    });
  });

  it("that come while a run is at work wait, and say which run they will be", async () => {
    const { send, thread, asked, messages, over, verdict } = await busy();
    expect(await send(2)).toEqual({ delivery: "queued", run_id: runId(2), queue_depth: 1, note: null });
    expect(await send(3)).toMatchObject({ delivery: "queued", run_id: runId(3), queue_depth: 2 });
    finish(thread);
    finish(await asked(2));
    finish(await asked(3));
    await over(3);
    expect([1, 2, 3].map(verdict)).toEqual(["done", "done", "done"]);
    expect(messages().map(([, state, run]) => [state, run])).toEqual([1, 2, 3].map((one) => ["consumed", runId(one)]));
  });

  it("that come to an idle session start at once", async () => {
    const { send, asked, over } = seatedSession({ waiting: 0 });
    expect(await send(1)).toEqual({ delivery: "started", run_id: runId(1), queue_depth: 0, note: null });
    finish(await asked(1));
    await over(1);
    expect(await send(2, "interrupt")).toMatchObject({ delivery: "started", note: null });
    finish(await asked(2));
  });

  it("that interrupt end the turn and run before those that wait", async () => {
    const { send, thread, asked, verdict, messages } = await busy();
    await send(2);
    expect(await send(3, "interrupt")).toEqual({
      delivery: "queued",
      run_id: runId(3),
      queue_depth: 2,
      note: expect.stringContaining("interrupted"),
    });
    await asked(2);
    expect(thread.calls).toContain("interrupt");
    expect(verdict(1)).toBe("cancelled");
    expect(messages()).toEqual([
      ["message 1", "consumed", runId(1)],
      ["message 2", "queued", null],
      ["message 3", "consumed", runId(3)],
    ]);
  });
});

describe("a message that is steered", () => {
  it("goes into the turn, and is consumed when the model has it", async () => {
    const { send, thread, messages, over } = await busy();
    const sent = send(2, "steer");
    await until(() => thread.steers.length === 1);
    expect(thread.steers[0]).toMatchObject({ messageId: "m-20261121-051103-aaaaa2", text: "message 2" });
    thread.steers[0]?.take(true);
    expect(await sent).toEqual({ delivery: "steered", run_id: runId(1), queue_depth: 0, note: null });
    expect(messages()[1]).toEqual(["message 2", "queued", null]);
    thread.say({ type: "steered", messageId: "m-20261121-051103-aaaaa2" });
    expect(messages()[1]).toEqual(["message 2", "consumed", runId(1)]);
    finish(thread);
    await over(1);
    expect(thread.turns).toHaveLength(1);
  });

  it.each([true, false])(
    "while the turn ends has a turn of its own, once (Codex answers %s, too late)",
    async (taken) => {
      const { send, thread, asked, messages, over } = await busy();
      const sent = send(2, "steer");
      await until(() => thread.steers.length === 1);
      finish(thread);
      await asked(2);
      thread.steers[0]?.take(taken);
      expect(await sent).toMatchObject({
        delivery: "queued",
        run_id: runId(2),
        note: expect.stringContaining("no turn"),
      });
      expect(messages()[1]).toEqual(["message 2", "consumed", runId(2)]);
      finish(thread);
      await over(2);
      expect(thread.turns).toHaveLength(2);
    },
  );

  it("that Codex took, and did not give to the model before the turn was cut, has its own", async () => {
    const { send, thread, asked, messages, broker } = await busy();
    const sent = send(2, "steer");
    await until(() => thread.steers.length === 1);
    thread.steers[0]?.take(true);
    expect(await sent).toMatchObject({ delivery: "steered" });
    await broker.door.cancel("enough");
    await asked(2);
    expect(messages()[1]).toEqual(["message 2", "consumed", runId(2)]);
  });

  it("before there is a turn waits like another", async () => {
    let open = () => {};
    const opening = () =>
      new Promise<void>((resolve) => {
        open = resolve;
      });
    const { send, asked, engine } = seatedSession({ hand: { opening } });
    await until(() => engine.threads.length === 1);
    const sent = send(2, "steer");
    await until(() => engine.last().steers.length === 1);
    engine.last().steers[0]?.take(false);
    expect(await sent).toMatchObject({ delivery: "queued", queue_depth: 1 });
    open();
    finish(await asked(1));
    finish(await asked(2));
  });

  it("and taken by a Codex that died with it has its own turn behind the one that goes on", async () => {
    const { send, thread, asked, messages, over, verdict } = await busy();
    const sent = send(2, "steer");
    await until(() => thread.steers.length === 1);
    thread.steers[0]?.take(true);
    await sent;
    thread.die();
    const again = await asked(1, 2);
    expect(messages()[1]).toEqual(["message 2", "queued", null]);
    finish(again);
    finish(await asked(2, 2));
    await over(2);
    expect([1, 2].map(verdict)).toEqual(["done", "done"]);
  });
});

describe("a run that has not begun", () => {
  /** A session whose first run has its record, and waits for its Codex. */
  function preparing() {
    let go = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    return { ...seatedSession({ preparing: () => gate, waiting: 1 }), go: () => go() };
  }

  it("is cancelled all the same, and Codex never hears of it", async () => {
    const { broker, go, verdict, engine, messages, asked, send } = preparing();
    const cancelled = broker.door.cancel("not this", runId(1));
    go();
    expect(await cancelled).toMatchObject({ run_id: runId(1), verdict: "cancelled", reason: "not this" });
    expect(verdict(1)).toBe("cancelled");
    expect(engine.last().turns).toEqual([]);
    expect(messages()).toEqual([["message 1", "consumed", runId(1)]]);
    await send(2);
    finish(await asked(1, engine.threads.length));
  });

  it("is stopped with the session", async () => {
    const { broker, go, verdict, engine, ended } = preparing();
    const stopped = broker.door.stop("asked");
    go();
    await stopped;
    expect(verdict(1)).toBe("cancelled");
    expect(engine.threads.flatMap((thread) => thread.turns)).toEqual([]);
    expect(ended()).toMatchObject({ how: "stopped", reason: "asked" });
  });

  it("is interrupted by a message, and that runs next", async () => {
    const { send, go, verdict, asked, engine } = preparing();
    const sent = send(2, "interrupt");
    go();
    expect(await sent).toMatchObject({ delivery: "queued", note: expect.stringContaining("interrupted") });
    await until(() => verdict(1) !== undefined);
    expect(verdict(1)).toBe("cancelled");
    await asked(1, engine.threads.length);
  });

  it("has no question that could be answered", () => {
    const { broker, go } = preparing();
    expect(broker.door.answer("yes")).toEqual({ delivered: false, run_id: null });
    expect(broker.door.attach()).toEqual({ parked: null });
    go();
  });
});

describe("what is asked of a run", () => {
  it("is asked of the one that is named, or of nobody", async () => {
    const { broker, thread, verdict } = await busy();
    expect(await broker.door.cancel("x", runId(7))).toBeUndefined();
    thread.say({ type: "question", callId: "q", question: "Which?", options: [] });
    expect(broker.door.attach().parked).toMatchObject({ run_id: runId(1), verdict: "question" });
    expect(broker.door.answer("this", runId(7))).toEqual({ delivered: false, run_id: null });
    expect(broker.door.answer("this", runId(1))).toEqual({ delivered: true, run_id: runId(1) });
    expect(broker.door.answer("again")).toEqual({ delivered: false, run_id: null });
    expect(thread.calls).toContain("answer this");
    expect(broker.door.attach()).toEqual({ parked: null });
    expect(verdict(1)).toBeUndefined();
  });

  it("is nothing while the session is idle", async () => {
    const { broker } = seatedSession({ waiting: 0 });
    expect(await broker.door.cancel("x")).toBeUndefined();
    expect(broker.door.answer("x")).toEqual({ delivered: false, run_id: null });
  });
});

describe("the end of a session", () => {
  it("ends the turn, tells what nobody will get, and is written down", async () => {
    const { broker, send, verdict, messages, ended, engine, dir, home } = await busy();
    await send(2);
    const stopped = await broker.door.stop("asked");
    expect(stopped).toEqual({
      processes: { killed: [], left: [], removed_dirs: [] },
      undelivered: ["m-20261121-051103-aaaaa2"],
    });
    expect(verdict(1)).toBe("cancelled");
    expect(messages()[1]).toEqual(["message 2", "undelivered", null]);
    expect(ended()).toMatchObject({ how: "stopped", reason: "asked" });
    expect(engine.last().calls).toEqual(["open", "interrupt", "close"]);
    expect(readdirSync(dir)).not.toContain("made.json");
    expect(readdirSync(join(home, "tmp"))).toEqual([]);
    await broker.done;
  });

  it("is told to all who asked for it, and the first reason counts", async () => {
    const { broker, ended } = await busy();
    const all = await Promise.all(["one", "two", "three"].map((reason) => broker.door.stop(reason)));
    expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(ended()?.reason).toBe("one");
  });

  it("takes no message any more", async () => {
    const { broker, send, messages } = await busy();
    const stopping = broker.door.stop("asked");
    await expect(send(2)).rejects.toMatchObject({ kind: "refused", message: expect.stringContaining("ending") });
    await stopping;
    await expect(send(3)).rejects.toMatchObject({ kind: "refused" });
    expect(messages()).toHaveLength(1);
  });

  it("tells a message that is being steered then what becomes of it", async () => {
    const { broker, send, thread, messages } = await busy();
    const sent = send(2, "steer");
    await until(() => thread.steers.length === 1);
    await broker.door.stop("asked");
    thread.steers[0]?.take(false);
    expect(await sent).toMatchObject({ delivery: "queued", note: expect.stringContaining("ending") });
    expect(messages()[1]).toEqual(["message 2", "undelivered", null]);
  });

  it("that only the machine asks for keeps what waits for whoever resumes it", async () => {
    const { broker, send, verdict, messages, ended } = await busy();
    await send(2);
    broker.end("stopped", "the broker was asked to stop");
    await broker.done;
    expect(verdict(1)).toBe("cancelled");
    expect(messages()[1]).toEqual(["message 2", "queued", null]);
    expect(ended()).toMatchObject({ how: "stopped" });
  });

  it("comes by itself after the idle time, and not before", async () => {
    const { broker, ended, thread, over } = await busy({ idleExitMs: 20 });
    // It is not idle while a turn goes on, however long that takes.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(ended()).toBeNull();
    finish(thread);
    await over(1);
    await broker.done;
    expect(ended()).toMatchObject({ how: "idle" });
  });

  it("says what had to be killed for it, in the run and behind it", async () => {
    const { broker, ended, workspace } = await busy();
    // What Codex's sandbox leaves when it is interrupted.
    mkdirSync(join(workspace, ".codex"));
    const { processes } = await broker.door.stop("asked");
    expect(processes.removed_dirs).toEqual([".codex"]);
    expect(ended()?.processes).toEqual(processes);
  });
});

describe("a disk that takes nothing", () => {
  /** Nothing can be put below a file. */
  const block = (path: string): void => {
    renameSync(path, `${path}.away`);
    writeFileSync(path, "");
  };

  it("lets no message be lost: the session ends, says why, and the message waits", async () => {
    const session = seatedSession({
      before({ ref }) {
        mkdirSync(ref.workspaceKeyDir, { recursive: true });
        writeFileSync(join(ref.workspaceKeyDir, "runs"), "");
      },
    });
    await session.broker.done;
    expect(session.ended()).toMatchObject({ how: "failed", reason: expect.stringMatching(/runs.*not a directory/) });
    expect(session.messages()).toEqual([["message 1", "queued", null]]);
    expect(session.engine.threads).toEqual([]);
  });

  it("ends a session that can't keep a receipt: its run would seem to go on for ever", async () => {
    const { thread, dirOf, broker, ended, verdict, told, send, messages } = await busy();
    await send(2);
    mkdirSync(join(dirOf(1), "result.md", "x"), { recursive: true });
    finish(thread);
    await broker.done;
    expect(verdict(1)).toBeUndefined();
    expect(ended()).toMatchObject({ how: "failed", reason: expect.stringContaining("result.md") });
    // Whoever listens has heard how the run itself went.
    expect(told.at(-1)).toMatchObject({
      method: "ended",
      params: { receipt: { reason: expect.stringContaining("done") } },
    });
    expect(messages()[1]).toEqual(["message 2", "queued", null]);
  });

  it("is no reason to end where only the record of the run was removed", async () => {
    const { thread, dirOf, asked, send, over } = await busy();
    rmSync(dirOf(1), { recursive: true });
    finish(thread);
    await send(2);
    finish(await asked(2));
    await over(2);
  });

  it("never lets a message run twice: what was given to the model and can't be written down ends the session", async () => {
    const { send, thread, dir, broker, verdict, ended } = await busy();
    const sent = send(2, "steer");
    await until(() => thread.steers.length === 1);
    thread.steers[0]?.take(true);
    await sent;
    block(join(dir, "queue"));
    thread.say({ type: "steered", messageId: "m-20261121-051103-aaaaa2" });
    await broker.done;
    expect(verdict(1)).toBe("failed");
    expect(thread.turns).toHaveLength(1);
    expect(ended()).toMatchObject({ how: "failed" });
  });

  it("does not keep who stops a session from hearing what was found", async () => {
    const { broker, dir } = await busy();
    block(join(dir, "brokers"));
    mkdirSync(join(dir, "brokers.x"));
    rmSync(join(dir, "brokers"));
    mkdirSync(join(dir, "brokers", "1.json", "x"), { recursive: true });
    const done = expect(broker.done).rejects.toThrow(/can't write/);
    expect(await broker.door.stop("asked")).toMatchObject({ processes: { left: [] }, undelivered: [] });
    await done;
  });

  it("tells whoever sends a message that it was not taken", async () => {
    const { send, dir, broker, thread } = await busy();
    block(join(dir, "queue"));
    await expect(send(2)).rejects.toThrow();
    rmSync(join(dir, "queue"));
    renameSync(join(dir, "queue.away"), join(dir, "queue"));
    finish(thread);
    await broker.door.stop("asked");
  });
});

describe("a broker that comes up behind one that died", () => {
  it("gives back first what Codex never heard of, and takes it in its old place", async () => {
    const session = seatedSession({
      waiting: 2,
      before({ ref, run }) {
        const [first] = readWaiting(ref);
        if (!first) throw new Error("no message");
        writeMessage(ref, { ...first, state: "consumed", run_id: runId(1) });
        run(runId(1), { state: "running", owner: DEAD }, { live: true });
      },
    });
    finish(await session.asked(1));
    finish(await session.asked(2));
    await session.over(2);
    const [one, two] = session.messages();
    expect([one?.slice(0, 2), two]).toEqual([
      ["message 1", "consumed"],
      ["message 2", "consumed", runId(2)],
    ]);
    expect(one?.[2]).not.toBe(runId(1));
  });
});

describe("the broker of one run", () => {
  it("ends when that is over, and takes no message after that", async () => {
    const { broker, asked, send, told } = seatedRun();
    finish(await asked(1));
    await broker.done;
    expect(told.at(-1)).toMatchObject({ method: "ended", params: { receipt: { verdict: "done" } } });
    await expect(send(2)).rejects.toMatchObject({ kind: "refused", message: expect.stringContaining("work is done") });
  });

  it("carries out what was sent while it lived, and ends then", async () => {
    const { broker, asked, send, messages, over } = seatedRun();
    const thread = await asked(1);
    expect(await send(2)).toMatchObject({ delivery: "queued", queue_depth: 1 });
    finish(thread);
    finish(await asked(2));
    await over(2);
    await broker.done;
    expect(messages()).toEqual([["message 2", "consumed", runId(2)]]);
  });

  it("is cancelled with its run", async () => {
    const { broker, asked, verdict } = seatedRun();
    await asked(1);
    expect(await broker.door.cancel("enough", runId(1))).toMatchObject({ verdict: "cancelled", reason: "enough" });
    await broker.done;
    expect(verdict(1)).toBe("cancelled");
  });
});
