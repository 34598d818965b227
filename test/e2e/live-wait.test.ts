import { expect, test } from "vitest";
import {
  atWork,
  begin,
  broker,
  brokerOf,
  DONE,
  ended,
  fromRoot,
  inLive,
  kill,
  letGo,
  parked,
  send,
  status,
  UNTIL_GO,
  verdictOf,
} from "../kit/live.ts";

const BUSY = {
  script: [[UNTIL_GO, { say: "The first answer.\n\nStatus: done" }], [{ say: "The last answer.\n\nStatus: done" }]],
};

test("eight that wait, in text and JSON: each gets the last run's receipt when the session is idle", () =>
  inLive(BUSY, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await atWork(lab);
    const next = await send(lab, id, "and then this", "--verify", "false");
    const waiting = Array.from({ length: 8 }, (_, at) =>
      lab.start("codex_broker", ["wait", ...(at % 2 ? ["--json"] : []), at % 3 ? id : run_id], { cwd: "/" }),
    );
    letGo(lab);
    const all = await Promise.all(waiting.map((one) => one.done));
    expect(all.map((one) => one.code)).toEqual(Array(8).fill(6));
    for (const [at, { stdout, lines }] of all.entries()) {
      const receipt = at % 2 ? JSON.parse(stdout) : lines;
      expect(receipt).toMatchObject({ run_id: next.run_id, verdict: "unverified" });
      expect(stdout).toContain("The last answer.");
    }
    // Nobody who comes later waits at all, and what was said is said again.
    expect((await broker(lab, "wait", id)).lines).toMatchObject({ run_id: next.run_id, exit_code: "6" });
  }));

test("wait gives up by its own clock with 75, and leaves the session alone", () =>
  inLive(BUSY, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await atWork(lab);
    const waited = await broker(lab, "wait", "--timeout", "0.3", id);
    expect(waited.code, waited.stdout).toBe(75);
    expect(waited.stderr).toMatch(/still running.*wait/s);
    expect(await status(lab, id)).toMatchObject({ status: "running", run_id });
    letGo(lab);
    expect((await broker(lab, "wait", id)).lines.verdict).toBe("done");
  }));

test("a signal ends the one that waits, and leaves the session alone", () =>
  inLive(BUSY, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await atWork(lab);
    for (const signal of ["SIGTERM", "SIGINT", "SIGKILL"] as const) {
      const client = lab.start("codex_broker", ["wait", id]);
      expect(await client.line("run_id")).toBe(run_id);
      client.kill(signal);
      const gone = await client.done;
      expect([gone.code, gone.lines.verdict]).not.toContain(0);
      expect(gone.lines.verdict).toBeUndefined();
      if (signal !== "SIGKILL") expect(gone.stderr).toMatch(/the session goes on;.* wait /);
    }
    expect(await status(lab, id)).toMatchObject({ status: "running", run_id });
    letGo(lab);
    await ended(lab, run_id);
    expect(verdictOf(lab, run_id)).toBe("done");
  }));

test("wait ends with a question, with a stop and with a death: the code is the run's", () =>
  inLive({ script: [[{ call: "ask_caller", args: { question: "Which?" } }, UNTIL_GO, DONE]] }, async (lab) => {
    const first = await begin(lab);
    const question = await broker(lab, "wait", first.broker_id);
    expect([question.code, question.lines.run_id]).toEqual([4, first.run_id]);
    expect(question.stdout).toContain("[QUESTION] Which?");
    await broker(lab, "answer", first.broker_id, "this");
    await atWork(lab);
    const stopping = lab.start("codex_broker", ["wait", first.broker_id]);
    await stopping.line("run_id");
    await fromRoot(lab, "stop", first.broker_id);
    const stopped = await stopping.done;
    expect([stopped.code, stopped.lines.verdict]).toEqual([130, "cancelled"]);
    expect((await broker(lab, "wait", first.broker_id)).code).toBe(130);

    const second = await begin(lab);
    await parked(lab, second.run_id);
    const dying = lab.start("codex_broker", ["send", "--wait", second.broker_id, "go on"]);
    const run = await dying.line("run_id");
    await kill(brokerOf(lab, second.broker_id).owner?.pid);
    const dead = await dying.done;
    expect(dead.code).not.toBe(0);
    expect(dead.stderr).toMatch(/the broker ended/);
    expect(await status(lab, run)).toMatchObject({ broker_id: second.broker_id, status: "lost", queue_depth: 1 });
    const lost = await broker(lab, "wait", second.broker_id);
    expect([lost.code, lost.lines.run_id, lost.lines.verdict]).toEqual([137, second.run_id, "lost"]);
    expect(run).not.toBe(second.run_id);
  }));
