import { expect, test } from "vitest";
import {
  asked,
  atWork,
  begin,
  broker,
  brokerOf,
  DONE,
  ended,
  inLive,
  letGo,
  parked,
  saidTo,
  send,
  sessionOf,
  status,
  UNTIL_GO,
  verdictOf,
} from "../kit/live.ts";

test("ask_codex --session on a live idle session runs there: same broker, same Codex, and its receipt", () =>
  inLive({ script: [[DONE], [{ run: "echo y > y.txt" }, { say: "Wrote y.\n\nStatus: done" }]] }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await ended(lab, run_id);
    const held = brokerOf(lab, id);
    const { session_id } = sessionOf(lab, id);
    for (const [at, name] of [id, session_id ?? "", run_id].entries()) {
      const done = await lab.call("ask_codex", ["--session", name, "--verify", "true", `now y ${at}`], { cwd: "/" });
      expect(done.code, done.stderr).toBe(0);
      expect(done.lines).toMatchObject({ session_id, verdict: "done", verification: "passed" });
      expect(done.stdout).toContain("Wrote y.");
    }
    expect(brokerOf(lab, id)).toMatchObject({ owner: held.owner, codex_process: held.codex_process, ended: null });
    expect(saidTo(lab).slice(1)).toEqual(["now y 0", "now y 1", "now y 2"]);
    expect(sessionOf(lab, id).runs).toHaveLength(4);
    expect(await status(lab, id)).toMatchObject({ status: "waiting_input", last_verdict: "done" });
    const more = await lab.ask("--session", id, "--network", "more power");
    expect([more.code, more.stderr.includes("--network")]).toEqual([64, true]);
  }));

test("ask_codex --session on a session that works is refused; on one that asks it answers", () =>
  inLive(
    { script: [[UNTIL_GO, { call: "ask_caller", args: { question: "Which?" } }, { say: "Took it.\n\nStatus: done" }]] },
    async (lab) => {
      const { broker_id: id, run_id } = await begin(lab);
      await atWork(lab);
      const busy = await lab.ask("--session", id, "me too");
      expect([busy.code, busy.stdout]).toEqual([75, ""]);
      expect(busy.stderr).toMatch(/busy/);
      letGo(lab);
      await parked(lab, run_id);
      const answered = await lab.ask("--session", id, "this one");
      expect(answered.lines, answered.stderr).toMatchObject({ run_id, verdict: "done" });
      expect(lab.model.userTexts()).toHaveLength(1);
    },
  ));

test("ask_codex --session on a session that was stopped goes on with its thread, and the session can be resumed after it", () =>
  inLive({ script: [[DONE]] }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab, "--read-only");
    await ended(lab, run_id);
    await broker(lab, "stop", id);
    const done = await lab.ask("--session", id, "once more");
    expect(done.lines, done.stderr).toMatchObject({ verdict: "done", session_id: sessionOf(lab, id).session_id });
    expect(lab.receipt(done.lines.run_id ?? "").power).toMatchObject({ write: "none" });
    expect((await broker(lab, "resume", id, "and live")).code).toBe(0);
    expect((await broker(lab, "wait", id)).lines.verdict).toBe("done");
    expect(saidTo(lab).slice(1)).toEqual(["once more", "and live"]);
  }));

test("codex_runs sees the runs of a live session; cancel ends the run and not the session", () =>
  inLive({ script: [[UNTIL_GO, DONE], [DONE]] }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await atWork(lab);
    expect((await lab.call("codex_runs", ["show", run_id], { cwd: "/" })).lines).toMatchObject({ state: "running" });
    const waiting = lab.start("codex_runs", ["wait", run_id]);
    const next = await send(lab, id, "and then this");
    const cancelled = await lab.call("codex_runs", ["cancel", run_id], { cwd: "/" });
    expect(cancelled.lines, cancelled.stderr).toMatchObject({ run_id, verdict: "cancelled" });
    expect((await waiting.done).code).toBe(130);
    await ended(lab, next.run_id);
    expect(verdictOf(lab, next.run_id)).toBe("done");
    await asked(lab, 2);
    expect(await status(lab, id)).toMatchObject({ status: "waiting_input", run_id: next.run_id });
    const kept = await lab.call("codex_runs", ["gc", "--older-than", "0", "--keep", "0"]);
    expect(kept.code, kept.stderr).toBe(0);
    expect((await send(lab, id, "and live on")).delivery).toBe("started");
  }));
