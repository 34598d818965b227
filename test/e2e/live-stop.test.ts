import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Called, Lab } from "../kit/lab.ts";
import { until } from "../kit/lab.ts";
import {
  asked,
  atWork,
  begin,
  broker,
  brokerOf,
  brokerPath,
  DONE,
  ended,
  folderOf,
  fromRoot,
  inLive,
  longTime,
  messagesOf,
  parked,
  processesOf,
  processesWith,
  runStatus,
  STREAMING,
  send,
  slowCodex,
  status,
  UNTIL_GO,
  verdictOf,
} from "../kit/live.ts";
import type { Beat } from "../kit/scripted-model.ts";

/** Stops a session the way a user does; nothing of it may live, and every reader says so. */
async function stop(lab: Lab, id: string): Promise<Called> {
  const stopped = await fromRoot(lab, "stop", id);
  expect(stopped.code, stopped.stdout + stopped.stderr).toBe(0);
  expect(stopped.lines).toMatchObject({ broker_id: id, status: "stopped", left: "" });
  expect(processesOf(lab, id)).toEqual([]);
  expect(brokerOf(lab, id).ended).toMatchObject({ how: "stopped", processes: { left: [] } });
  expect((await status(lab, id)).status).toBe("stopped");
  return stopped;
}

interface Moment {
  when: string;
  script: Beat[] | Beat[][];
  options?: string[];
  reached: (lab: Lab, runId: string) => Promise<unknown>;
}

const MOMENTS: Moment[] = [
  { when: "at once", script: [{ hang: true }], reached: async () => {} },
  { when: "while the model thinks", script: [{ hang: true }], reached: (lab) => asked(lab, 1) },
  {
    when: "while text streams",
    script: [STREAMING],
    reached: (lab, runId) => until(() => runStatus(lab, runId).sent === true),
  },
  { when: "in the middle of a command", script: [UNTIL_GO, DONE], reached: atWork },
  {
    when: "while a question waits",
    script: [{ call: "ask_caller", args: { question: "Which?" } }],
    reached: parked,
  },
  {
    when: "while our check runs",
    script: [DONE],
    options: ["--verify", "touch at-work; sleep 3000"],
    reached: atWork,
  },
  {
    when: "while our check runs before the turn",
    script: [DONE],
    options: ["--verify-base", "--verify", "touch at-work; sleep 3000"],
    reached: atWork,
  },
];

describe("stop ends everything", () => {
  test.each(MOMENTS)("$when", ({ script, options = [], reached }) =>
    inLive({ script }, async (lab) => {
      const { broker_id: id, run_id } = await begin(lab, ...options);
      await reached(lab, run_id);
      const next = await send(lab, id, "and then this");
      const stopped = await stop(lab, id);
      const [first, second] = messagesOf(lab, id);
      expect(second).toMatchObject({ state: "undelivered", why: expect.stringContaining("stop") });
      // The first message of a session that is stopped at once may have become no run yet.
      expect(stopped.lines.undelivered).toBe(first?.state === "consumed" ? "1" : "2");
      if (first?.state === "consumed") expect(verdictOf(lab, run_id)).toBe("cancelled");
      expect(() => lab.recordDir(next.run_id)).toThrow();
      expect([".codex", ".agents", ".aws"].filter((name) => existsSync(join(lab.workspace, name)))).toEqual([]);
      expect(readdirSync(join(lab.home, "sockets"))).toEqual([]);
      expect(readdirSync(join(lab.home, "tmp"))).toEqual([]);
      expect(await lab.left()).toEqual([]);
    }),
  );

  test("before Codex is up", () =>
    inLive({}, async (lab) => {
      const started = await lab.call("codex_broker", ["start", "begin; the tests must pass"], { env: slowCodex(lab) });
      expect(started.lines, started.stderr).toMatchObject({ status: "queued" });
      await stop(lab, started.lines.broker_id ?? "");
      expect(await lab.left()).toEqual([]);
      expect(lab.model.requests).toEqual([]);
    }));

  test("while start is still at work, and by five at once", () =>
    inLive({ script: [{ hang: true }] }, async (lab) => {
      const client = lab.start("codex_broker", ["start", "--name", "early", "begin the work; the tests must pass"]);
      const sessions = () => readdirSync(join(lab.home, "workspaces"), { recursive: true, encoding: "utf8" });
      await until(
        () => existsSync(join(lab.home, "workspaces")) && sessions().some((name) => /queue.1\.json$/.test(name)),
      );
      const all = await Promise.all(Array.from({ length: 5 }, () => fromRoot(lab, "stop", "early")));
      expect(all.map((one) => [one.code, one.lines.status])).toEqual(Array(5).fill([0, "stopped"]));
      const started = await client.done;
      expect([0, 75]).toContain(started.code);
      expect(await lab.left()).toEqual([]);
      expect((await status(lab, "early")).status).toBe("stopped");
    }));

  test("of an idle session, and of one that has ended", () =>
    inLive({ script: [DONE] }, async (lab) => {
      const { broker_id: id, run_id } = await begin(lab);
      await ended(lab, run_id);
      const stopped = await stop(lab, id);
      expect(stopped.lines.undelivered).toBe("0");
      expect((await stop(lab, run_id.slice(0, -1)).catch(() => stop(lab, id))).lines.undelivered).toBe("0");
      expect(verdictOf(lab, run_id)).toBe("done");
    }));
});

