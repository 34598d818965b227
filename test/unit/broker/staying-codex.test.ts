import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createStayingCodex } from "../../../src/broker/staying-codex.ts";
import type { RunEvent } from "../../../src/core/event.ts";
import type { Owner } from "../../../src/core/request.ts";
import type { ThreadRequest } from "../../../src/engine/engine.ts";
import type { Taking } from "../../../src/run/codex-source.ts";
import { RUN_MARKER } from "../../../src/sys/environment.ts";
import { ownerOf } from "../../../src/sys/owner.ts";
import type { PipedProcess } from "../../../src/sys/spawn.ts";
import { type HandOptions, handEngine } from "../engine/hand-engine.ts";
import { sampleThread } from "../engine/sample-thread.ts";
import { isGone, runScript, until } from "../sys/children.ts";
import { tempDir } from "../sys/temp-dir.ts";

const THREAD: RunEvent = { type: "thread", threadId: "thread-1", model: "m" };
const TURN: RunEvent = { type: "turn", turnId: "turn-1" };
const NOTHING = { killed: [], left: [] };

/** The Codex of a session, and a run of it that hears what Codex says. */
function world(options: HandOptions = {}, early?: PipedProcess) {
  const engine = handEngine(options);
  const marker = `unit-${randomUUID()}`;
  const processes: (Owner | null)[] = [];
  let started = early;
  const codex = createStayingCodex({
    engines: [engine],
    place: { id: marker, dir: "/state/s", marker, commandsMarker: `${marker}.commands` },
    early: {
      take() {
        const mine = started;
        started = undefined;
        return mine;
      },
    },
    onProcess: (process) => processes.push(process),
  });
  const run = (request: Partial<ThreadRequest> = {}, over: Partial<Taking> = {}) => {
    const events: RunEvent[] = [];
    const taking: Taking = {
      hooks: { onEvent: (event) => void events.push(event), onRaw() {}, onStderr() {} },
      onThread() {},
      unlessStopped: (work) => work,
      ...over,
    };
    return { events, taking, source: codex.forRun(sampleThread(request)) };
  };
  return { engine, marker, processes, codex, run };
}

type World = ReturnType<typeof world>;

/** A whole run, from taking Codex to giving it back. */
async function once({ engine, run }: World, request: Partial<ThreadRequest> = {}) {
  const { events, taking, source } = run(request);
  const { thread } = await source.take(taking);
  const turn = thread.run({ prompt: "do it" });
  engine.last().end();
  await turn;
  return { events, thread, given: await source.giveBack(thread, false) };
}

const threadIds = ({ engine }: World) => engine.threads.map((thread) => thread.request.threadId);

