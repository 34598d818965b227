import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../../src/core/event.ts";
import { appServer } from "../../../../src/engine/app-server/app-server.ts";
import type { Thread } from "../../../../src/engine/engine.ts";
import { openPower } from "../../../../src/run/open-power.ts";
import { stopThread } from "../../../../src/run/stop-turn.ts";
import { codexEnvironment } from "../../../../src/sys/environment.ts";
import { makePrivateDir } from "../../../../src/sys/files.ts";
import { codexBinary, inLab, type Lab, until } from "../../../kit/lab.ts";
import type { Beat } from "../../../kit/scripted-model.ts";
import { sampleRequest } from "../../core/samples.ts";

const DONE: Beat = { say: "Done.\n\nStatus: done" };
const SLEEPS: Beat = { run: "touch at-work; sleep 300", yieldMs: 60_000 };
const ASKS: Beat = { call: "ask_caller", args: { question: "Which one?" } };

interface Opened {
  lab: Lab;
  thread: Thread;
  events: RunEvent[];
  seen: (type: RunEvent["type"]) => Promise<void>;
  atWork: () => Promise<void>;
}

/** An open thread of the real Codex; it ends with the test. */
function withThread(script: Beat[] | Beat[][], body: (opened: Opened) => Promise<void>): Promise<void> {
  return inLab({ script }, async (lab) => {
    const { workspace, home } = lab;
    const runId = `r-unit-${lab.dir.slice(-6)}`;
    const place = { id: runId, dir: join(home, "record"), marker: runId, commandsMarker: runId };
    makePrivateDir(home);
    mkdirSync(place.dir);
    const env = codexEnvironment(lab.env, runId);
    const power = openPower(home, place, sampleRequest({ workspace }), env);
    const events: RunEvent[] = [];
    const thread = appServer.prepare(
      {
        cwd: workspace,
        policy: power.policy,
        env,
        codex: { command: codexBinary(), args: [] },
        scratch: place.dir,
      },
      { onEvent: (event) => void events.push(event), onRaw() {}, onStderr() {} },
    );
    try {
      await thread.open();
      await body({
        lab,
        thread,
        events,
        seen: (type) => until(() => events.some((event) => event.type === type)),
        atWork: () => until(() => existsSync(join(workspace, "at-work"))),
      });
    } finally {
      await stopThread(thread, { markers: [runId], goingOn: false });
      power.close();
    }
  });
}

const ends = (events: readonly RunEvent[]) => events.flatMap((one) => (one.type === "turn_ended" ? [one.status] : []));

describe("a turn", () => {
  it("is busy from the request on until it has ended, and the thread takes another", () =>
    withThread([[DONE], [DONE]], async ({ thread, events, lab }) => {
      expect([thread.busy, thread.stays]).toEqual([false, true]);
      for (let turns = 1; turns <= 2; turns++) {
        const turn = thread.run({ prompt: "do it" });
        expect(thread.busy).toBe(true);
        await turn;
        expect([thread.busy, thread.stays]).toEqual([false, true]);
        expect(ends(events)).toEqual(Array(turns).fill("completed"));
      }
      expect(lab.model.requests).toHaveLength(2);
    }));

  it("that was asked for a moment ago is ended by an interrupt, and never goes on behind the next one's back", () =>
    withThread([SLEEPS], async ({ thread, events, lab }) => {
      const turn = thread.run({ prompt: "do it" });
      // Codex has not answered: nobody knows its id.
      await thread.interrupt();
      expect(thread.busy).toBe(false);
      await turn;
      expect(ends(events)).toEqual(["interrupted"]);
      // The first may have ended before the model heard of it: the second must not be given its part.
      lab.model.script([DONE]);
      await thread.run({ prompt: "and now this" });
      expect(ends(events)).toEqual(["interrupted", "completed"]);
      expect(events.filter(({ type }) => type === "turn")).toHaveLength(2);
    }));

  it("is interrupted in the middle of a command, and the interrupt waits for its end", () =>
    withThread([[SLEEPS, DONE], [DONE]], async ({ thread, events, atWork }) => {
      const turn = thread.run({ prompt: "do it" });
      await atWork();
      await thread.interrupt();
      expect([thread.busy, ends(events)]).toEqual([false, ["interrupted"]]);
      await turn;
    }));

  it("that is over is not interrupted", () =>
    withThread([DONE], async ({ thread, events }) => {
      await thread.interrupt();
      await thread.run({ prompt: "do it" });
      await thread.interrupt();
      expect(ends(events)).toEqual(["completed"]);
    }));
});

describe("a message for the turn", () => {
  it("is taken while one goes on, and it is told when the model has it", () =>
    withThread(
      [{ run: "touch at-work; while [ ! -e go ]; do sleep 0.05; done", yieldMs: 60_000 }, DONE],
      async (opened) => {
        const { thread, events, atWork, lab } = opened;
        const turn = thread.run({ prompt: "do it" });
        await atWork();
        expect(await thread.steer("m-1", "use tabs")).toBe(true);
        expect(events.some(({ type }) => type === "steered")).toBe(false);
        mkdirSync(join(lab.workspace, "go"));
        await turn;
        expect(events).toContainEqual({ type: "steered", messageId: "m-1" });
        expect(lab.model.userTexts().at(-1)).toBe("use tabs");
      },
    ));

  it("is not taken before there is a turn, nor behind it", () =>
    withThread([DONE], async ({ thread }) => {
      expect(await thread.steer("m-1", "x")).toBe(false);
      const turn = thread.run({ prompt: "do it" });
      expect(await thread.steer("m-2", "x")).toBe(false);
      await turn;
      expect(await thread.steer("m-3", "x")).toBe(false);
    }));
});

describe("a Codex that is killed", () => {
  it("fails its turn, and takes nothing any more", () =>
    withThread([ASKS], async ({ thread, events, seen }) => {
      const turn = thread.run({ prompt: "do it" });
      turn.catch(() => {});
      await seen("question");
      const question = events.find((event) => event.type === "question");
      process.kill(thread.roots[0] ?? 0, "SIGKILL");
      await expect(turn).rejects.toMatchObject({ kind: "killed", message: expect.stringContaining("SIGKILL") });
      await thread.gone;
      expect(thread.stays).toBe(false);
      // An answer that nobody hears is none.
      expect(thread.answer(question?.callId ?? "", "this one")).toBe(false);
      expect(await thread.steer("m-1", "x")).toBe(false);
      await thread.interrupt();
      await expect(thread.run({ prompt: "again" })).rejects.toMatchObject({ kind: "killed" });
      expect(await thread.close(1_000)).toBe(true);
    }));

  it("between two turns is gone, and that is told", () =>
    withThread([DONE], async ({ thread }) => {
      await thread.run({ prompt: "do it" });
      process.kill(thread.roots[0] ?? 0, "SIGKILL");
      await thread.gone;
      expect([thread.stays, thread.busy]).toEqual([false, false]);
    }));

  it("while it is interrupted keeps nobody waiting", () =>
    withThread([SLEEPS], async ({ thread, atWork }) => {
      const turn = thread.run({ prompt: "do it" });
      turn.catch(() => {});
      await atWork();
      process.kill(thread.roots[0] ?? 0, "SIGSTOP");
      const interrupted = thread.interrupt();
      process.kill(thread.roots[0] ?? 0, "SIGKILL");
      await interrupted;
      await expect(turn).rejects.toMatchObject({ kind: "killed" });
    }));
});
