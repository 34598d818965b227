import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { RunStatus } from "../../src/core/record.ts";
import { readPolicy, toolOutputs } from "../kit/attack.ts";
import { inLab, type Lab, until } from "../kit/lab.ts";
import { expectRefused, isIn, put, putIn } from "../kit/packets.ts";
import { expectSentence, makeScript } from "../kit/refusal.ts";

const DONE = { say: "Done.\n\nStatus: done" };
const GOAL = "fix the tests";
/** A command that goes on until somebody puts a file there. */
const UNTIL_GO = { run: "touch at-work; while [ ! -e go ]; do sleep 0.05; done", yieldMs: 30_000 };

/** The runs that have a record. */
const runsOf = (lab: Lab): string[] =>
  readdirSync(join(lab.home, "workspaces")).flatMap((name) => readdirSync(join(lab.home, "workspaces", name, "runs")));

const claimsOf = (lab: Lab, taskId: string): string[] =>
  readdirSync(join(lab.home, "workspaces"))
    .flatMap((name) => readdirSync(join(lab.home, "workspaces", name, "tasks", taskId)))
    .sort();

const statusOf = (lab: Lab, runId: string): RunStatus =>
  RunStatus.parse(JSON.parse(readFileSync(join(lab.recordDir(runId), "status.json"), "utf8")));

const task = (id: string, ...more: string[]) => ["--task-id", id, ...more];

describe("the same task id", () => {
  test("goes on in the same session, with the power it began with", () =>
    inLab(
      { files: { "src/x.txt": "x\n" }, script: [[DONE], [{ run: "echo y > top.txt; echo y > src/x.txt" }, DONE]] },
      async (lab) => {
        const first = await lab.ask(...task("U1", "--scope", "src", GOAL));
        const second = await lab.ask(...task("U1", "now the other half; the tests must pass"));
        expect([first.code, second.code], second.stdout + second.stderr).toEqual([0, 0]);
        expect(second.lines.session_id).toBe(first.lines.session_id);
        expect(second.lines.run_id).not.toBe(first.lines.run_id);
        const [begin = "", more = ""] = lab.model.userTexts();
        expect(begin).toContain("# Role: writer");
        expect(more).toMatch(/^now the other half; the tests must pass\n/);
        expect(more).not.toContain("# Role");
        expect(toolOutputs(lab)).toContain("Read-only file system");
        expect(readPolicy(lab, second.lines.run_id ?? "").power).toMatchObject({ write: "scope", scope: ["src"] });
        expect(claimsOf(lab, "U1")).toEqual(["1.json", "2.json"]);

        const third = await lab.call("ask_codex", task("U1", "--read-only", "only look"), {
          cwd: join(lab.workspace, "src"),
        });
        expect([third.code, third.lines.session_id]).toEqual([0, first.lines.session_id]);
        expect(lab.receipt(third.lines.run_id ?? "").power.write).toBe("none");
        const other = await lab.ask(...task("U2", GOAL));
        expect(other.lines.session_id).not.toBe(first.lines.session_id);
        expect(lab.model.userTexts()).toHaveLength(1);
      },
    ));

  test("in another workspace is another task", () =>
    inLab({ script: [DONE] }, async (lab) => {
      const other = join(lab.dir, "another");
      put(join(other, "x.txt"), "x\n");
      await lab.run("git", ["init", "-q", other]);
      const [here, there] = await Promise.all([
        lab.ask(...task("U1", GOAL)),
        lab.ask(...task("U1", "-w", other, GOAL)),
      ]);
      expect([here.code, there.code], there.stderr).toEqual([0, 0]);
      expect(there.lines.session_id).not.toBe(here.lines.session_id);
      const again = await lab.call("ask_codex", task("U1", "go on"), { cwd: other });
      expect(again.lines.session_id).toBe(there.lines.session_id);
    }));

  test("started six times at once runs once: the others are refused and leave nothing; and so it does later", () =>
    inLab({ script: [UNTIL_GO, DONE] }, async (lab) => {
      let session: string | undefined;
      for (const [round, count] of [6, 3].entries()) {
        const all = Array.from({ length: count }, (_, at) => lab.start("ask_codex", task("U1", `${GOAL} (${at})`)));
        await new Promise<void>((resolve) => {
          let over = 0;
          for (const one of all) void one.done.then(({ code }) => code === 75 && ++over === count - 1 && resolve());
        });
        await until(() => isIn(lab, "at-work"));
        expect(runsOf(lab)).toHaveLength(round + 1);
        expect(claimsOf(lab, "U1")).toHaveLength(round + 1);
        const late = await lab.ask(...task("U1", GOAL));
        expectSentence(late, { code: 75, says: /the task U1 is busy: run r-\S+ works/, hint: /codex_runs wait r-/ });
        expect(late.stderr).toContain(runsOf(lab).sort().at(-1));
        putIn(lab, "go", "");
        const called = await Promise.all(all.map((one) => one.done));
        const refused = called.filter(({ code }) => code === 75);
        expect(refused).toHaveLength(count - 1);
        for (const one of refused)
          expectSentence(one, { code: 75, says: /the task U1 is busy/, hint: /codex_runs wait/ });
        const winner = called.find(({ code }) => code === 0)?.lines.session_id;
        expect(winner).toBe(session ?? winner);
        session = winner;
        for (const name of ["go", "at-work"]) rmSync(join(lab.workspace, name));
      }
      expect(session).toBeDefined();
    }));

  test("with an answer reaches the turn that asked", () =>
    inLab(
      { script: [[{ call: "ask_caller", args: { question: "Which one?" } }, { say: "Took it.\n\nStatus: done" }]] },
      async (lab) => {
        const asked = await lab.ask(...task("U1", GOAL));
        expect([asked.code, asked.lines.verdict]).toEqual([4, "question"]);
        const answered = await lab.ask(...task("U1", "the second"));
        expect(answered.code, answered.stderr).toBe(0);
        expect(answered.lines).toMatchObject({ run_id: asked.lines.run_id, session_id: asked.lines.session_id });
        expect(answered.stdout).toContain("Took it.");
        expect(lab.model.userTexts()).toHaveLength(1);
        expect(JSON.stringify(lab.model.requests.at(-1)?.body.input.at(-1))).toContain("the second");
        expect(claimsOf(lab, "U1")).toEqual(["1.json"]);
      },
    ));
});