describe("the Codex of a session", () => {
  it("is opened by the first run, and taken as it is by the next", async () => {
    const session = world();
    const first = await once(session);
    const second = await once(session, { threadId: "thread-1" });
    expect(second.thread).toBe(first.thread);
    expect(session.engine.threads).toHaveLength(1);
    expect(session.engine.last().calls).toEqual(["open"]);
    expect(first.given).toEqual(NOTHING);
    // Each run is told which thread it has.
    expect([first, second].map((one) => one.events)).toEqual([
      [THREAD, TURN, { type: "turn_ended", status: "completed" }],
      [THREAD, { type: "turn", turnId: "turn-2" }, { type: "turn_ended", status: "completed" }],
    ]);
  });

  it("goes on for one more turn of the same run", async () => {
    const session = world();
    const { thread } = await once(session);
    const { events, taking, source } = session.run();
    const next = await source.takeNext(taking, { threadId: "thread-1", engine: "app-server" });
    expect(next.thread).toBe(thread);
    expect(events).toEqual([THREAD]);
  });

  it("is started again in its thread for one more turn where it died after the first", async () => {
    const session = world();
    await once(session);
    session.engine.last().die();
    const { taking, source } = session.run({ unspoken: true });
    await source.takeNext(taking, { threadId: "thread-1", engine: "app-server" });
    expect(threadIds(session)).toEqual([undefined, "thread-1"]);
    expect(session.engine.last().request).toMatchObject({ unspoken: false });
  });

  it("is heard by nobody between two runs", async () => {
    const session = world();
    const first = await once(session);
    const heard = first.events.length;
    session.engine.last().say({ type: "message", text: "a late word" });
    const second = await once(session);
    session.engine.last().say({ type: "message", text: "another one" });
    expect(first.events).toHaveLength(heard);
    expect(second.events).toHaveLength(3);
  });

  it("is the one that was started before all else, once", async () => {
    const early = { pid: 4242 } as unknown as PipedProcess;
    const session = world({}, early);
    await once(session);
    session.engine.last().die();
    await once(session);
    expect(session.engine.threads.map((thread) => thread.request.started)).toEqual([early, undefined]);
  });

  it("tells every run why it is not the engine that was asked for", async () => {
    const session = world();
    const other = handEngine({ name: "exec" });
    const fails = handEngine({
      opening: async () => {
        const { EngineUnavailable } = await import("../../../src/core/errors.ts");
        throw new EngineUnavailable("it is too old");
      },
    });
    const place = { id: "s", dir: "/state/s", marker: session.marker, commandsMarker: `${session.marker}.commands` };
    const codex = createStayingCodex({
      engines: [fails, other],
      place,
      early: { take: () => undefined },
      onProcess() {},
    });
    const taken = [];
    for (let runs = 0; runs < 2; runs++) {
      const source = codex.forRun(sampleThread({}));
      const one = await source.take(session.run().taking);
      taken.push(one.fallback);
      await source.giveBack(one.thread, false);
    }
    expect(taken).toEqual(Array(2).fill("app-server could not be used: it is too old"));
    expect(fails.threads).toHaveLength(1);
    await codex.close();
  });

  it("ends with the session, and nothing of it lives", async () => {
    const session = world();
    await once(session);
    expect(await session.codex.close()).toEqual(NOTHING);
    expect(session.engine.last().calls).toEqual(["open", "close"]);
    expect(await session.codex.close()).toEqual(NOTHING);
    expect(session.engine.last().calls).toEqual(["open", "close"]);
  });

  it("is written down while it is there", async () => {
    const child = await runScript("echo $$; read x", {}, 1);
    const session = world({ roots: [child.pid] });
    const owner = ownerOf(child.pid);
    await once(session);
    await once(session);
    expect(session.processes).toEqual([owner]);
    await session.codex.close();
    expect(session.processes).toEqual([owner, null]);
    expect(isGone(child.pid)).toBe(true);
  });
});

