import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RunEvent, TurnError } from "../../../src/core/event.ts";
import type { Limits } from "../../../src/core/request.ts";
import type { StopCause } from "../../../src/run/decide-verdict.ts";
import { initialTurnState } from "../../../src/run/turn-state.ts";
import { createTurnWatch } from "../../../src/run/turn-watch.ts";

const S = 1_000;
const NO_LIMITS: Limits = { totalMs: 0, idleMs: 0, maxSteps: 0, holdMs: 0, checkMs: 0 };
const CANCELLED: StopCause = { verdict: "cancelled", reason: "Ctrl-C" };
const LOST: TurnError = { message: "Connection failed: error sending request" };
const REJECTED: TurnError = { message: "unexpected status 401 Unauthorized", httpStatus: 401 };

const activity: RunEvent = { type: "activity" };
const message: RunEvent = { type: "message", text: "m" };
const started: RunEvent = { type: "command_started", id: "c", command: "c" };
const ended: RunEvent = { type: "command_ended", id: "c", command: "c", exitCode: 0, output: "" };
const edit: RunEvent = { type: "edit", id: "e", ok: true, files: [] };
const question: RunEvent = { type: "question", callId: "q", question: "Which?", options: [] };
const answered: RunEvent = { type: "answered", callId: "q" };
const turnEnded: RunEvent = { type: "turn_ended", status: "completed" };
const retry = (error: TurnError): RunEvent => ({ type: "retry", message: error.message, error });

