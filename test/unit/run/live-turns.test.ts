import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../src/core/event.ts";
import { createLiveTurns } from "../../../src/run/live-turns.ts";
import type { RunContext } from "../../../src/run/run-context.ts";
import { nextTurnState } from "../../../src/run/turn-state.ts";
import { sampleRequest, sampleSession } from "../core/samples.ts";
import { handEngine } from "../engine/hand-engine.ts";
import { sampleThread } from "../engine/sample-thread.ts";

const CANCELLED = { verdict: "cancelled", reason: "Ctrl-C" } as const;

/** A run of which only the turns matter. */
function world() {
  const events: RunEvent[] = [];
  const parked: (string | undefined)[] = [];
  const context = {
    request: sampleRequest({ workspace: "/w" }),
    session: sampleSession(),
    hooks: { onEvent: (event: RunEvent) => void events.push(event), onRaw() {}, onStderr() {} },
    onParked: (question: { question: string } | undefined) => void parked.push(question?.question),
  } as unknown as RunContext;
  const turns = createLiveTurns(context);
  const engine = handEngine();
  /** Gives the turn that lives a thread, which has begun what it was asked. */
  const take = () => {
    const { taking } = turns.now();
    const thread = engine.prepare(sampleThread({}), taking.hooks);
    taking.onThread(thread);
    void thread.run({ prompt: "do it" });
    return engine.last();
  };
  return { turns, take, events, parked };
}

describe("the turns of a run", () => {
  it("are answered and steered where they live", async () => {
    const { turns, take, parked } = world();
    const first = take();
    first.say({ type: "question", callId: "1", question: "Which?", options: [] });
    expect(turns.answer("this one")).toBe(true);
    first.end("failed");
    turns.now().watch.close();
    turns.next(nextTurnState(turns.now().watch.state()));
    // Between the two there is no thread.
    expect(turns.answer("late")).toBe(false);
    expect(await turns.steer("m", "late")).toBe(false);
    const second = take();
    second.say({ type: "question", callId: "2", question: "And which?", options: [] });
    expect(turns.answer("that one")).toBe(true);
    void turns.steer("m", "hurry");
    expect([first.calls, second.calls]).toEqual([["answer this one"], ["answer that one"]]);
    expect([first.steers.length, second.steers.length]).toEqual([0, 1]);
    expect(parked).toEqual(["Which?", undefined, "And which?", undefined]);
  });

  it("have watches of their own: what the first Codex says late is none of the second turn's", () => {
    const { turns, take, events } = world();
    const first = take();
    first.end("failed");
    const state = turns.now().watch.state();
    const { watch } = turns.next(nextTurnState(state));
    first.say({ type: "message", text: "a late word" });
    expect(watch.state()).toMatchObject({ turns: 1, messages: 0, lastMessage: "", ended: undefined });
    expect(events.at(-1)).toMatchObject({ type: "message" });
  });

  it("tell paths as the workspace has them", () => {
    const { take, events } = world();
    const files = [
      { path: "/w/src/a.ts", kind: "add" },
      { path: "/tmp/b", kind: "add" },
    ];
    take().say({ type: "edit", id: "e", ok: true, files });
    expect(events.at(-1)).toMatchObject({ files: [{ path: "src/a.ts" }, { path: "/tmp/b" }] });
  });

  it("end for the first reason that is given", () => {
    const { turns } = world();
    turns.stop(CANCELLED);
    turns.stop({ verdict: "failed", reason: "no room" });
    expect([turns.stopped(), turns.now().watch.stopped()]).toEqual([CANCELLED, CANCELLED]);
  });

  it("do not begin once the run was stopped, though no turn lived then", async () => {
    const { turns, take } = world();
    take().end("completed");
    turns.now().watch.close();
    turns.stop(CANCELLED);
    expect(turns.now().watch.stopped()).toBeUndefined();
    expect(turns.stopped()).toEqual(CANCELLED);
    const { watch, taking } = turns.next(nextTurnState(turns.now().watch.state()));
    expect(watch.stopped()).toEqual(CANCELLED);
    // Nobody waits for what will never come.
    await taking.unlessStopped(new Promise(() => {}));
    watch.close();
  });
});