describe("giving it back", () => {
  it("ends what the turn's commands have left, and not what is Codex's", async () => {
    const session = world();
    const marks = [`${session.marker}.commands`, session.marker];
    const [command, server] = await Promise.all(
      marks.map((mark) => runScript("echo $$; read x", { [RUN_MARKER]: mark }, 1)),
    );
    const lives = () => [command, server].map((child) => !isGone(child?.pid ?? 0));
    const { given } = await once(session);
    expect(given).toEqual({ killed: [`sh (${command?.pid})`], left: [] });
    expect(lives()).toEqual([false, true]);
    expect((await session.codex.close()).killed).toEqual([`sh (${server?.pid})`]);
    expect(lives()).toEqual([false, false]);
  });

  it("interrupts a turn that goes on, and keeps Codex", async () => {
    const session = world();
    const { taking, source } = session.run();
    const { thread } = await source.take(taking);
    void thread.run({ prompt: "do it" });
    expect(await source.giveBack(thread, true)).toEqual(NOTHING);
    expect(session.engine.last().calls).toEqual(["open", "interrupt"]);
    expect((await once(session)).thread).toBe(thread);
  });

  it("keeps a Codex whose run ended before it asked for a turn", async () => {
    const session = world();
    const { taking, source } = session.run();
    const { thread } = await source.take(taking);
    await source.giveBack(thread, true);
    expect((await once(session)).thread).toBe(thread);
  });

  it.each([
    ["goes on after the interrupt", true],
    ["was asked for and never seen", false],
  ])("drops a Codex whose turn %s: it would go on behind the next one's back", async (_, prompt) => {
    const session = world({ deaf: true, prompt });
    const { taking, source } = session.run();
    const { thread } = await source.take(taking);
    void thread.run({ prompt: "do it" });
    await source.giveBack(thread, true);
    expect(session.engine.last().calls).toEqual(["open", "interrupt", "close"]);
    expect(session.processes.at(-1)).toBeNull();
    const next = await once(session, { threadId: "thread-1" });
    expect(next.thread).not.toBe(thread);
    expect(threadIds(session)).toEqual([undefined, "thread-1"]);
  });

  it("drops a Codex that was not open when the run was stopped", async () => {
    const session = world({ opening: () => new Promise(() => {}) });
    const { taking, source } = session.run({}, { unlessStopped: () => Promise.resolve() });
    const { thread } = await source.take(taking);
    await source.giveBack(thread, true);
    expect(session.engine.last().calls).toEqual(["open", "interrupt", "close"]);
  });

  it("drops a Codex of one turn", async () => {
    const session = world();
    const prepare = session.engine.prepare;
    session.engine.prepare = (request, hooks) => {
      const thread = prepare(request, hooks);
      return Object.defineProperty(thread, "stays", { value: false });
    };
    await once(session);
    await once(session, { threadId: "thread-1" });
    expect(threadIds(session)).toEqual([undefined, "thread-1"]);
    expect(session.engine.threads.map((thread) => thread.calls)).toEqual(Array(2).fill(["open", "close"]));
  });
});

describe("a Codex that dies in the middle of a turn", () => {
  /** A run whose Codex has just died. */
  async function dying(session: World, request: Partial<ThreadRequest> = {}) {
    const { events, taking, source } = session.run(request);
    const { thread } = await source.take(taking);
    const turn = thread.run({ prompt: "do it" });
    session.engine.last().die();
    await expect(turn).rejects.toMatchObject({ kind: "killed" });
    expect(await source.giveBack(thread, false)).toEqual(NOTHING);
    return { events, taking, source };
  }

  it("is started again in the same thread, though the run began that thread", async () => {
    const session = world();
    const { events, taking, source } = await dying(session);
    const again = await source.takeAgain?.(taking);
    expect(threadIds(session)).toEqual([undefined, "thread-1"]);
    expect(again).toMatchObject({ anew: false, fallback: undefined });
    expect(again?.thread.roots).toBe(session.engine.last().roots);
    expect(events.filter(({ type }) => type === "thread")).toEqual([THREAD, THREAD]);
    expect(session.engine.last().request).toMatchObject({ unspoken: true });
  });

  it("is started again in the session's thread, of which Codex must know", async () => {
    const session = world();
    await once(session);
    const { taking, source } = await dying(session, { threadId: "thread-1" });
    expect(await source.takeAgain?.(taking)).toMatchObject({ anew: false });
    expect(threadIds(session)).toEqual([undefined, "thread-1"]);
    expect(session.engine.last().request.unspoken).not.toBe(true);
  });

  it("says when it is a thread that knows nothing: the first one was never written down", async () => {
    const session = world();
    const { taking, source } = await dying(session);
    const prepare = session.engine.prepare;
    session.engine.prepare = ({ threadId: _, ...request }, hooks) => prepare(request, hooks);
    expect(await source.takeAgain?.(taking)).toMatchObject({ anew: true });
  });

  it.each([true, false])("says whether it has written down what the run asks: %s", async (hasHeard) => {
    const session = world();
    await once(session);
    const { taking } = session.run();
    const asked: string[] = [];
    const source = session.codex.forRun(sampleThread({ threadId: "thread-1" }), (threadId) => {
      asked.push(threadId);
      return hasHeard;
    });
    const { thread } = await source.take(taking);
    session.engine.last().die();
    await source.giveBack(thread, false);
    expect(await source.takeAgain?.(taking)).toMatchObject({ anew: !hasHeard });
    expect(asked).toEqual(["thread-1"]);
  });

  it("is the Codex of the next run, too", async () => {
    const session = world();
    const { taking, source } = await dying(session);
    const again = await source.takeAgain?.(taking);
    if (!again) throw new Error("it was not started again");
    const turn = again.thread.run({ prompt: "go on" });
    session.engine.last().end();
    await turn;
    await source.giveBack(again.thread, false);
    expect((await once(session)).thread).toBe(again.thread);
    expect(session.engine.threads).toHaveLength(2);
  });

  it("takes its tree with it before it is started again", async () => {
    const server = await runScript("sleep 60 & echo $!; wait", {}, 1);
    const session = world({ roots: [server.pid] });
    const { taking, source } = session.run();
    const { thread } = await source.take(taking);
    session.engine.last().die();
    const swept = await source.giveBack(thread, false);
    expect(swept.killed).toHaveLength(2);
    expect([server.pid, ...server.pids].every(isGone)).toBe(true);
    await source.takeAgain?.(taking);
  });
});

