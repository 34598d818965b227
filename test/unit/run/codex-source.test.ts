import { describe, expect, it } from "vitest";
import { AskCodexError, EngineUnavailable, NO_SESSION } from "../../../src/core/errors.ts";
import type { RunEvent } from "../../../src/core/event.ts";
import type { ThreadRequest } from "../../../src/engine/engine.ts";
import { codexOfRun, openThread, type Taking } from "../../../src/run/codex-source.ts";
import { readProcess } from "../../../src/sys/process-table.ts";
import type { PipedProcess } from "../../../src/sys/spawn.ts";
import { type HandThread, handEngine } from "../engine/hand-engine.ts";
import { sampleThread } from "../engine/sample-thread.ts";
import { isGone, runScript, until } from "../sys/children.ts";

/** What a run brings, and what it hears. */
function taking(over: Partial<Taking> = {}) {
  const events: RunEvent[] = [];
  const threads: unknown[] = [];
  return {
    events,
    threads,
    hooks: { onEvent: (event: RunEvent) => events.push(event), onRaw() {}, onStderr() {} },
    onThread: (thread: unknown) => void threads.push(thread),
    unlessStopped: (work: Promise<void>) => work,
    ...over,
  };
}

/** Says each of these when a thread is opened, one after the other; after that it opens. */
function failing(...errors: (Error | ((thread: HandThread) => Promise<Error | undefined>))[]) {
  let at = 0;
  return async (thread: HandThread) => {
    const next = errors[at++];
    const error = typeof next === "function" ? await next(thread) : next;
    if (error) throw error;
  };
}

const cant = (message: string) => new EngineUnavailable(message);
const killedAtStart = new EngineUnavailable("Codex was killed by SIGKILL at its start", { killed: true });
const killed = new AskCodexError("killed", "Codex was killed by SIGKILL");
const unknown = new AskCodexError("fatal", `${NO_SESSION} (no rollout found)`);
const STARTED = { pid: 4242 } as unknown as PipedProcess;
const callsOf = (threads: readonly HandThread[]) => threads.map((thread) => thread.calls);

describe("opening a thread", () => {
  it("takes the first engine", async () => {
    const [one, two] = [handEngine(), handEngine({ name: "exec" })];
    const run = taking();
    expect(await openThread([one, two], sampleThread({}), run)).toEqual({ thread: one.last(), fallback: undefined });
    expect(two.threads).toEqual([]);
    expect(run.threads).toEqual([one.last()]);
    expect(run.events).toEqual([{ type: "thread", threadId: "thread-1", model: "m" }]);
  });

  it("takes the next one where the first can't, says why, and leaves nothing of the first", async () => {
    const [one, two] = [handEngine({ opening: failing(cant("it is too old")) }), handEngine({ name: "exec" })];
    const run = taking();
    const taken = await openThread([one, two], sampleThread({}), run);
    const why = "app-server could not be used: it is too old";
    expect(taken).toEqual({ thread: two.last(), fallback: why });
    expect(callsOf(one.threads)).toEqual([["open", "close"]]);
    expect(run.threads).toEqual([one.last(), two.last()]);
    expect(run.events[0]).toEqual({ type: "warning", message: why });
  });

  it("is fatal where none can, and says the last reason", async () => {
    const engines = [
      handEngine({ opening: failing(cant("a")) }),
      handEngine({ name: "exec", opening: failing(cant("b")) }),
    ];
    await expect(openThread(engines, sampleThread({}), taking())).rejects.toMatchObject({
      kind: "fatal",
      message: expect.stringContaining("exec could not be used: b"),
    });
  });

  it("does not ask another engine what this one has refused", async () => {
    const refused = new AskCodexError("refused", "the session is busy");
    const [one, two] = [handEngine({ opening: failing(refused) }), handEngine({ name: "exec" })];
    await expect(openThread([one, two], sampleThread({}), taking())).rejects.toBe(refused);
    expect(two.threads).toEqual([]);
  });

  it("ends with the stop of the run, and hands over what there is to end", async () => {
    const one = handEngine({ opening: () => new Promise(() => {}) });
    const run = taking({ unlessStopped: () => Promise.resolve() });
    expect(await openThread([one], sampleThread({}), run)).toEqual({ thread: one.last(), fallback: undefined });
    expect(run.events).toEqual([]);
  });
});

describe("a Codex that was started before", () => {
  const startedOf = (threads: readonly HandThread[]) => threads.map((thread) => thread.request.started);

  it("is that of the first try alone", async () => {
    const one = handEngine({ opening: failing(killedAtStart) });
    await openThread([one], sampleThread({ started: STARTED }), taking());
    expect(startedOf(one.threads)).toEqual([STARTED, undefined]);
  });
});

