import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Lab } from "../kit/lab.ts";
import { until } from "../kit/lab.ts";
import {
  asked,
  atWork,
  begin,
  broker,
  brokerOf,
  DONE,
  ended,
  fromRoot,
  idle,
  inLive,
  kill,
  letGo,
  longTime,
  messagesOf,
  parked,
  processesWith,
  runStatus,
  STREAMING,
  saidTo,
  send,
  sessionOf,
  status,
  UNTIL_GO,
  verdictOf,
} from "../kit/live.ts";
import type { Beat } from "../kit/scripted-model.ts";

/** An MCP server has no marker of ours, and when Codex is killed no parent either. */
const withServer = (server: string): string => `[mcp_servers.m]\ncommand = "sleep"\nargs = ["${server}"]\n`;
const ASKS: Beat = { call: "ask_caller", args: { question: "Which one?" } };
const GOES_ON = "Your process was killed";

/** Kills the session's Codex and nothing else, and waits until nobody can meet it any more. */
async function killCodex(lab: Lab, id: string): Promise<number> {
  const pid = brokerOf(lab, id).codex_process?.pid ?? 0;
  await kill(pid);
  return pid;
}

/** Another Codex than that one has the session. */
const restarted = (lab: Lab, id: string, pid: number): Promise<void> =>
  until(() => ![undefined, pid].includes(brokerOf(lab, id).codex_process?.pid));

const restarts = (lab: Lab, runId: string) => lab.events(runId).filter(({ type }) => type === "restarted");
const threads = (lab: Lab, runId: string) =>
  new Set(lab.events(runId).flatMap((event) => (event.type === "thread" ? [event.threadId] : [])));

interface Moment {
  when: string;
  script: Beat[][];
  reached: (lab: Lab, runId: string) => Promise<unknown>;
}

const MOMENTS: Moment[] = [
  { when: "in the middle of a command", script: [[UNTIL_GO, DONE], [DONE]], reached: atWork },
  {
    when: "while text streams",
    script: [[STREAMING], [DONE]],
    reached: async (lab, runId) => {
      await asked(lab, 1);
      await until(() => runStatus(lab, runId).sent === true);
    },
  },
  { when: "while a question waits", script: [[ASKS, DONE], [DONE]], reached: parked },
];

test.each(MOMENTS)(
  "kill -9 of Codex $when: it goes on in the same thread, and nothing is left",
  ({ script, reached }) => {
    const server = longTime();
    return inLive({ script, config: withServer(server) }, async (lab) => {
      const { broker_id: id, run_id } = await begin(lab, "--verify", "echo the check was run");
      await reached(lab, run_id);
      await until(() => processesWith(server).length > 0);
      const [orphan] = processesWith(server);
      await killCodex(lab, id);
      await ended(lab, run_id);

      const receipt = lab.receipt(run_id);
      expect(receipt).toMatchObject({ verdict: "done", verification: "passed", processes: { left: [] } });
      expect(receipt.warnings.join()).toContain("killed by SIGKILL");
      expect(receipt.processes.killed.join()).toContain(`sleep (${orphan?.pid})`);
      expect(restarts(lab, run_id)).toHaveLength(1);
      expect([...threads(lab, run_id)]).toEqual([receipt.session_id]);
      // The same conversation: the goal, what was done, and that it was cut off.
      expect(lab.model.userTexts()[0]).toContain("begin the work");
      expect(lab.model.userTexts().at(-1)).toContain(GOES_ON);
      expect(await idle(lab, id)).toMatchObject({ status: "waiting_input", question: null, last_error: null });
      // The server of the new Codex is there, that of the old one is not.
      expect(processesWith(server).map((row) => row.pid)).not.toContain(orphan?.pid);

      const stopped = await fromRoot(lab, "stop", id);
      expect(stopped.lines, stopped.stderr).toMatchObject({ status: "stopped", left: "" });
      expect([processesWith(server), await lab.left()]).toEqual([[], []]);
      expect([".codex", ".agents", ".aws"].filter((name) => existsSync(join(lab.workspace, name)))).toEqual([]);
    });
  },
);

