import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Called, type Lab, until } from "../kit/lab.ts";
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
  send,
  status,
  UNTIL_GO,
} from "../kit/live.ts";

const BUSY = { script: [[UNTIL_GO, { say: "I made it work.\n\nStatus: done" }], [DONE]] };

/** What `status` prints, which Claude reads often: it must be small. */
async function shown(lab: Lab, id: string): Promise<Called> {
  const called = await fromRoot(lab, "status", id);
  expect(called.code, called.stderr).toBe(0);
  expect(Buffer.byteLength(called.stdout)).toBeLessThan(600);
  expect(called.stderr).toBe("");
  return called;
}

test("status, list, logs and summary are true in every state of a session's life", () =>
  inLive(BUSY, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab, "--name", "my session", "--idle-exit", "0");
    await atWork(lab);
    const queued = await send(lab, id, "and the docs", "--verify", "echo the check is red; exit 1");
    const running = await shown(lab, id);
    expect(running.lines).toMatchObject({ broker_id: id, name: "my session", status: "running", run_id, queue: "1" });
    expect(running.lines.session_id).toBe(brokerOf(lab, id).codex_process && (await status(lab, id)).session_id);
    expect(running.lines.now).toMatch(/at-work/);
    letGo(lab);
    await ended(lab, queued.run_id);

    const red = await shown(lab, id);
    expect(red.lines).toMatchObject({ status: "attention_required", run_id: queued.run_id, queue: "0" });
    expect(red.lines.last_error).toMatch(/check|unverified/);
    expect(red.lines.tokens).toMatch(/\d/);
    const green = await send(lab, id, "mend it", "--verify", "true");
    await ended(lab, green.run_id);
    expect((await shown(lab, id)).lines.status).toBe("waiting_input");

    const story = await fromRoot(lab, "summary", id);
    expect(story.code, story.stderr).toBe(0);
    for (const run of [run_id, queued.run_id, green.run_id]) expect(story.stdout).toContain(run);
    expect(story.stdout).toMatch(/begin the work.*unverified.*done/s);
    expect(Buffer.byteLength(story.stdout)).toBeLessThan(4_000);

    const killed = await send(lab, id, "once more");
    await ended(lab, killed.run_id);
    await kill(brokerOf(lab, id).owner?.pid);
    const lost = await shown(lab, id);
    expect(lost.lines).toMatchObject({ status: "lost", run_id: killed.run_id });
    expect(lost.lines.next).toContain(`codex_broker`);
    expect(lost.lines.next).toMatch(/ resume /);
    for (const verb of ["logs", "summary"]) {
      const called = await fromRoot(lab, verb, id);
      expect([called.code, called.stderr]).toEqual([0, ""]);
      expect(called.stdout).toContain("Done.");
    }

    expect((await broker(lab, "resume", id)).code).toBe(0);
    expect((await shown(lab, id)).lines.status).toMatch(/waiting_input|attention_required/);
    await broker(lab, "stop", id);
    expect((await shown(lab, id)).lines).toMatchObject({ status: "stopped", run_id: killed.run_id });
    expect((await fromRoot(lab, "summary", "my session")).stdout).toContain("stopped");
  }));

test("status --json has every field in every state, and its question is Codex's whole one", () =>
  inLive(
    { script: [[{ call: "ask_caller", args: { question: `Which? ${"x".repeat(3_000)}` } }, DONE]] },
    async (lab) => {
      const { broker_id: id, run_id } = await begin(lab);
      await until(async () => (await status(lab, id)).status === "waiting_input");
      const seen = await status(lab, id);
      const fields = [
        "broker_id",
        "name",
        "status",
        "session_id",
        "run_id",
        "now",
        "elapsed_ms",
        "queue_depth",
        "tokens",
      ]
        .concat(["limits", "usage_limit", "last_error", "question", "last_verdict", "exit_code", "workspace", "idle_s"])
        .concat(["next"]);
      expect(Object.keys(seen)).toEqual(expect.arrayContaining(fields));
      expect(seen.question?.question).toHaveLength(3_007);
      expect((await shown(lab, id)).stdout).toContain("Which? xxx");
      await broker(lab, "stop", id);
      expect(Object.keys(await status(lab, id))).toEqual(Object.keys(seen));
      expect((await shown(lab, run_id)).lines.status).toBe("stopped");
    },
  ));