describe("a task is free again", () => {
  test("when its first run failed before there was a thread: then it begins anew", () =>
    inLab({ script: [DONE] }, async (lab) => {
      const failed = await lab.call("ask_codex", task("U1", "--engine", "exec", "--read-only", GOAL), {
        env: { ASK_CODEX_BIN: makeScript(lab, "codex-crashes", "exit 1") },
      });
      expect([failed.code, failed.lines.session_id]).toEqual([3, undefined]);
      const next = await lab.ask(...task("U1", GOAL));
      expect(next.code, next.stderr).toBe(0);
      expect(lab.model.userTexts()).toHaveLength(1);
      expect(lab.model.userTexts()[0]).toContain("# Role: writer");
      expect(claimsOf(lab, "U1")).toEqual(["1.json", "2.json"]);
    }));

  test("when its broker was killed: the next call goes on in the thread, and the first run is lost", () =>
    inLab({ script: [[{ run: "touch at-work" }, { hang: true }], [DONE]] }, async (lab) => {
      const running = lab.start("ask_codex", task("U1", GOAL));
      const runId = await running.line("run_id");
      await until(() => isIn(lab, "at-work") && lab.model.requests.length === 2);
      process.kill(statusOf(lab, runId).owner?.pid ?? 0, "SIGKILL");
      const next = await lab.ask(...task("U1", "go on with the tests"));
      expect(next.code, next.stdout + next.stderr).toBe(0);
      expect(lab.receipt(runId).verdict).toBe("lost");
      expect((await running.done).code).toBe(137);
      expect(next.lines.session_id).toBe(lab.receipt(runId).session_id);
      expect(claimsOf(lab, "U1")).toEqual(["1.json", "2.json"]);
    }));

  test("when it was cancelled, and when the client that waited for it is gone", () =>
    inLab({ script: [[UNTIL_GO, DONE], [DONE]] }, async (lab) => {
      const running = lab.start("ask_codex", task("U1", GOAL));
      const runId = await running.line("run_id");
      await until(() => isIn(lab, "at-work"));
      running.kill("SIGKILL");
      await running.done;
      expect((await lab.ask(...task("U1", GOAL))).code).toBe(75);
      expect((await lab.call("codex_runs", ["cancel", runId])).code).toBe(0);
      const next = await lab.ask(...task("U1", "go on with the tests"));
      expect([next.code, next.lines.session_id]).toEqual([0, lab.receipt(runId).session_id]);
    }));

  test("when gc has removed its records: then it begins anew", () =>
    inLab({ script: [[DONE], [{ say: "The second turn.\n\nStatus: done" }]] }, async (lab) => {
      const first = await lab.ask(...task("U1", GOAL));
      // As long as Codex has the thread, the session is one that can be gone on with, and stays.
      const none = await lab.call("codex_runs", ["gc", "--older-than", "0", "--keep", "0"]);
      expect(none.lines).toMatchObject({ removed_runs: "0", removed_sessions: "0" });
      rmSync(join(lab.codexHome, "sessions"), { recursive: true });
      const gc = await lab.call("codex_runs", ["gc", "--older-than", "0", "--keep", "0"]);
      expect(gc.lines).toMatchObject({ removed_runs: "1", removed_sessions: "1" });
      const next = await lab.ask(...task("U1", GOAL));
      expect(next.code, next.stderr).toBe(0);
      expect(next.lines.session_id).not.toBe(first.lines.session_id);
      expect(lab.model.userTexts()).toHaveLength(1);
    }));
});

