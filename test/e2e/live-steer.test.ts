import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Lab, until } from "../kit/lab.ts";
import {
  asked,
  atWork,
  begin,
  broker,
  DONE,
  ended,
  inLive,
  letGo,
  longTime,
  messagesOf,
  parked,
  processesWith,
  runStatus,
  STREAMING,
  saidTo,
  send,
  status,
  UNTIL_GO,
  verdictOf,
} from "../kit/live.ts";

const BUSY = { script: [[UNTIL_GO, DONE], [DONE]] };

/** The types of the last items of the last request, and the text of the very last one. */
const lastItems = (lab: Lab, count: number): string[] =>
  (lab.model.requests.at(-1)?.body.input ?? []).slice(-count).map((item) => item.role ?? item.type);

test("a steer in the middle of a command is in the next request, behind the command's output", () =>
  inLive(BUSY, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await atWork(lab);
    const sent = await broker(lab, "send", "--steer", id, "use tabs");
    expect(sent.code, sent.stderr).toBe(0);
    expect(sent.lines).toMatchObject({ delivery: "steered", run_id, queue_depth: "0" });
    const second = await send(lab, id, "and no blank lines", "--steer");
    expect(second).toMatchObject({ delivery: "steered", run_id, note: null });
    letGo(lab);
    await ended(lab, run_id);
    expect(lastItems(lab, 3)).toEqual(["function_call_output", "user", "user"]);
    expect(saidTo(lab).slice(1)).toEqual(["use tabs", "and no blank lines"]);
    expect(lab.receipt(run_id)).toMatchObject({ verdict: "done", counts: { turns: 1, commands: 1 } });
    expect(lab.model.requests).toHaveLength(2);
    expect(messagesOf(lab, id).map((one) => [one.delivery, one.state, one.run_id])).toEqual([
      ["queue", "consumed", run_id],
      ["steer", "consumed", run_id],
      ["steer", "consumed", run_id],
    ]);
  }));

test("a steer while text streams ends that text, and the next request has the steer in the same turn", () =>
  inLive({ script: [[STREAMING], [DONE]] }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await asked(lab, 1);
    await until(() => runStatus(lab, run_id).sent === true);
    expect(await send(lab, id, "about something else", "--steer")).toMatchObject({ delivery: "steered", run_id });
    await ended(lab, run_id);
    expect(saidTo(lab).slice(1)).toEqual(["about something else"]);
    expect(lab.receipt(run_id)).toMatchObject({ verdict: "done", counts: { turns: 1 } });
  }));

test("a steer that finds no turn is a message like another, and the receipt says so", () =>
  inLive({ script: [DONE] }, async (lab) => {
    const verify = "touch verifying; while [ ! -e go ]; do sleep 0.05; done";
    const { broker_id: id, run_id } = await begin(lab, "--verify", verify);
    await until(() => existsSync(join(lab.workspace, "verifying")));
    const late = await send(lab, id, "too late", "--steer");
    expect(late).toMatchObject({ delivery: "queued", queue_depth: 1, note: expect.stringMatching(/turn|queued/) });
    expect(late.run_id).not.toBe(run_id);
    letGo(lab);
    await ended(lab, late.run_id);
    const none = await send(lab, id, "nothing runs", "--steer");
    expect(none).toMatchObject({ delivery: "started", note: expect.stringMatching(/turn|idle/) });
    await ended(lab, none.run_id);
    expect(saidTo(lab).slice(1)).toEqual(["too late", "nothing runs"]);
    expect([late.run_id, none.run_id].map((run) => verdictOf(lab, run))).toEqual(["done", "done"]);
    expect(messagesOf(lab, id).map((one) => [one.state, one.run_id])).toEqual(
      [run_id, late.run_id, none.run_id].map((run) => ["consumed", run]),
    );
  }));

test("a steer while a question waits does not answer it", () =>
  inLive({ script: [[{ call: "ask_caller", args: { question: "Which one?" } }, DONE], [DONE]] }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await parked(lab, run_id);
    const steer = await send(lab, id, "be quick", "--steer");
    expect((await status(lab, id)).question?.question).toBe("Which one?");
    expect((await broker(lab, "answer", "--wait", id, "the first")).code).toBe(0);
    await ended(lab, steer.run_id);
    expect(JSON.stringify(lab.model.requests[1]?.body.input)).toContain("the first");
    expect(saidTo(lab).filter((text) => text === "be quick")).toHaveLength(1);
  }));