/** Before anybody could hear of a death, and when it has been heard of. */
const MOMENTS: [name: string, pass: () => Promise<void>][] = [
  ["at once", async () => {}],
  ["a moment later", () => new Promise((resolve) => setImmediate(resolve))],
];

describe("a Codex that dies between two runs", () => {
  it("goes at once with all that it had started, and the next run gets another one in the same thread", async () => {
    const server = await runScript("sleep 60 & echo $!; wait", {}, 1);
    const session = world({ roots: [server.pid] });
    const first = await once(session);
    session.engine.last().die();
    await until(() => session.processes.at(-1) === null);
    expect([server.pid, ...server.pids].every(isGone)).toBe(true);
    const next = await once(session, { threadId: "thread-1" });
    expect(next.thread).not.toBe(first.thread);
    expect(threadIds(session)).toEqual([undefined, "thread-1"]);
    expect(next.events[0]).toEqual(THREAD);
  });

  it.each(MOMENTS)("is gone before another one is opened, when the next run comes %s", async (_, moment) => {
    const server = await runScript("trap '' TERM; echo $$; while :; do sleep 0.02; done", {}, 1);
    const session = world({ roots: [server.pid] });
    await once(session);
    session.engine.last().die();
    await moment();
    const { taking, source } = session.run({ threadId: "thread-1" });
    let wasGone = false;
    const taken = await source.take({
      ...taking,
      onThread: () => {
        wasGone = isGone(server.pid);
      },
    });
    expect(wasGone).toBe(true);
    expect(session.engine.threads).toHaveLength(2);
    await source.giveBack(taken.thread, true);
  });

  it("while the commands of its last run are ended is not one that the next run gets", async () => {
    const server = await runScript("echo $$; read x", {}, 1);
    const session = world({ roots: [server.pid] });
    const heard = join(tempDir(), "heard");
    const command = await runScript(
      "trap 'touch \"$HEARD\"' TERM; echo $$; while :; do sleep 0.02; done",
      { [RUN_MARKER]: `${session.marker}.commands`, HEARD: heard },
      1,
    );
    const { taking, source } = session.run();
    const { thread } = await source.take(taking);
    const given = source.giveBack(thread, false);
    await until(() => existsSync(heard));
    session.engine.last().die();
    await given;
    expect(isGone(command.pid)).toBe(true);
    await until(() => session.processes.at(-1) === null);
    expect(isGone(server.pid)).toBe(true);
    expect((await once(session)).thread).not.toBe(thread);
  });

  it.each(MOMENTS)("leaves nothing when the session ends %s", async (_, moment) => {
    const server = await runScript("trap '' TERM; echo $$; while :; do sleep 0.02; done", {}, 1);
    const session = world({ roots: [server.pid] });
    await once(session);
    session.engine.last().die();
    await moment();
    await session.codex.close();
    expect(isGone(server.pid)).toBe(true);
  });
});