test("logs says what happened, of the whole session and of one run; --follow goes on until the session is idle", () =>
  inLive(BUSY, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await atWork(lab);
    const following = lab.start("codex_broker", ["logs", "--follow", id], { cwd: "/" });
    await until(() => following.stdout().includes("at-work"));
    const next = await send(lab, id, "and the docs");
    expect(following.stdout()).not.toContain("I made it work.");
    letGo(lab);
    const followed = await following.done;
    expect(followed.code, followed.stderr).toBe(0);
    expect(followed.stdout).toMatch(/at-work.*I made it work\..*Done\./s);
    const all = await broker(lab, "logs", id);
    expect(all.stdout).toMatch(/at-work.*I made it work\..*Done\./s);
    const one = await broker(lab, "logs", id, "--run", next.run_id);
    expect(one.stdout).toContain("Done.");
    expect(one.stdout).not.toContain("I made it work.");
    expect((await broker(lab, "logs", run_id)).stdout).not.toContain("Done.\n");
    const last = await broker(lab, "logs", id, "--lines", "1");
    expect(last.stdout.trim().split("\n")).toHaveLength(1);
    const json = await broker(lab, "logs", "--json", id);
    expect(json.stdout).toMatch(/^\{[^\n]*\}\n$/);
    expect(JSON.stringify(JSON.parse(json.stdout))).toContain("I made it work.");
  }));

test("list has the sessions of this workspace, live ones first; --all those of every one", () =>
  inLive({ script: [DONE] }, async (lab) => {
    const other = join(lab.dir, "another");
    await lab.run("git", ["init", "-q", other]);
    const first = await begin(lab, "--name", "first");
    const second = await begin(lab, "--name", "second");
    const third = await begin(lab, "--name", "third", "-w", other);
    await Promise.all([first, second, third].map((one) => ended(lab, one.run_id)));
    const single = await lab.ask("look once; the tests must pass");
    await broker(lab, "stop", "second");
    const here = await broker(lab, "list");
    expect(here.code, here.stderr).toBe(0);
    const places = (text: string, ids: string[]) => ids.map((one) => text.indexOf(one));
    const [one = -1, two = -1, three = -1] = places(
      here.stdout,
      [first, second, third].map((s) => s.broker_id),
    );
    expect(one).toBeGreaterThan(-1);
    expect(two).toBeGreaterThan(one);
    expect(three).toBe(-1);
    const all = await fromRoot(lab, "list", "--all", "--json");
    expect(all.stdout).toMatch(/^\{[^\n]*\}\n$/);
    for (const session of [first, second, third]) expect(all.stdout).toContain(session.broker_id);
    expect((await lab.call("codex_broker", ["list"], { cwd: other })).stdout).toContain(third.broker_id);
    const none = await lab.call("codex_broker", ["list"], { cwd: lab.dir });
    expect([none.code, /b-2\d{3}/.test(none.stdout)]).toEqual([0, false]);
    expect(await status(lab, single.lines.run_id ?? "")).toMatchObject({ status: "stopped", last_verdict: "done" });
  }));

test("looking writes nothing where there is nothing", () =>
  inLive({}, async (lab) => {
    const listed = await broker(lab, "list", "--all");
    expect([listed.code, existsSync(lab.home)]).toEqual([0, false]);
    for (const verb of ["status", "summary", "logs", "wait", "stop", "resume"]) {
      const called = await broker(lab, verb, "b-20260101-000000-abcd");
      expect([verb, called.code]).toEqual([verb, 64]);
      expect(called.stderr).toContain("b-20260101-000000-abcd");
    }
    expect(existsSync(lab.home)).toBe(false);
  }));