test("stop among messages that are being sent: each is accounted for, and none runs afterwards", () =>
  inLive({ script: [[UNTIL_GO, DONE], [DONE]] }, async (lab) => {
    const { broker_id: id } = await begin(lab);
    await atWork(lab);
    const texts = Array.from({ length: 10 }, (_, at) => `message ${at}`);
    const sending = texts.map((text) => broker(lab, "send", id, text));
    await until(() => messagesOf(lab, id).length > 3);
    const stopped = await stop(lab, id);
    const sent = await Promise.all(sending);
    const accepted = texts.filter((_, at) => sent[at]?.code === 0);
    expect(sent.map((one) => one.code).filter((code) => code !== 0 && code !== 75)).toEqual([]);
    const messages = messagesOf(lab, id).slice(1);
    expect(messages.map((one) => one.text).sort()).toEqual(accepted.sort());
    expect(messages.map((one) => one.state)).toEqual(accepted.map(() => "undelivered"));
    expect(stopped.lines.undelivered).toBe(String(accepted.length));
    expect((await fromRoot(lab, "summary", id)).stdout).toContain(`[UNDELIVERED] ${accepted.length}\n`);
  }));

test("stop finds what has no parent and no marker any more, and says what it ended", () => {
  const [daemon, double, server] = [longTime(), longTime(), longTime()];
  const run = `setsid sleep ${daemon} & (setsid sh -c 'sleep ${double} & exit' &); touch at-work; sleep 3000`;
  return inLive(
    {
      script: [{ run, yieldMs: 60_000 }, DONE],
      config: `[mcp_servers.sleepy]\ncommand = "sleep"\nargs = ["${server}"]\n`,
    },
    async (lab) => {
      const { broker_id: id, run_id } = await begin(lab, "--sandbox", "danger-full-access");
      await atWork(lab);
      const strays = () => [daemon, double, server].map((time) => processesWith(time).length > 0);
      await until(() => strays().every((lives) => lives));
      const stopped = await stop(lab, id);
      expect(strays()).toEqual([false, false, false]);
      expect(stopped.lines.killed).toMatch(/sleep \(\d+\)/);
      expect(lab.receipt(run_id).processes.killed.join()).toMatch(/sleep \(\d+\).*sleep \(\d+\)/);
    },
  );
});

test("what a run leaves behind in a full-access session ends with the run; the session's MCP server stays with it", () => {
  const [daemon, server] = [longTime(), longTime()];
  return inLive(
    {
      script: [[{ run: `(setsid sh -c 'sleep ${daemon} & exit' &); echo ok` }, DONE], [DONE]],
      config: `[mcp_servers.sleepy]\ncommand = "sleep"\nargs = ["${server}"]\n`,
    },
    async (lab) => {
      const { broker_id: id, run_id } = await begin(lab, "--sandbox", "danger-full-access");
      await ended(lab, run_id);
      expect(processesWith(daemon)).toEqual([]);
      expect(lab.receipt(run_id).processes.killed.join()).toContain("sleep");
      expect((await send(lab, id, "go on")).delivery).toBe("started");
      await stop(lab, id);
      expect(processesWith(server)).toEqual([]);
    },
  );
});

test("a broker that hangs is stopped, too, and its session can be resumed", () =>
  inLive({ script: [[UNTIL_GO, DONE], [DONE]] }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await atWork(lab);
    const pid = brokerOf(lab, id).owner?.pid ?? 0;
    process.kill(pid, "SIGSTOP");
    const stopped = await fromRoot(lab, "stop", id);
    expect(stopped.code, stopped.stdout + stopped.stderr).toBe(0);
    expect(stopped.lines).toMatchObject({ status: "stopped", left: "" });
    expect(processesOf(lab, id)).toEqual([]);
    expect(await lab.left()).toEqual([]);
    expect((await status(lab, id)).status).toMatch(/^(stopped|lost)$/);
    expect(["lost", "cancelled"]).toContain(verdictOf(lab, run_id));
    const resumed = await broker(lab, "resume", id, "go on");
    expect(resumed.code, resumed.stderr).toBe(0);
  }));

test("a session that nobody needs ends by itself after its idle time", () =>
  inLive({ script: [DONE] }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab, "--idle-exit", "0.02");
    await ended(lab, run_id);
    await until(() => brokerOf(lab, id).ended !== null);
    expect(brokerOf(lab, id).ended?.how).toBe("idle");
    expect(await lab.left()).toEqual([]);
    expect(await status(lab, id)).toMatchObject({ status: "stopped", last_verdict: "done" });
    const resumed = await broker(lab, "resume", id);
    expect(resumed.code, resumed.stderr).toBe(0);
  }));

test.each([
  ["its record", brokerPath],
  ["its folder", folderOf],
] as const)("the broker goes, and all that is with it, when %s is removed", (_, path) =>
  inLive({ script: [[UNTIL_GO, DONE]] }, async (lab) => {
    const { broker_id: id } = await begin(lab);
    await atWork(lab);
    rmSync(path(lab, id), { recursive: true });
    await until(() => lab.processes().length === 0);
  }),
);
