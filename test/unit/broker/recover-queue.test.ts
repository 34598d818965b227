import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { recoverQueue } from "../../../src/broker/recover-queue.ts";
import { takeSeat } from "../../../src/broker/seat.ts";
import { readConsumed, readQueue, readWaiting } from "../../../src/broker/store/queue.ts";
import { isRunId } from "../../../src/core/ids.ts";
import { readReceipt } from "../../../src/run/record.ts";
import { runDir } from "../../../src/sys/paths.ts";
import { THREAD_ID } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";
import { DEAD, newSession, runId, WORKSPACE } from "./store/new-session.ts";

const RUN = runId(1);

/** A session whose broker has just come up behind one that ended in the middle. */
function world() {
  const session = newSession();
  session.broker();
  const codexHome = tempDir();
  const recover = () => {
    recoverQueue(takeSeat(session.dir), { CODEX_HOME: codexHome });
    return readQueue(session.ref).map((one) => [one.text, one.state, one.run_id]);
  };
  const dirOf = (id: string) => runDir(session.home, WORKSPACE, id);
  /** What Codex has written down of its thread. */
  const thread = (text: string) => {
    const day = join(codexHome, "sessions", "2026", "11", "21");
    mkdirSync(day, { recursive: true });
    writeFileSync(join(day, `rollout-2026-11-21T05-11-03-${THREAD_ID}.jsonl`), text);
  };
  return { ...session, recover, dirOf, thread };
}

describe("a message that waits", () => {
  it("goes on waiting where nothing was begun", () => {
    const { message, recover, ref } = world();
    message(1);
    message(2, { delivery: "interrupt" });
    const before = readQueue(ref);
    expect(recover()).toEqual([
      ["message 1", "queued", null],
      ["message 2", "queued", null],
    ]);
    expect(readQueue(ref)).toEqual(before);
  });

  it("keeps its run id where its record was only half made, and that goes", () => {
    const { message, recover, ref, dirOf } = world();
    message(1);
    mkdirSync(join(dirOf(RUN), "tree"), { recursive: true });
    expect(recover()).toEqual([["message 1", "queued", null]]);
    expect(existsSync(dirOf(RUN))).toBe(false);
    expect(readWaiting(ref)[0]?.request.runId).toBe(RUN);
  });

  it.each(["queued", "running"] as const)(
    "keeps its run id where the record was whole (%s) and the run not begun: it would not be heard of again",
    (state) => {
      const { message, run, recover, ref, dirOf } = world();
      message(1);
      run(RUN, { state, ...(state === "running" ? { owner: DEAD } : {}) });
      expect(recover()).toEqual([["message 1", "queued", null]]);
      expect(existsSync(dirOf(RUN))).toBe(false);
      expect(readWaiting(ref)[0]?.request.runId).toBe(RUN);
    },
  );

  it("is consumed where Codex was given it: a power failure can take back only the word of it", () => {
    const { message, run, recover, ref, dirOf } = world();
    message(1);
    run(RUN, { state: "running", owner: DEAD, sent: true });
    expect(recover()).toEqual([["message 1", "consumed", RUN]]);
    expect(readConsumed(ref)?.run_id).toBe(RUN);
    expect(existsSync(dirOf(RUN))).toBe(true);
  });

  it("waits as another run where a reader has found its run lost", () => {
    const { message, over, recover, ref, dirOf } = world();
    message(1);
    over(RUN, { verdict: "lost" });
    expect(recover()).toEqual([["message 1", "queued", null]]);
    const [again] = readWaiting(ref);
    expect(again?.request.runId).not.toBe(RUN);
    expect(isRunId(again?.request.runId ?? "")).toBe(true);
    expect(again?.why).toContain(RUN);
    expect(existsSync(dirOf(RUN))).toBe(true);
  });

  it.each(["failed", "cancelled", "done"] as const)("is consumed where its run ended otherwise (%s)", (verdict) => {
    const { message, over, recover } = world();
    message(1);
    over(RUN, { verdict });
    expect(recover()).toEqual([["message 1", "consumed", RUN]]);
  });
});

describe("a message that was steered, of which nobody could write down what became", () => {
  it.each([
    ["has it in Codex's thread: consumed in the last run", true],
    ["has it not: it gets a turn of its own", false],
  ])("%s", (_, isGiven) => {
    const { message, session, over, recover, thread } = world();
    session({ session_id: THREAD_ID, runs: [runId(5), runId(6)] });
    over(runId(6), { verdict: "lost" });
    const steered = message(1, { delivery: "steer" });
    const waits = message(2);
    thread(`{"user":"${waits.message_id}"}\n${isGiven ? `{"user":"${steered.message_id}"}\n` : ""}`);
    expect(recover()).toEqual([
      isGiven ? ["message 1", "consumed", runId(6)] : ["message 1", "queued", null],
      // A message like another is not looked for: it may be named by what Codex has read.
      ["message 2", "queued", null],
    ]);
  });

  it("waits where there is no thread yet", () => {
    const { message, recover } = world();
    message(1, { delivery: "steer" });
    expect(recover()).toEqual([["message 1", "queued", null]]);
  });
});

describe("the message that was consumed last", () => {
  const consumed = { state: "consumed", run_id: RUN } as const;

  it("waits as another run where its run was lost before Codex was given it", () => {
    const { message, over, recover, ref } = world();
    message(1, consumed);
    over(RUN, { verdict: "lost" });
    message(2);
    expect(recover()).toEqual([
      ["message 1", "queued", null],
      ["message 2", "queued", null],
    ]);
    expect(readWaiting(ref).map((one) => one.text)).toEqual(["message 1", "message 2"]);
    expect(readWaiting(ref)[0]?.request.runId).not.toBe(RUN);
    expect(readReceipt(world().dirOf(RUN))).toBeUndefined();
  });

  it("does so, too, where no reader could write down that it is lost", () => {
    const { message, run, recover } = world();
    message(1, consumed);
    run(RUN, { state: "running", owner: DEAD });
    expect(recover()).toEqual([["message 1", "queued", null]]);
  });

  it("stays consumed where Codex was given it, lost or not", () => {
    const { message, run, recover } = world();
    message(1, consumed);
    run(RUN, { state: "running", owner: DEAD, sent: true });
    expect(recover()).toEqual([["message 1", "consumed", RUN]]);
  });

  it.each(["done", "failed", "cancelled", "killed"] as const)("stays consumed in a run that ended as %s", (verdict) => {
    const { message, over, recover } = world();
    message(1, consumed);
    over(RUN, { verdict });
    expect(recover()).toEqual([["message 1", "consumed", RUN]]);
  });

  it("stays consumed where its run's record was removed", () => {
    const { message, over, recover } = world();
    message(1, consumed);
    rmSync(over(RUN, { verdict: "lost" }), { recursive: true });
    expect(recover()).toEqual([["message 1", "consumed", RUN]]);
  });

  it("stays consumed where it was steered into the run of another", () => {
    const { message, over, recover } = world();
    over(runId(7), { verdict: "lost" });
    message(1, { state: "consumed", run_id: runId(7), delivery: "steer" });
    expect(recover()).toEqual([["message 1", "consumed", runId(7)]]);
  });
});

it("does the same thing once, however often a broker comes up", () => {
  const { message, over, run, recover, ref } = world();
  message(1, { state: "consumed", run_id: RUN });
  over(RUN, { verdict: "lost" });
  message(2);
  run(runId(2), { state: "queued" });
  recover();
  const after = readQueue(ref);
  recover();
  expect(readQueue(ref)).toEqual(after);
});