function watchTurn(limits: Partial<Limits>) {
  const watch = createTurnWatch({ ...NO_LIMITS, ...limits }, initialTurnState(), Date.now());
  const notices: string[] = [];
  watch.onNotice((event) => notices.push("message" in event ? event.message : event.type));
  return {
    watch,
    notices,
    see: (...events: RunEvent[]) => {
      for (const event of events) watch.see(event, Date.now());
    },
    pass: (seconds: number) => vi.advanceTimersByTime(seconds * S),
    why: () => watch.stopped()?.reason,
  };
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 * S });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("limits", () => {
  it("of time: a notice when the window opens, the stop when it has passed", () => {
    const { pass, notices, watch } = watchTurn({ totalMs: 60 * S });
    pass(59);
    expect(notices).toEqual([]);
    pass(1);
    expect(notices).toEqual(["the total limit has passed; 60 s of grace"]);
    expect(watch.stopped()).toBeUndefined();
    pass(60);
    expect(watch.stopped()).toEqual({
      verdict: "timeout",
      reason: "the run took longer than 60 s and the grace window",
      hint: "split the task, or raise --timeout",
    });
    expect(notices).toHaveLength(1);
  });

  it("of silence", () => {
    const { pass, see, notices, watch } = watchTurn({ idleMs: 20 * S });
    pass(15);
    see(activity);
    pass(19);
    expect(notices).toEqual([]);
    pass(1);
    expect(notices).toEqual(["the idle limit has passed; 20 s of grace"]);
    pass(20);
    expect(watch.stopped()).toEqual({
      verdict: "timeout",
      reason: "Codex was silent for longer than 20 s and the grace window",
      hint: "split the task, or raise --idle-timeout",
    });
  });

  it("of silence stand still while a command runs", () => {
    const { pass, see, why } = watchTurn({ idleMs: 20 * S });
    see(started);
    pass(3_600);
    see(ended);
    pass(39);
    expect(why()).toBeUndefined();
    pass(1);
    expect(why()).toMatch(/silent/);
  });

  it("of time stand still while a question waits", () => {
    const { pass, see, notices, why } = watchTurn({ totalMs: 60 * S, idleMs: 20 * S });
    see(question);
    pass(900);
    expect(notices).toEqual([]);
    see(answered);
    pass(19);
    expect(notices).toEqual([]);
    pass(21);
    expect(why()).toMatch(/silent/);
  });

  it("stand still while we do work of our own, and go on behind it", async () => {
    const { pass, notices, why, watch } = watchTurn({ totalMs: 60 * S, idleMs: 20 * S });
    pass(10);
    expect(
      await watch.paused(async () => {
        pass(900);
        return notices.length;
      }),
    ).toBe(0);
    pass(19);
    expect(notices).toEqual([]);
    pass(21);
    expect(why()).toMatch(/silent/);
  });

  it("go on behind work of our own that failed", async () => {
    const { pass, notices, watch } = watchTurn({ idleMs: 20 * S });
    await expect(watch.paused(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    pass(20);
    expect(notices).toEqual(["the idle limit has passed; 20 s of grace"]);
  });

  it("longer than a timer can hold are kept all the same", () => {
    const days = 60 * 24 * 3_600;
    const { pass, notices } = watchTurn({ totalMs: days * S });
    pass(days - 1);
    expect(notices).toEqual([]);
    pass(1);
    expect(notices).toHaveLength(1);
  });

  it("that are 0 are none", () => {
    const { pass, see, why } = watchTurn({});
    for (let at = 0; at < 200; at++) see(started, ended, edit);
    pass(1_000_000);
    expect(why()).toBeUndefined();
  });
});

it("does not count the steps of an earlier turn", () => {
  const before = { ...initialTurnState(), commands: 3, edits: 2 };
  const watch = createTurnWatch({ ...NO_LIMITS, maxSteps: 2 }, before, Date.now());
  for (const event of [started, ended, edit]) watch.see(event, Date.now());
  expect(watch.stopped()).toBeUndefined();
  watch.see(started, Date.now());
  expect(watch.stopped()?.verdict).toBe("timeout");
  expect(watch.state()).toMatchObject({ commands: 5, edits: 3 });
});

describe("the limit of steps", () => {
  it.each<[name: string, events: RunEvent[], stops: boolean]>([
    ["exactly as many", [started, ended, edit, started], false],
    ["one more command", [started, edit, started, started], true],
    ["one more edit", [started, edit, started, edit], true],
    ["what is no step", [started, edit, started, message, activity, ended, ended], false],
  ])("%s", (_, events, stops) => {
    const { see, watch } = watchTurn({ maxSteps: 3 });
    see(...events);
    expect(watch.stopped()).toEqual(
      stops
        ? {
            verdict: "timeout",
            reason: "the turn took more than 3 commands and edits",
            hint: "split the task, or raise --max-steps",
          }
        : undefined,
    );
  });
});

describe("Codex's own retrying", () => {
  it("is ended 5 s after the connection was lost", () => {
    const { see, pass, watch } = watchTurn({});
    see(retry(LOST));
    pass(4.9);
    expect(watch.stopped()).toBeUndefined();
    see(retry(LOST));
    pass(0.1);
    expect(watch.stopped()).toMatchObject({ verdict: "fatal", reason: expect.stringContaining(LOST.message) });
  });

  it.each([message, started])("goes on when $type shows that it works again", (sign) => {
    const { see, pass, why } = watchTurn({});
    see(retry(LOST));
    // The model thinks for as long as it likes.
    pass(119);
    expect(why()).toBeUndefined();
    see(sign);
    pass(119);
    expect(why()).toBeUndefined();
    see(retry(LOST));
    pass(120);
    expect(why()).toBeDefined();
  });

  it("is ended at once when the login is rejected twice", () => {
    const { see, pass, watch } = watchTurn({});
    see(retry(REJECTED));
    pass(60);
    expect(watch.stopped()).toBeUndefined();
    see(retry(REJECTED));
    pass(0);
    expect(watch.stopped()).toMatchObject({ verdict: "fatal", reason: expect.stringContaining("401") });
  });

  it("is no matter once the turn has ended", () => {
    const { see, pass, why } = watchTurn({});
    see(retry(LOST), turnEnded);
    pass(60);
    expect(why()).toBeUndefined();
  });
});

describe("a sandbox that can't start", () => {
  it.each([
    "bwrap: No permissions to create new namespace, likely because the kernel does not allow it",
    "bwrap: Creating new namespace failed: Operation not permitted",
    "bwrap: setting up uid map: Permission denied",
    "first line\nbwrap: setting up uid map: Permission denied\n",
  ])("ends the run: %j", (output) => {
    const { see, watch } = watchTurn({});
    see(started, { ...ended, exitCode: 1, output });
    expect(watch.stopped()).toMatchObject({ verdict: "fatal", reason: expect.stringContaining("bwrap: ") });
  });

  it.each([
    "bwrap: Can't find source path /x",
    "see bwrap: setting up uid map",
    "",
    "step 1\nbwrap: No permissions to create new namespace\nstep 2\n",
  ])("is not seen in %j", (output) => {
    const { see, why } = watchTurn({});
    see(started, { ...ended, exitCode: 1, output });
    expect(why()).toBeUndefined();
  });
});

describe("the stop", () => {
  it("has the first cause; what follows from it is none", () => {
    const { watch, see, pass } = watchTurn({ totalMs: 10 * S, maxSteps: 1 });
    watch.stop(CANCELLED);
    see(started, started, retry(LOST));
    watch.stop({ verdict: "failed", reason: "later" });
    pass(60);
    expect(watch.stopped()).toBe(CANCELLED);
  });

  it("comes too late when the turn is over", () => {
    const { watch } = watchTurn({});
    watch.close();
    watch.stop(CANCELLED);
    expect(watch.stopped()).toBeUndefined();
  });

  it("wakes whoever waits for the work", async () => {
    const { watch } = watchTurn({});
    const waiting = watch.unlessStopped(new Promise(() => {}));
    watch.stop(CANCELLED);
    await waiting;
    await watch.unlessStopped(new Promise(() => {}));
  });

  it("leaves the work's own end as it is", async () => {
    const { watch } = watchTurn({});
    await watch.unlessStopped(Promise.resolve());
    await expect(watch.unlessStopped(Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  });

  it("makes what becomes of the work nobody's business", async () => {
    const { watch } = watchTurn({});
    watch.stop(CANCELLED);
    let fail: (error: Error) => void = () => {};
    await watch.unlessStopped(new Promise((_, reject) => (fail = reject)));
    fail(new Error("unheard"));
    await Promise.resolve();
  });
});

describe("what is kept", () => {
  it("is the state of the turn", () => {
    const { watch, see } = watchTurn({});
    see(started, ended, message);
    expect(watch.state()).toMatchObject({ commands: 1, messages: 1, lastMessage: "m" });
  });

  it("is no timer after the end", () => {
    const { watch, see } = watchTurn({ totalMs: 60 * S, idleMs: 20 * S });
    see(retry(LOST), activity);
    expect(vi.getTimerCount()).toBe(2);
    watch.close();
    expect(vi.getTimerCount()).toBe(0);
    see(activity);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is no clock after a stop", () => {
    const { watch, see } = watchTurn({ totalMs: 60 * S });
    watch.stop(CANCELLED);
    see(activity);
    expect(vi.getTimerCount()).toBe(0);
  });
});
