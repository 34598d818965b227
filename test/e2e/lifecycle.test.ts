import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RunStatus } from "../../src/core/record.ts";
import { findByEnvironment } from "../../src/sys/process-table.ts";
import { inLab, type Lab, type LabOptions, type Running, until } from "../kit/lab.ts";

const SLEEPER: LabOptions = {
  script: [
    [{ run: "touch started; sleep 300", yieldMs: 30_000 }, { say: "Slept.\n\nStatus: done" }],
    [{ say: "Resumed.\n\nStatus: done" }],
  ],
};
const QUICK: LabOptions = {
  script: [[{ run: "touch started; sleep 2", yieldMs: 30_000 }, { say: "Slept.\n\nStatus: done" }]],
};

/** A run whose command is under way. */
async function busy(lab: Lab, ...flags: string[]): Promise<{ client: Running; runId: string }> {
  const client = lab.start("ask_codex", [...flags, "sleep and run the tests"]);
  const runId = await client.line("run_id");
  await until(() => existsSync(join(lab.workspace, "started")));
  return { client, runId };
}

const brokerOf = (lab: Lab, runId: string): number =>
  RunStatus.parse(JSON.parse(readFileSync(join(lab.recordDir(runId), "status.json"), "utf8"))).owner?.pid ?? 0;
/** Codex starts itself again as the sandbox of each command. */
const isAppServer = (pid: number): boolean => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("\0app-server");
const codexOf = (runId: string) =>
  findByEnvironment("ASK_CODEX_RUN", runId).find((row) => row.name === "codex" && isAppServer(row.pid))?.pid ?? 0;

test.each(["SIGTERM", "SIGHUP", "SIGKILL"] as const)(
  "%s to the client leaves the run alive; wait picks it up",
  (signal) =>
    inLab(QUICK, async (lab) => {
      const { client, runId } = await busy(lab);
      client.kill(signal);
      const gone = await client.done;
      expect(gone.lines.run_id).toBe(runId);
      if (signal !== "SIGKILL") expect(gone.stderr).toContain(`wait ${runId}`);
      expect(lab.processes().length).toBeGreaterThan(0);
      const picked = await lab.call("codex_runs", ["wait", runId], { cwd: "/" });
      expect(picked.code, picked.stderr).toBe(0);
      expect(picked.lines).toMatchObject({ run_id: runId, verdict: "done" });
      expect(picked.stdout).toContain("Slept.");
    }),
);

test("Ctrl-C cancels: exit 130, nothing of the run is left, nothing in the workspace", () =>
  inLab(SLEEPER, async (lab) => {
    const { client, runId } = await busy(lab);
    client.kill("SIGINT");
    const done = await client.done;
    expect(done.code).toBe(130);
    expect(done.lines.verdict).toBe("cancelled");
    expect(await lab.left()).toEqual([]);
    expect([".codex", ".agents", ".aws"].filter((name) => existsSync(join(lab.workspace, name)))).toEqual([]);
    expect(lab.receipt(runId).processes.left).toEqual([]);
  }));

test("Ctrl-C in the first moment cancels, too", () =>
  inLab(SLEEPER, async (lab) => {
    const client = lab.start("ask_codex", ["sleep and run the tests"]);
    await client.line("run_id");
    client.kill("SIGINT");
    const done = await client.done;
    expect(done.lines.verdict, done.stderr).toBe("cancelled");
    expect(await lab.left()).toEqual([]);
  }));

test("a directory .codex that was there before stays", () =>
  inLab({ ...SLEEPER, files: { ".codex/keep.md": "mine\n" } }, async (lab) => {
    const { client } = await busy(lab);
    client.kill("SIGINT");
    await client.done;
    expect(readFileSync(join(lab.workspace, ".codex/keep.md"), "utf8")).toBe("mine\n");
  }));