describe("a Codex that is killed before its thread is open", () => {
  it.each([
    ["at its start", killedAtStart],
    ["while the thread is opened", killed],
  ])("%s: the engine gets a second one, without a word", async (_, error) => {
    const [one, two] = [handEngine({ opening: failing(error) }), handEngine({ name: "exec" })];
    const run = taking();
    expect(await openThread([one, two], sampleThread({}), run)).toEqual({ thread: one.last(), fallback: undefined });
    expect(callsOf(one.threads)).toEqual([["open", "close"], ["open"]]);
    expect(run.threads).toEqual(one.threads);
    expect(run.events).toEqual([{ type: "thread", threadId: "thread-2", model: "m" }]);
    expect(two.threads).toEqual([]);
  });

  it("twice at its start: the next engine is tried", async () => {
    const [one, two] = [handEngine({ opening: failing(killedAtStart, killedAtStart) }), handEngine({ name: "exec" })];
    expect(await openThread([one, two], sampleThread({}), taking())).toMatchObject({ thread: two.last() });
    expect(one.threads).toHaveLength(2);
  });

  it("twice while the thread is opened: that is how the run ended", async () => {
    const [one, two] = [handEngine({ opening: failing(killed, killed) }), handEngine({ name: "exec" })];
    await expect(openThread([one, two], sampleThread({}), taking())).rejects.toBe(killed);
    expect(two.threads).toEqual([]);
  });

  it("leaves nothing of what it had started", async () => {
    const server = await runScript("sleep 60 & echo $!; wait", {}, 1);
    const one = handEngine({ opening: failing(killed) });
    const prepare: typeof one.prepare = (request, hooks) => {
      const thread = one.prepare(request, hooks);
      return one.threads.length === 1 ? { ...thread, roots: [server.pid] } : thread;
    };
    await openThread([{ ...one, prepare }], sampleThread({}), taking());
    await until(() => readProcess(server.pid) === undefined);
    expect([server.pid, ...server.pids].every(isGone)).toBe(true);
  });
});

describe("a thread that Codex does not know", () => {
  const going = (over: Partial<ThreadRequest>) => sampleThread({ threadId: "01a1", ...over });

  it("is begun anew where nothing was ever said in it", async () => {
    const one = handEngine({ opening: failing(unknown) });
    const run = taking();
    await openThread([one], going({ unspoken: true }), run);
    expect(one.threads.map((thread) => thread.request.threadId)).toEqual(["01a1", undefined]);
    expect(callsOf(one.threads)).toEqual([["open", "close"], ["open"]]);
    expect(run.events).toEqual([
      { type: "warning", message: expect.stringContaining("a new one") },
      { type: "thread", threadId: "thread-2", model: "m" },
    ]);
  });

  it("is fatal where something was", async () => {
    const one = handEngine({ opening: failing(unknown) });
    await expect(openThread([one], going({}), taking())).rejects.toBe(unknown);
  });

  it("is asked for once", async () => {
    const one = handEngine({ opening: failing(unknown, unknown) });
    await expect(openThread([one], going({ unspoken: true }), taking())).rejects.toBe(unknown);
    expect(one.threads).toHaveLength(2);
  });
});

describe("a Codex for one run", () => {
  it("is opened by taking it, and gone when it is given back", async () => {
    const one = handEngine();
    const source = codexOfRun([one], sampleThread({}), "r-unit-codex-source");
    const { thread } = await source.take(taking());
    expect(source.strays(thread)).toEqual({ markers: ["r-unit-codex-source"], roots: [] });
    expect(await source.giveBack(thread, false)).toEqual({ killed: [], left: [] });
    expect(one.last().calls).toEqual(["open", "close"]);
    expect(source.takeAgain).toBeUndefined();
  });

  it("goes on for one more turn in its thread, with the engine that it has and no other", async () => {
    const [one, two] = [handEngine({ opening: failing(cant("it is too old")) }), handEngine({ name: "exec" })];
    const request = sampleThread({ started: STARTED, adopted: true, unspoken: true });
    const source = codexOfRun([one, two], request, "r-unit-codex-source");
    const { thread } = await source.take(taking());
    await source.giveBack(thread, false);
    const next = await source.takeNext(taking(), { threadId: "thread-1", engine: "exec" });
    expect(next).toEqual({ thread: two.last(), fallback: undefined });
    expect([one.threads.length, two.threads.length]).toEqual([1, 2]);
    expect(two.last().request).toMatchObject({ threadId: "thread-1", adopted: false, unspoken: false });
    expect(two.last().request.started).toBeUndefined();
  });

  it("is interrupted first where its turn goes on", async () => {
    const one = handEngine();
    const source = codexOfRun([one], sampleThread({}), "r-unit-codex-source");
    const { thread } = await source.take(taking());
    void thread.run({ prompt: "do it" });
    await source.giveBack(thread, true);
    expect(one.last().calls).toEqual(["open", "interrupt", "close"]);
  });
});