test("an interrupt ends the turn with its commands, and its message runs next, before those that wait", () => {
  const time = longTime();
  const run = `touch at-work; setsid sleep ${time} & sleep ${time}`;
  return inLive({ script: [[{ run, yieldMs: 60_000 }, DONE], [DONE]] }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await atWork(lab);
    const patient = await send(lab, id, "when you have time");
    const urgent = await send(lab, id, "drop it, do this", "--interrupt");
    expect(urgent.delivery).toMatch(/^(started|queued)$/);
    await ended(lab, run_id);
    expect(processesWith(time)).toEqual([]);
    await ended(lab, patient.run_id);
    expect([run_id, urgent.run_id, patient.run_id].map((one) => verdictOf(lab, one))).toEqual([
      "cancelled",
      "done",
      "done",
    ]);
    expect(saidTo(lab).slice(1)).toEqual(["drop it, do this", "when you have time"]);
    expect(lab.receipt(run_id).reason).toMatch(/message|interrupt/);
    expect(lab.receipt(run_id).processes.left).toEqual([]);
    expect(await status(lab, id)).toMatchObject({ status: "waiting_input", queue_depth: 0 });
  });
});

test("a run whose time is up ends with its commands; the session and its Codex go on", () => {
  const time = longTime();
  const script = [[DONE], [{ run: `sleep ${time}`, yieldMs: 60_000 }, DONE], [DONE]];
  return inLive({ script }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await ended(lab, run_id);
    const slow = await send(lab, id, "take your time", "--timeout", "1");
    await ended(lab, slow.run_id);
    expect([verdictOf(lab, slow.run_id), processesWith(time)]).toEqual(["timeout", []]);
    expect(await status(lab, id)).toMatchObject({ status: "attention_required", last_verdict: "timeout" });
    lab.model.script([DONE]);
    const next = await send(lab, id, "go on");
    await ended(lab, next.run_id);
    expect([next.delivery, verdictOf(lab, next.run_id), saidTo(lab).at(-1)]).toEqual(["started", "done", "go on"]);
    expect(lab.receipt(next.run_id).session_id).toBe(lab.receipt(run_id).session_id);
  });
});

test("an interrupt while a question waits, and one to an idle session", () =>
  inLive({ script: [[{ call: "ask_caller", args: { question: "Which one?" } }, DONE], [DONE]] }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await parked(lab, run_id);
    const next = await send(lab, id, "never mind", "--interrupt");
    await ended(lab, next.run_id);
    expect([verdictOf(lab, run_id), verdictOf(lab, next.run_id)]).toEqual(["cancelled", "done"]);
    const idle = await send(lab, id, "and again", "--interrupt");
    expect(idle.delivery).toBe("started");
    await ended(lab, idle.run_id);
    expect(saidTo(lab).slice(1)).toEqual(["never mind", "and again"]);
  }));

test("three interrupts at once: one run at a time, each message once", () =>
  inLive(BUSY, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await atWork(lab);
    const texts = ["a", "b", "c"];
    const sent = await Promise.all(texts.map((text) => send(lab, id, text, "--interrupt")));
    letGo(lab);
    await Promise.all(sent.map((one) => ended(lab, one.run_id)));
    expect(verdictOf(lab, run_id)).toBe("cancelled");
    const runs = messagesOf(lab, id).slice(1);
    expect(runs.map((one) => one.state)).toEqual(["consumed", "consumed", "consumed"]);
    // One that is cut before Codex was given it leaves no trace in the thread.
    const heard = saidTo(lab).slice(1);
    expect(new Set(heard).size).toBe(heard.length);
    const last = runs.at(-1);
    expect([heard.at(-1), verdictOf(lab, last?.run_id ?? "")]).toEqual([last?.text, "done"]);
  }));

test("a run of ask_codex takes messages while it lives: into its turn, and behind it", () =>
  inLive(BUSY, async (lab) => {
    const client = lab.start("ask_codex", ["do it; the tests must pass"]);
    const runId = await client.line("run_id");
    await atWork(lab);
    expect(await send(lab, runId, "use tabs", "--steer")).toMatchObject({ delivery: "steered", run_id: runId });
    const next = await send(lab, runId, "and then this");
    expect(next).toMatchObject({ delivery: "queued", queue_depth: 1 });
    letGo(lab);
    const done = await client.done;
    expect(done.lines, done.stderr).toMatchObject({ run_id: runId, verdict: "done" });
    await ended(lab, next.run_id);
    expect(verdictOf(lab, next.run_id)).toBe("done");
    expect(saidTo(lab).slice(1)).toEqual(["use tabs", "and then this"]);
    expect(await lab.left()).toEqual([]);
    const late = await broker(lab, "send", "--steer", runId, "too late");
    expect(late.code, late.stdout).toBe(75);
    expect(await status(lab, runId)).toMatchObject({ status: "stopped", run_id: next.run_id });
  }));

test("where Codex can't be steered, a steer waits for its own turn, in the same thread", () =>
  inLive(BUSY, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab, "--engine", "exec");
    await atWork(lab);
    const late = await send(lab, id, "use tabs", "--steer");
    expect(late).toMatchObject({ delivery: "queued", note: expect.stringMatching(/turn/) });
    letGo(lab);
    await ended(lab, late.run_id);
    expect(saidTo(lab).slice(1)).toEqual(["use tabs"]);
    expect(lab.receipt(run_id)).toMatchObject({ verdict: "done", engine: { name: "exec" } });
    expect(lab.receipt(late.run_id)).toMatchObject({ verdict: "done", session_id: lab.receipt(run_id).session_id });
  }));