test("cancel from another terminal, at once and in the middle: returns when nothing is left", () =>
  inLab(SLEEPER, async (lab) => {
    for (const when of ["at once", "in the middle"]) {
      const client = lab.start("ask_codex", ["sleep and run the tests"]);
      const runId = await client.line("run_id");
      if (when === "in the middle") await until(() => existsSync(join(lab.workspace, "started")));
      const cancelled = await lab.call("codex_runs", ["cancel", runId], { cwd: "/" });
      expect(cancelled.code, cancelled.stderr).toBe(0);
      expect(cancelled.lines.verdict).toBe("cancelled");
      expect((await client.done).code).toBe(130);
      expect(findByEnvironment("ASK_CODEX_RUN", runId)).toEqual([]);
      rmSync(join(lab.workspace, "started"), { force: true });
    }
  }));

test("kill -9 of the broker: the client says lost, every reader agrees, the session can be resumed", () =>
  inLab(SLEEPER, async (lab) => {
    const { client, runId } = await busy(lab);
    process.kill(brokerOf(lab, runId), "SIGKILL");
    const done = await client.done;
    expect(done.code).toBe(137);
    expect(done.lines.verdict).toBe("lost");
    expect(done.stdout).toContain(`--session ${runId}`);
    expect(await lab.left()).toEqual([]);
    expect((await lab.call("codex_runs", ["wait", runId])).code).toBe(137);
    const resumed = await lab.ask("--session", runId, "go on");
    expect(resumed.lines, resumed.stderr).toMatchObject({ verdict: "done", session_id: done.lines.session_id });
  }));

test("kill -9 of Codex in the middle of a command: killed, and the session can be resumed", () =>
  inLab(SLEEPER, async (lab) => {
    const { client, runId } = await busy(lab);
    process.kill(codexOf(runId), "SIGKILL");
    const done = await client.done;
    expect(done.code).toBe(137);
    expect(done.lines.verdict).toBe("killed");
    expect(await lab.left()).toEqual([]);
    expect((await lab.ask("--session", runId, "go on")).lines.verdict).toBe("done");
  }));

test("kill -9 of client and broker together, then show: lost, from another directory", () =>
  inLab(SLEEPER, async (lab) => {
    const { client, runId } = await busy(lab);
    client.kill("SIGKILL");
    process.kill(brokerOf(lab, runId), "SIGKILL");
    await client.done;
    await until(() => !lab.processes().some((row) => row.pid === brokerOf(lab, runId)));
    const shown = await lab.call("codex_runs", ["show", runId, "--json"], { cwd: "/" });
    expect(JSON.parse(shown.stdout)).toMatchObject({ verdict: "lost", exit_code: 137 });
    expect(await lab.left()).toEqual([]);
  }));

test("an owner whose pid lives on as somebody else is dead", () =>
  inLab(SLEEPER, async (lab) => {
    const { client, runId } = await busy(lab);
    client.kill("SIGKILL");
    const path = join(lab.recordDir(runId), "status.json");
    const broker = brokerOf(lab, runId);
    process.kill(broker, "SIGKILL");
    await client.done;
    const status = RunStatus.parse(JSON.parse(readFileSync(path, "utf8")));
    const reused = { ...status, owner: { ...status.owner, pid: process.pid } };
    writeFileSync(path, JSON.stringify(reused));
    expect((await lab.call("codex_runs", ["show", runId])).lines.verdict).toBe("lost");
  }));

test("a broker that never came to life makes the run lost", () =>
  inLab({}, async (lab) => {
    const done = await lab.ask("do it and run the tests");
    const dir = lab.recordDir(done.lines.run_id ?? "");
    rmSync(join(dir, "result.json"));
    const old = new Date(Date.now() - 60_000);
    const queued = { version: 1, runId: done.lines.run_id, state: "queued", updatedAt: old.toISOString() };
    writeFileSync(join(dir, "status.json"), JSON.stringify(queued));
    const { utimesSync } = await import("node:fs");
    utimesSync(join(dir, "status.json"), old, old);
    const shown = await lab.call("codex_runs", ["show", done.lines.run_id ?? ""]);
    expect(shown.lines.verdict).toBe("lost");
    expect(shown.stdout).toContain("never started");
  }));

