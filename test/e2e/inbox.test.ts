import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readReceipt, readStatus } from "../../src/run/record.ts";
import { inClaudeCode } from "../kit/claude-code.ts";
import { type Called, inLab, type Lab, ROOT, until } from "../kit/lab.ts";

interface Session {
  /** Calls a script as this session. */
  call(script: string, ...args: string[]): Promise<Called>;
  inbox(): Promise<{ items: { run_id: string; [key: string]: unknown }[]; more: number; ack: string | null }>;
  die(): Promise<void>;
}

const SAYS = { say: "Made it.\n\nStatus: done" };
const ASKS = { call: "ask_caller", args: { question: "Which database?", options: ["postgres", "sqlite"] } };

/** Gives the body Claude Code sessions, each a process of its own, and ends them. */
async function withSessions(lab: Lab, body: (open: (id: string) => Session) => Promise<void>): Promise<void> {
  const children: ChildProcess[] = [];
  const open = (id: string): Session => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    children.push(child);
    const env = { CLAUDE_CODE_SESSION_ID: id, CLAUDE_PID: String(child.pid) };
    const call = (script: string, ...args: string[]) => lab.call(script, args, { env });
    return {
      call,
      inbox: async () => JSON.parse((await call("codex_runs", "inbox", "--json")).stdout),
      async die() {
        child.kill("SIGKILL");
        await until(() => child.signalCode !== null);
      },
    };
  };
  try {
    await body(open);
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
}

async function startIn(session: Session, lab: Lab, goal: string, ...args: string[]): Promise<string> {
  const started = await session.call("ask_codex", "--background", ...args, goal);
  expect(started.code, started.stderr).toBe(0);
  const runId = started.lines.run_id ?? "";
  expect(lab.recordDir(runId)).toContain(runId);
  return runId;
}

const hasEnded = (lab: Lab, runId: string) => until(() => readReceipt(lab.recordDir(runId)) !== undefined);
const hasAsked = (lab: Lab, runId: string) => until(() => readStatus(lab.recordDir(runId)).state === "waiting_input");

test("what a background run asks, and how it ended, comes to the session that started it, once", () =>
  inLab({ script: [ASKS, { say: "Took it.\n\nStatus: done" }] }, (lab) =>
    withSessions(lab, async (open) => {
      const [own, other] = [open("own"), open("other")];
      const asking = await startIn(own, lab, "choose a database");
      await hasAsked(lab, asking);
      lab.model.script([SAYS]);
      const ending = await startIn(own, lab, "make it");
      await hasEnded(lab, ending);
      expect((await other.call("codex_runs", "inbox")).stdout).toBe("inbox: empty\n");
      expect((await own.inbox()).items).toMatchObject([
        { run_id: asking, what: "question", question: "Which database?" },
        { run_id: ending, verdict: "done", exit_code: 0 },
      ]);
      // What is printed for the question is a command that answers it.
      expect((await own.call("codex_runs", "inbox")).stdout).toContain(`--session ${asking} "…"`);
      lab.model.script([ASKS, { say: "Took it.\n\nStatus: done" }]);
      const read = await own.call("codex_runs", "result", ending);
      expect([read.code, read.lines.verdict]).toEqual([0, "done"]);
      const answered = await own.call("ask_codex", "--session", asking, "sqlite");
      expect(answered.lines).toMatchObject({ run_id: asking, verdict: "done" });
      expect((await own.call("codex_runs", "result", asking, "--answer")).stdout).toBe("Took it.\n\nStatus: done\n");
      expect(await own.inbox()).toEqual({ items: [], more: 0, ack: null });
      expect(await lab.left()).toEqual([]);
    }),
  ));

test("the runs of a session that is gone come to the next one in the workspace, a lost one too", () =>
  inLab({ script: [SAYS] }, (lab) =>
    withSessions(lab, async (open) => {
      const [own, next, late] = [open("own"), open("next"), open("late")];
      const ended = await startIn(own, lab, "make it");
      await hasEnded(lab, ended);
      lab.model.script([{ hang: true }]);
      const lost = await startIn(own, lab, "make more");
      await until(() => readStatus(lab.recordDir(lost)).owner !== undefined);
      const owner = readStatus(lab.recordDir(lost)).owner?.pid ?? 0;
      process.kill(owner, "SIGKILL");
      await own.die();
      const { items, ack } = await next.inbox();
      expect(items).toMatchObject([
        { run_id: ended, verdict: "done" },
        { run_id: lost, verdict: "lost", exit_code: 137 },
      ]);
      expect(await late.inbox()).toMatchObject({ items: [] });
      expect((await next.call("codex_runs", ...(ack ?? "").split(" ").slice(-5))).code).toBe(0);
      for (const session of [next, late]) expect(await session.inbox()).toMatchObject({ items: [], more: 0 });
      expect(await lab.left()).toEqual([]);
    }),
  ));

test("codex_broker wait acknowledges the run that it printed", () =>
  inLab({ script: [SAYS] }, (lab) =>
    withSessions(lab, async (open) => {
      const own = open("own");
      const started = await own.call("codex_broker", "start", "make it", "--json");
      const { broker_id: brokerId, run_id: runId } = JSON.parse(started.stdout);
      await hasEnded(lab, runId);
      expect((await own.inbox()).items).toMatchObject([{ run_id: runId, verdict: "done" }]);
      expect((await own.call("codex_broker", "wait", brokerId)).code).toBe(0);
      expect(await own.inbox()).toMatchObject({ items: [] });
      await own.call("codex_broker", "stop", brokerId);
      expect(await lab.left()).toEqual([]);
    }),
  ));

test("the real Claude Code: its next session is told of the run by a hook, acknowledges it, and the one after is not", () => {
  const script = (name: string) => `node "${join(ROOT, "scripts", name)}.mjs"`;
  const start = `${script("ask_codex")} --background "make it"`;
  const command = `if [ -e "$HOME/begun" ]; then eval '{{ack: (node [^\n]+)}}'; else touch "$HOME/begun"; ${start}; fi`;
  const moves = [{ tool: "Bash", input: { command, description: "test" } }, { say: "Fin." }];
  const hooks = { SessionStart: [{ hooks: [{ type: "command", command: `${script("codex_runs")} inbox` }] }] };
  const settings = ["--settings", JSON.stringify({ hooks })];
  return inClaudeCode({ script: [SAYS], moves, rules: () => ["Bash"] }, async ({ lab, claude, start: open }) => {
    const first = await open("Let Codex make it.", ...settings).ended;
    expect(claude.told(), first.account).toContain("inbox: empty");
    const runId = /^run_id=(\S+)$/m.exec(claude.results()[0]?.text ?? "")?.[1] ?? "";
    await hasEnded(lab, runId);
    const second = await open("What is new?", ...settings).ended;
    expect(claude.told(), second.account).toContain(`run_id=${runId} verdict=done exit_code=0`);
    expect(claude.results()[0]?.text).toContain(`acknowledged=${runId}\nmore=0`);
    const third = await open("What is new?", ...settings).ended;
    expect(claude.told(), third.account).toContain("inbox: empty");
    expect(await lab.left()).toEqual([]);
  });
});
