import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Lab, until } from "../kit/lab.ts";
import {
  asked,
  atWork,
  begin,
  broker,
  brokerOf,
  DONE,
  ended,
  fromRoot,
  inLive,
  kill,
  letCodexStart,
  letGo,
  longTime,
  messagesOf,
  processesOf,
  processesWith,
  rewriteBroker,
  runStatus,
  saidTo,
  send,
  sessionOf,
  slowCodex,
  status,
  UNTIL_GO,
  verdictOf,
} from "../kit/live.ts";

const CRASHES = { script: [[UNTIL_GO, DONE], [DONE]] };
const killBroker = (lab: Lab, id: string) => kill(brokerOf(lab, id).owner?.pid);

test.each(["the broker", "Codex and the broker"])(
  "kill -9 of %s in the middle of a command: one look says lost and sweeps; resume goes on with thread and queue",
  (who) => {
    const server = longTime();
    const config = `[mcp_servers.sleepy]\ncommand = "sleep"\nargs = ["${server}"]\n`;
    return inLive({ ...CRASHES, config }, async (lab) => {
      const { broker_id: id, run_id } = await begin(lab, "--name", "mine");
      await atWork(lab);
      const queued = [await send(lab, id, "one"), await send(lab, id, "two")];
      await until(() => processesWith(server).length > 0);
      const held = brokerOf(lab, id).codex_process?.pid;
      await killBroker(lab, id);
      if (who !== "the broker" && held) await kill(held).catch(() => {});
      expect(await status(lab, id)).toMatchObject({ status: "lost", run_id, queue_depth: 2, last_verdict: "lost" });
      expect(brokerOf(lab, id).ended).toMatchObject({ how: "lost", processes: { left: [] } });
      expect([processesOf(lab, id), processesWith(server), await lab.left()]).toEqual([[], [], []]);
      expect([".codex", ".agents", ".aws"].filter((name) => existsSync(join(lab.workspace, name)))).toEqual([]);
      const before = sessionOf(lab, id).session_id ?? "";
      const resumed = await fromRoot(lab, "resume", before);
      expect(resumed.code, resumed.stderr).toBe(0);
      expect(resumed.lines).toMatchObject({ broker_id: id, session_id: before, interrupted: run_id, queue: "2" });
      await ended(lab, queued[1]?.run_id ?? "");
      expect(saidTo(lab).slice(1)).toEqual(["one", "two"]);
      expect(lab.model.userTexts()[0]).toContain("begin the work");
      const runs = [run_id, ...queued.map((one) => one.run_id)];
      expect(runs.map((run) => verdictOf(lab, run))).toEqual(["lost", "done", "done"]);
      expect(sessionOf(lab, id)).toMatchObject({ session_id: before, runs });
      expect(await status(lab, "mine")).toMatchObject({ status: "waiting_input", session_id: before });
    });
  },
);