test("daemons and MCP servers of a run end with it", () =>
  inLab(
    {
      script: [
        [
          {
            run: "setsid sleep 400 >/dev/null 2>&1 & (setsid sh -c 'sleep 401 & sleep 402' >/dev/null 2>&1 &); echo ok",
          },
          { say: "Status: done" },
        ],
      ],
      config: '[mcp_servers.sleepy]\ncommand = "sleep"\nargs = ["403"]\n',
    },
    async (lab) => {
      const done = await lab.ask("start daemons and run the tests");
      expect(done.code, done.stdout).toBe(0);
      expect(await lab.left()).toEqual([]);
      expect(lab.receipt(done.lines.run_id ?? "").processes.left).toEqual([]);
    },
  ));

test("the broker ends when the record is removed", () =>
  inLab(SLEEPER, async (lab) => {
    const { client, runId } = await busy(lab);
    client.kill("SIGKILL");
    await client.done;
    rmSync(lab.recordDir(runId), { recursive: true, force: true });
    await until(() => lab.processes().length === 0);
  }));

test("a session that works is refused to others, by every id, and goes on", () =>
  inLab(QUICK, async (lab) => {
    const { client, runId } = await busy(lab);
    const sessionId = await client.line("session_id");
    for (const id of [runId, sessionId]) {
      const refused = await lab.ask("--session", id, "me too");
      expect(refused.code, refused.stdout).toBe(75);
      expect(refused.stderr).toContain("busy");
      expect(refused.stdout).toBe("");
    }
    expect((await client.done).code).toBe(0);
  }));

test("two that continue one session at the same moment: one works, the other is refused", () =>
  inLab(
    {
      script: [
        [{ say: "First.\n\nStatus: done" }],
        [{ run: "sleep 1.5", yieldMs: 9_000 }, { say: "Second.\n\nStatus: done" }],
      ],
    },
    async (lab) => {
      const first = await lab.ask("begin and run the tests");
      const both = await Promise.all(["a", "b"].map((text) => lab.ask("--session", first.lines.run_id ?? "", text)));
      expect(both.map((one) => one.code).sort()).toEqual([0, 75]);
      const sessions = await lab.ask("--session", first.lines.run_id ?? "", "third");
      expect(sessions.code).toBe(0);
    },
  ));

test("an id that no record knows starts nothing", () =>
  inLab({}, async (lab) => {
    for (const id of ["01a1fcf9-185e-7ed3-be42-f6fb9e5143d4", "no-such-name", "r-20260101-000000-abcd"]) {
      const done = await lab.ask("--session", id, "hello");
      expect(done.code).toBe(64);
      expect(done.stderr).toContain(id);
    }
    expect(lab.model.requests).toEqual([]);
    expect(existsSync(lab.home)).toBe(false);
  }));

test("a session does not get more power than it had", () =>
  inLab({ script: [[{ say: "Status: done" }]] }, async (lab) => {
    const first = await lab.ask("--read-only", "look");
    const id = first.lines.run_id ?? "";
    for (const more of [["--network"], ["--role", "writer"], ["--sandbox", "danger-full-access"], ["-w", "/"]]) {
      const refused = await lab.ask("--session", id, ...more, "and now write");
      expect(refused.code, more.join(" ")).toBe(64);
      expect(refused.stderr).toContain(more[0]);
    }
    expect((await lab.ask("--session", id, "--read-only", "look again")).code).toBe(0);
  }));

test("wait gives up by its own clock and leaves the run alone", () =>
  inLab(SLEEPER, async (lab) => {
    const { client, runId } = await busy(lab);
    const waited = await lab.call("codex_runs", ["wait", runId, "--timeout", "0.3"]);
    expect(waited.code).toBe(75);
    expect(waited.stderr).toContain("still running");
    expect((await lab.call("codex_runs", ["show", runId])).lines.state).toBe("running");
    await lab.call("codex_runs", ["cancel", runId]);
    await client.done;
  }));

test("parallel runs in one workspace keep their records apart", () =>
  inLab({ script: [[{ say: "Mine.\n\nStatus: done" }]] }, async (lab) => {
    const all = await Promise.all(Array.from({ length: 6 }, (_, at) => lab.ask("--read-only", `question ${at}`)));
    expect(all.map((one) => one.code)).toEqual(Array(6).fill(0));
    expect(new Set(all.map((one) => one.lines.run_id)).size).toBe(6);
    expect(new Set(all.map((one) => one.lines.session_id)).size).toBe(6);
  }));
