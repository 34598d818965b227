import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { interruptTurn, stopThread, sweepCommands } from "../../../src/run/stop-turn.ts";
import { RUN_MARKER } from "../../../src/sys/environment.ts";
import { handEngine } from "../engine/hand-engine.ts";
import { sampleThread } from "../engine/sample-thread.ts";
import { isGone, runScript } from "../sys/children.ts";

const HOOKS = { onEvent() {}, onRaw() {}, onStderr() {} };
const newMark = () => `unit-${randomUUID()}`;

/** A thread in the middle of a turn. */
async function busyThread(deaf: boolean, roots: number[] = []) {
  const engine = handEngine({ deaf, roots });
  const thread = engine.prepare(sampleThread({}), HOOKS);
  await thread.open();
  void thread.run({ prompt: "do it" });
  return { thread, graces: engine.last().graces, calls: engine.last().calls };
}

describe("the stop ladder", () => {
  it("interrupts a turn that goes on, then closes, then ends the tree", async () => {
    const child = await runScript("sleep 60 & echo $!; wait", {}, 1);
    const { thread, calls } = await busyThread(false, [child.pid]);
    const stopped = await stopThread(thread, { markers: [newMark()], goingOn: true });
    expect(calls).toEqual(["open", "interrupt", "close"]);
    expect(stopped.killed).toHaveLength(2);
    expect(stopped.left).toEqual([]);
    expect([child.pid, ...child.pids].every(isGone)).toBe(true);
  });

  it("interrupts nothing where the turn is over", async () => {
    const { thread, calls } = await busyThread(false);
    await stopThread(thread, { markers: [newMark()], goingOn: false });
    expect(calls).toEqual(["open", "close"]);
  });

  it("ends what carries one of the marks, wherever it went", async () => {
    const marks = [newMark(), newMark()];
    const children = await Promise.all(marks.map((mark) => runScript("echo $$; read x", { [RUN_MARKER]: mark }, 1)));
    const { thread } = await busyThread(false);
    await stopThread(thread, { markers: marks, goingOn: false });
    expect(children.every(({ pid }) => isGone(pid))).toBe(true);
  });

  it("does not wait long for one that did not hear the interrupt, nor interrupts it twice", async () => {
    const [hears, deaf, known] = await Promise.all([busyThread(false), busyThread(true), busyThread(true)]);
    await Promise.all([
      stopThread(hears.thread, { markers: [newMark()], goingOn: true }),
      stopThread(deaf.thread, { markers: [newMark()], goingOn: true }),
      stopThread(known.thread, { markers: [newMark()], goingOn: "deaf" }),
    ]);
    expect([hears, deaf, known].map(({ calls }) => calls)).toEqual([
      ["open", "interrupt", "close"],
      ["open", "interrupt", "close"],
      ["open", "close"],
    ]);
    const [patient = 0] = hears.graces;
    expect(deaf.graces).toEqual(known.graces);
    expect(deaf.graces[0]).toBeLessThan(patient);
  });
});

describe("an interrupt", () => {
  it("is heard by a Codex that ends its turn", async () => {
    const { thread } = await busyThread(false);
    expect(thread.busy).toBe(true);
    expect(await interruptTurn(thread)).toBe(true);
    expect(thread.busy).toBe(false);
  });

  it("is not waited for for ever", async () => {
    const { thread } = await busyThread(true);
    expect(await interruptTurn(thread)).toBe(false);
  });
});

it("the sweep behind a turn ends its commands, and not the Codex that stays", async () => {
  const session = newMark();
  const [codex, command] = await Promise.all(
    [session, `${session}.commands`].map((mark) => runScript("echo $$; read x", { [RUN_MARKER]: mark }, 1)),
  );
  const swept = await sweepCommands(`${session}.commands`);
  expect(swept).toEqual({ killed: [`sh (${command?.pid})`], left: [] });
  expect([codex, command].map((child) => isGone(child?.pid ?? 0))).toEqual([false, true]);
});