test("kill -9 of an idle Codex: what it leaves goes at once, and the next message finds its thread", () => {
  const server = longTime();
  return inLive(
    { script: [[DONE], [{ say: "Went on.\n\nStatus: done" }]], config: withServer(server) },
    async (lab) => {
      const { broker_id: id, run_id } = await begin(lab);
      await ended(lab, run_id);
      await until(() => processesWith(server).length > 0);
      await killCodex(lab, id);
      await until(() => processesWith(server).length === 0);
      await until(() => brokerOf(lab, id).codex_process === null);
      expect(await status(lab, id)).toMatchObject({ status: "waiting_input", last_verdict: "done" });

      const next = await send(lab, id, "go on");
      expect(next.delivery).toBe("started");
      await ended(lab, next.run_id);
      const { session_id: session } = sessionOf(lab, id);
      expect(lab.receipt(next.run_id)).toMatchObject({ verdict: "done", session_id: session, warnings: [] });
      expect(lab.receipt(run_id).session_id).toBe(session);
      expect(restarts(lab, next.run_id)).toEqual([]);
      expect(saidTo(lab).slice(1)).toEqual(["go on"]);
      await fromRoot(lab, "stop", id);
      expect([processesWith(server), await lab.left()]).toEqual([[], []]);
    },
  );
});

test("killed twice in one run: the run is killed, and the next message works again", () => {
  const server = longTime();
  const script = [[UNTIL_GO, DONE], [STREAMING], [DONE]];
  return inLive({ script, config: withServer(server) }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await atWork(lab);
    const first = await killCodex(lab, id);
    await asked(lab, 2);
    await restarted(lab, id, first);
    await killCodex(lab, id);
    await ended(lab, run_id);
    expect(lab.receipt(run_id)).toMatchObject({
      verdict: "killed",
      exit_code: 137,
      reason: expect.stringContaining("SIGKILL"),
      processes: { left: [] },
    });
    expect(restarts(lab, run_id)).toHaveLength(1);
    expect(await status(lab, id)).toMatchObject({ status: "attention_required", last_verdict: "killed" });
    await until(() => processesWith(server).length === 0);

    const next = await broker(lab, "send", "--wait", id, "go on");
    expect(next.lines, next.stderr).toMatchObject({ delivery: "started", verdict: "done" });
    expect(lab.receipt(next.lines.run_id ?? "").session_id).toBe(lab.receipt(run_id).session_id);
    expect(saidTo(lab).at(-1)).toBe("go on");
  });
});

test("a message that Codex had taken for later and that died with it gets its own turn", () =>
  inLive({ script: [[UNTIL_GO, DONE], [DONE]] }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await atWork(lab);
    const steered = await send(lab, id, "use tabs", "--steer");
    expect(steered).toMatchObject({ delivery: "steered", run_id });
    await killCodex(lab, id);
    const own = () => messagesOf(lab, id).find((one) => one.text === "use tabs");
    await until(() => own()?.state === "consumed");
    await ended(lab, own()?.run_id ?? "");
    expect(own()?.run_id).not.toBe(run_id);
    expect([run_id, own()?.run_id ?? ""].map((run) => verdictOf(lab, run))).toEqual(["done", "done"]);
    expect(saidTo(lab).filter((text) => text === "use tabs")).toHaveLength(1);
    letGo(lab);
  }));

test("a Codex that neither hears nor goes is ended with the session, in the middle of a command that won't go either", () =>
  inLive(
    { script: [[{ run: "trap '' TERM INT HUP; touch at-work; while :; do sleep 0.05; done", yieldMs: 60_000 }]] },
    async (lab) => {
      const { broker_id: id, run_id } = await begin(lab);
      await atWork(lab);
      const pid = brokerOf(lab, id).codex_process?.pid ?? 0;
      process.kill(pid, "SIGSTOP");
      const stopped = await fromRoot(lab, "stop", id);
      expect(stopped.lines, stopped.stderr).toMatchObject({ status: "stopped", left: "" });
      expect(await lab.left()).toEqual([]);
      expect(brokerOf(lab, id).ended).toMatchObject({ processes: { left: [] } });
      expect(["cancelled", "lost"]).toContain(verdictOf(lab, run_id));
    },
  ));