describe("a known task", () => {
  test.each<[string, string[], RegExp]>([
    ["a writing role", ["--role", "writer"], /--role writer asks for writing the whole workspace/],
    ["a scope", ["--scope", "src"], /--scope asks for|--scope opens src/],
    ["the network", ["--network"], /--network asks for the network/],
    ["another directory", ["--writable", "/var/tmp"], /--writable opens \/var\/tmp|asks for writing \/var\/tmp/],
    ["a variable", ["--env", "HOME_X"], /--env asks for the variable HOME_X/],
    ["a sandbox that writes", ["--sandbox", "workspace-write"], /--sandbox workspace-write asks for/],
    ["full access", ["--sandbox", "danger-full-access"], /--sandbox danger-full-access asks for/],
  ])("is given no more power: %s is refused", (_, more, says) =>
    inLab({ script: [DONE] }, async (lab) => {
      const first = await lab.ask(...task("U1", "--read-only", "read it"));
      expect(first.code).toBe(0);
      await expectRefused(lab, task("U1", ...more, GOAL), { says });
      expect(claimsOf(lab, "U1")).toEqual(["1.json"]);
    }),
  );

  test("can't be named together with a session, and a packet's task id counts as one", () =>
    inLab({ script: [DONE] }, async (lab) => {
      const first = await lab.ask(...task("U1", GOAL));
      const session = ["--session", first.lines.run_id ?? ""];
      await expectRefused(lab, [...session, ...task("U1", GOAL)], { says: /--session and the task id U1 both name/ });
      const packet = put(join(lab.dir, "t.md"), "---\nrole: writer\ntask_id: U1\n---\nGo on with the tests.\n");
      await expectRefused(lab, [...session, "--packet", packet], { says: /--session and the task id U1 both name/ });
      const next = await lab.ask("--packet", packet);
      expect([next.code, next.lines.session_id], next.stderr).toEqual([0, first.lines.session_id]);
    }));
});

test.each(["", " ", "a b", "../x", ".x", "-x", "_x", "a/b", "a\nb", "ü", "x".repeat(65), "U1\n"])(
  "the task id %j is refused",
  (id) =>
    inLab({}, async (lab) => {
      await expectRefused(lab, [`--task-id=${id}`, GOAL], { says: /--task-id: must be letters, digits, dots/ });
      const packet = put(join(lab.dir, "t.md"), `---\ntask_id: ${JSON.stringify(id)}\n---\nRun the tests.\n`);
      await expectRefused(lab, ["--packet", packet], { says: /line 2: task_id must be letters, digits, dots/ });
    }),
);