describe("kill -9 of the broker", () => {
  test("before Codex was given the prompt: the message is not lost, and Codex hears it once", () =>
    inLive({ script: [[DONE]] }, async (lab) => {
      const args = ["start", "--json", "begin the work; the tests must pass"];
      const called = await lab.call("codex_broker", args, { env: slowCodex(lab) });
      const { broker_id: id } = JSON.parse(called.stdout);
      const behind = await send(lab, id, "and then this");
      await killBroker(lab, id);
      expect(await status(lab, id)).toMatchObject({ status: "lost", session_id: null });
      letCodexStart(lab);
      const resumed = await broker(lab, "resume", id);
      expect(resumed.code, resumed.stderr).toBe(0);
      await ended(lab, behind.run_id);
      expect(saidTo(lab)).toHaveLength(2);
      expect(lab.model.userTexts()[0]).toContain("begin the work");
      expect(saidTo(lab)[1]).toBe("and then this");
      expect(messagesOf(lab, id).map((one) => one.state)).toEqual(["consumed", "consumed"]);
    }));

  test("while our check runs, and while a question waits", () =>
    inLive({ script: [[DONE], [{ call: "ask_caller", args: { question: "Which?" } }], [DONE]] }, async (lab) => {
      const check = longTime();
      const { broker_id: id, run_id } = await begin(lab, "--verify", `sleep ${check}`);
      await until(() => processesWith(check).length > 0);
      await killBroker(lab, id);
      expect(await status(lab, id)).toMatchObject({ status: "lost", run_id });
      expect([processesWith(check), await lab.left()]).toEqual([[], []]);
      const resumed = await broker(lab, "resume", id, "what now");
      expect(resumed.lines, resumed.stderr).toMatchObject({ interrupted: run_id });
      await until(async () => (await status(lab, id)).question !== null);
      await killBroker(lab, id);
      const lost = await status(lab, id);
      expect(lost).toMatchObject({ status: "lost", question: null });
      expect((await broker(lab, "answer", id, "this one")).code).toBe(75);
      const again = await broker(lab, "resume", id, "this one");
      expect(again.lines, again.stderr).toMatchObject({ interrupted: lost.run_id });
      expect((await broker(lab, "wait", id)).lines.verdict).toBe("done");
      expect(saidTo(lab).slice(1)).toEqual(["what now", "this one"]);
    }));

  test("at the steps of its start: a look is always true, and resume always goes on", () =>
    inLive({ script: [[DONE]] }, async (lab) => {
      const points: ((id: string, runId: string) => boolean)[] = [
        (id) => brokerOf(lab, id).owner !== null,
        (_, runId) => runStatus(lab, runId).threadId !== undefined,
        (_, runId) => runStatus(lab, runId).sent === true,
      ];
      for (const reached of points) {
        const { broker_id: id, run_id } = await begin(lab);
        await until(() => reached(id, run_id));
        await killBroker(lab, id);
        expect((await status(lab, id)).status).toBe("lost");
        expect(await lab.left()).toEqual([]);
        const resumed = await broker(lab, "resume", id, "go on");
        expect(resumed.code, resumed.stderr).toBe(0);
        const waited = await broker(lab, "wait", id);
        expect(waited.lines, `${points.indexOf(reached)}: ${waited.stdout}`).toMatchObject({ verdict: "done" });
        const last = messagesOf(lab, id).at(-1);
        expect([last?.text, last?.state]).toEqual(["go on", "consumed"]);
        expect(lab.model.userTexts().filter((text) => text.includes("begin the work"))).toHaveLength(1);
        await broker(lab, "stop", id);
      }
    }));
});

test("kill -9 of the broker among messages that are being sent: what was accepted arrives once, what was not never does", () =>
  inLive(CRASHES, async (lab) => {
    const { broker_id: id } = await begin(lab, "--read-only");
    await asked(lab, 1);
    const texts = Array.from({ length: 12 }, (_, at) => `message ${at}`);
    const sending = texts.map((text) => broker(lab, "send", id, text));
    await until(() => messagesOf(lab, id).length > 4);
    await killBroker(lab, id);
    const sent = await Promise.all(sending);
    const accepted = texts.filter((_, at) => sent[at]?.code === 0);
    for (const one of sent.filter(({ code }) => code !== 0)) expect(one.stderr).toMatch(/not taken|resume/);
    expect(accepted.length).toBeGreaterThan(3);
    expect((await broker(lab, "resume", id)).code).toBe(0);
    await broker(lab, "wait", id);
    expect(saidTo(lab).slice(1).sort()).toEqual(accepted.sort());
  }));

test("after a reboot the record's process is somebody else: lost, and resume goes on", () =>
  inLive(CRASHES, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await atWork(lab);
    await killBroker(lab, id);
    await kill(brokerOf(lab, id).codex_process?.pid).catch(() => {});
    // The ids that were written down are alive, as somebody else's.
    const earlier = { pid: process.pid, startTime: "1", bootId: "00000000-0000-0000-0000-000000000000" };
    rewriteBroker(lab, id, (record) => ({ ...record, owner: earlier, codex_process: earlier }));
    expect(await status(lab, id)).toMatchObject({ status: "lost", run_id });
    letGo(lab);
    const resumed = await broker(lab, "resume", id, "go on");
    expect(resumed.lines, resumed.stderr).toMatchObject({ broker_id: id, interrupted: run_id });
    expect((await broker(lab, "wait", id)).lines.verdict).toBe("done");
  }));
