import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { launchBroker } from "../../src/broker/launch.ts";
import { createRecord } from "../../src/run/create-record.ts";
import { socketPath } from "../../src/sys/paths.ts";
import { brokerPid, isOver, isWaiting, lineOf, requestOf, startBackground, statusOf } from "../kit/background.ts";
import { inLab, ROOT, until } from "../kit/lab.ts";
import { begin, ended, inLive, kill } from "../kit/live.ts";
import { createTurnstile } from "../kit/turnstile.ts";

const SAID = { say: "Done.\n\nStatus: done" };

test("--background returns while the run goes on, with where it is to be found", async () => {
  const gate = createTurnstile();
  await inLab({ script: [{ ...SAID, gate }] }, async (lab) => {
    const env = { CLAUDE_CODE_SESSION_ID: "claude-1", CLAUDE_PID: String(process.pid) };
    const called = await lab.call("ask_codex", ["--background", "-o", "answer.md", "say hello"], { env });
    // The model has said nothing yet, so the run can't have ended.
    expect(called.code, called.stderr).toBe(0);
    const runId = called.lines.run_id ?? "";
    expect(called.lines).toMatchObject({
      status: expect.stringMatching(/^(queued|running)$/),
      record: lab.recordDir(runId),
      output_path: join(lab.workspace, "answer.md"),
      // The path of the skill is quoted where it has a space.
      next: expect.stringMatching(new RegExp(`codex_runs\\.mjs"? wait ${runId}$`)),
    });
    expect(requestOf(lab, runId).background).toMatchObject({
      claude: { session: "claude-1", owner: { pid: process.pid } },
      maxParallel: 4,
      notBefore: null,
    });
    expect(isOver(lab, runId)).toBe(false);
    gate.open();
    const waited = await lab.call("codex_runs", ["wait", runId], { cwd: "/" });
    expect([waited.code, waited.lines.verdict]).toEqual([0, "done"]);
    expect(readFileSync(join(lab.workspace, "answer.md"), "utf8")).toContain("Done.");
    expect(lineOf(lab)).toEqual([]);
    expect(await lab.left()).toEqual([]);
  });
});

test("--json is one object; --dry-run starts nothing; --max-parallel without --background is bad input", () =>
  inLab({ script: [SAID] }, async (lab) => {
    const dry = await lab.ask("--background", "--dry-run", "say hello");
    expect([dry.code, dry.stdout.includes("say hello")]).toEqual([0, true]);
    const bad = await lab.ask("--max-parallel", "2", "say hello");
    expect([bad.code, bad.stdout, bad.stderr.includes("--background")]).toEqual([64, "", true]);
    expect(lab.processes()).toEqual([]);
    const called = await lab.ask("--background", "--json", "--quiet", "say hello");
    expect(called.stdout).toMatch(/^\{[^\n]*\}\n$/);
    const told = JSON.parse(called.stdout);
    expect(told).toMatchObject({ session_id: null, parked_until: null, started: true });
    const waited = await lab.call("codex_runs", ["wait", "--json", told.run_id]);
    expect(JSON.parse(waited.stdout)).toMatchObject({ run_id: told.run_id, verdict: "done" });
  }));

test("of many starts at once no more than --max-parallel go on, in the order of the line, and all end", async () => {
  const gate = createTurnstile();
  const COUNT = 10;
  await inLab({ script: [{ ...SAID, gate }] }, async (lab) => {
    const starts = Array.from({ length: COUNT }, (_, at) => startBackground(lab, `task ${at}`, "--max-parallel", "2"));
    const runIds = await Promise.all(starts);
    await until(() => gate.waiting === 2 && lineOf(lab).length === COUNT);
    const line = lineOf(lab);
    expect([...line].sort()).toEqual([...runIds].sort());
    for (let left = COUNT; left > 0; left--) {
      await until(() => gate.waiting === Math.min(2, left));
      gate.letThrough(1);
    }
    const waited = await lab.call("codex_runs", ["wait", "--quiet", ...runIds]);
    expect(waited.code, waited.stderr).toBe(0);
    expect(waited.stdout.match(/^verdict=done$/gm)).toHaveLength(COUNT);
    expect(gate.most).toBe(2);
    const goals = line.map((runId) => requestOf(lab, runId).packet.goal);
    const asked = lab.model.requests.map(({ body }) => /task \d+; npm test must pass/.exec(JSON.stringify(body))?.[0]);
    // Two begin side by side, so that one may overtake the other on its way to the model.
    for (const [place, goal] of goals.entries()) expect(Math.abs(asked.indexOf(goal) - place)).toBeLessThanOrEqual(1);
    expect(lineOf(lab)).toEqual([]);
    expect(await lab.left()).toEqual([]);
  });
}, 180_000);

test("a run that waits can be cancelled, and kill -9 of one that waits or goes on lets the next one begin", async () => {
  const gate = createTurnstile();
  await inLab({ script: [{ ...SAID, gate }] }, async (lab) => {
    const start = (goal: string) => startBackground(lab, goal, "--max-parallel", "1");
    const first = await start("the first");
    await until(() => gate.waiting === 1);
    const [second, third, fourth] = [await start("the second"), await start("the third"), await start("the fourth")];
    for (const runId of [second, third, fourth]) await isWaiting(lab, runId);
    expect(lineOf(lab)).toEqual([first, second, third, fourth]);
    expect(statusOf(lab, third)).toMatchObject({ state: "queued", waiting: { for: "slot", ahead: 2, until: null } });

    const cancelled = await lab.call("codex_runs", ["cancel", second]);
    expect([cancelled.code, cancelled.lines.verdict]).toEqual([0, "cancelled"]);
    expect(lineOf(lab)).toEqual([first, third, fourth]);

    await kill(brokerPid(lab, third));
    const lost = await lab.call("codex_runs", ["wait", third]);
    expect([lost.code, lost.lines.verdict]).toEqual([137, "lost"]);
    expect(lost.stdout).toContain("waited");

    // Nobody looks at the first one: the one that waits finds out by itself.
    await kill(brokerPid(lab, first));
    await until(() => lab.model.requests.length === 2);
    gate.open();
    const all = await lab.call("codex_runs", ["wait", "--json", "--quiet", first, second, third, fourth]);
    const { runs, exit_code } = JSON.parse(all.stdout);
    const verdicts = Object.fromEntries(
      runs.map((run: { run_id: string; verdict: string }) => [run.run_id, run.verdict]),
    );
    expect(verdicts).toEqual({ [first]: "lost", [second]: "cancelled", [third]: "lost", [fourth]: "done" });
    expect([all.code, exit_code]).toEqual([130, 130]);
    expect(await lab.left()).toEqual([]);
  });
});

test("a broker that waits ends with TERM as one that works does, and with its record", async () => {
  const gate = createTurnstile();
  await inLab({ script: [{ ...SAID, gate }] }, async (lab) => {
    const start = (goal: string) => startBackground(lab, goal, "--max-parallel", "1");
    const [first, second, third] = [await start("the first"), await start("the second"), await start("the third")];
    for (const runId of [second, third]) await isWaiting(lab, runId);
    process.kill(brokerPid(lab, second), "SIGTERM");
    const stopped = await lab.call("codex_runs", ["wait", second]);
    expect([stopped.code, stopped.lines.verdict]).toEqual([130, "cancelled"]);
    expect(lab.receipt(second)).toMatchObject({ session_id: null, counts: { turns: 0 }, quota: { known: false } });
    rmSync(lab.recordDir(third), { recursive: true });
    await until(() => lineOf(lab).length === 1);
    gate.open();
    expect((await lab.call("codex_runs", ["wait", first])).code).toBe(0);
    expect(lab.model.requests).toHaveLength(1);
    expect(await lab.left()).toEqual([]);
  });
});

test("wait --any returns with the first, and leaves the others as they are", async () => {
  const gate = createTurnstile();
  await inLab({ script: [{ ...SAID, gate }] }, async (lab) => {
    const first = await startBackground(lab, "the first", "--max-parallel", "1");
    const second = await startBackground(lab, "the second", "--max-parallel", "1");
    await isWaiting(lab, second);
    const waiting = lab.start("codex_runs", ["wait", "--any", "--verbose", second, first]);
    await until(() => waiting.stderr().includes(`${second}: waiting`));
    gate.letThrough(1);
    const any = await waiting.done;
    expect([any.code, any.lines.run_id, any.lines.verdict]).toEqual([0, first, "done"]);
    expect(any.stdout.match(/^run_id=/gm)).toHaveLength(1);
    expect(isOver(lab, second)).toBe(false);
    const late = await lab.call("codex_runs", ["wait", "--timeout", "0.1", first, second]);
    expect([late.code, late.stderr.includes("the runs go on")]).toEqual([75, true]);
    gate.open();
    expect((await lab.call("codex_runs", ["wait", second])).code).toBe(0);
  });
});

test("a run that the usage limit ended is resumed when it has reset, or by force, with its own checks and notifiers", async () => {
  const resets = Math.floor(Date.now() / 1000) + 2 * 86_400;
  const limit = { error: { type: "usage_limit_reached", message: "limit", resets_at: resets } };
  await inLab({ script: [[{ status: 429, body: limit }], [SAID]] }, async (lab) => {
    const stream = join(lab.dir, "events.jsonl");
    const ended = await lab.ask("--verify", "test -e README.md", "--event-stream", stream, "say hello");
    expect([ended.code, ended.lines.verdict]).toEqual([3, "fatal"]);
    const runId = ended.lines.run_id ?? "";
    const refused = await lab.call("codex_runs", ["resume", runId]);
    expect([refused.code, refused.stdout]).toEqual([75, ""]);

    const parked = await lab.call("codex_runs", ["resume", "--park", runId]);
    expect(parked.code, parked.stderr).toBe(0);
    expect(parked.lines.status).toBe("queued");
    expect(Date.parse(parked.lines.parked_until ?? "")).toBeGreaterThanOrEqual(resets * 1000);
    const parkedId = parked.lines.run_id ?? "";
    await isWaiting(lab, parkedId);
    expect(statusOf(lab, parkedId).waiting).toMatchObject({ for: "quota", ahead: null });
    expect(lineOf(lab)).toEqual([]);
    const busy = await lab.call("codex_runs", ["resume", "--force", runId]);
    expect(busy.code, busy.stderr).toBe(75);
    expect((await lab.call("codex_runs", ["cancel", parkedId])).lines.verdict).toBe("cancelled");

    const resumed = await lab.call("codex_runs", ["resume", "--force", runId], { cwd: "/" });
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.lines).toMatchObject({
      session_id: ended.lines.session_id,
      verdict: "done",
      verification: "passed",
    });
    expect(lab.model.userTexts().at(-1)).toMatch(/ended before the work was done \(fatal/);
    // Whoever was told of the first run is told of this one.
    await until(() => readFileSync(stream, "utf8").includes('"verdict":"done"'));
    const again = await lab.call("codex_runs", ["resume", resumed.lines.run_id ?? ""]);
    expect([again.code, again.stderr.includes("is done")]).toEqual([64, true]);
    const behind = await lab.call("codex_runs", ["resume", runId]);
    expect([behind.code, behind.stderr.includes("gone on since")]).toEqual([64, true]);
  });
});

test("a run that never had a thread is begun again from its own request", async () => {
  const gate = createTurnstile();
  await inLab({ script: [{ ...SAID, gate }] }, async (lab) => {
    const first = await startBackground(lab, "the first", "--max-parallel", "1");
    const second = await startBackground(lab, "the second", "--max-parallel", "1", "--read-only");
    await isWaiting(lab, second);
    const live = await lab.call("codex_runs", ["resume", second]);
    expect([live.code, live.stderr.includes("queued")]).toEqual([75, true]);
    await kill(brokerPid(lab, second));
    gate.open();
    const resumed = await lab.call("codex_runs", ["resume", second], { cwd: "/" });
    expect(resumed.code, resumed.stderr).toBe(0);
    const again = requestOf(lab, resumed.lines.run_id ?? "");
    expect(again.packet).toMatchObject({ goal: "the second; npm test must pass", role: "scout" });
    expect(again.power).toEqual(requestOf(lab, second).power);
    expect((await lab.call("codex_runs", ["wait", first])).code).toBe(0);
  });
});

test("a parked run begins when its time has come", () =>
  inLab({ script: [SAID] }, async (lab) => {
    const model = await startBackground(lab, "say hello");
    expect((await lab.call("codex_runs", ["wait", model])).code).toBe(0);
    const runId = "r-20261121-051103-park";
    const notBefore = new Date(Date.now() + 1_500).toISOString();
    const request = { ...requestOf(lab, model), runId, brokerId: "b-20261121-051103-park" };
    const dir = createRecord(lab.home, {
      ...request,
      socket: socketPath(lab.home, runId),
      background: { claude: null, maxParallel: 1, notBefore },
    });
    const program = [join(ROOT, "scripts", "broker_process.mjs")];
    await launchBroker({ program, dir, env: lab.env });
    const waited = await lab.call("codex_runs", ["wait", runId]);
    expect([waited.code, waited.lines.verdict]).toEqual([0, "done"]);
    expect(lab.events(runId)[0]).toMatchObject({ type: "waiting", for: "quota", until: notBefore });
    expect((lab.receipt(runId).started_at ?? "") >= notBefore).toBe(true);
  }));

test("an answer goes into the turn that waits, and nobody waits for what comes of it", async () => {
  const gate = createTurnstile();
  const script = [
    { call: "ask_caller", args: { question: "Which?" } },
    { ...SAID, gate },
  ];
  await inLab({ script }, async (lab) => {
    const runId = await startBackground(lab, "ask me");
    const asks = await lab.call("codex_runs", ["wait", runId]);
    expect([asks.code, asks.stdout.includes("[QUESTION] Which?")]).toEqual([4, true]);
    const answered = await lab.ask("--background", "--session", runId, "this one");
    expect(answered.code, answered.stderr).toBe(0);
    expect(answered.lines).toMatchObject({ run_id: runId, status: "running", session_id: asks.lines.session_id });
    expect(isOver(lab, runId)).toBe(false);
    gate.open();
    expect((await lab.call("codex_runs", ["wait", runId])).lines.verdict).toBe("done");
  });
});

test("a live session takes a background run as a message", async () => {
  const gate = createTurnstile();
  await inLive({ script: [[SAID], [{ ...SAID, gate }]] }, async (lab) => {
    const { broker_id: id, run_id: firstId } = await begin(lab);
    await ended(lab, firstId);
    expect(requestOf(lab, firstId).background).toMatchObject({ maxParallel: 0 });
    const called = await lab.ask("--background", "--session", id, "and the docs");
    expect(called.code, called.stderr).toBe(0);
    const runId = called.lines.run_id ?? "";
    expect(called.lines).toMatchObject({ status: "running", session_id: lab.receipt(firstId).session_id });
    await until(() => gate.waiting === 1);
    expect(isOver(lab, runId)).toBe(false);
    expect(requestOf(lab, runId)).toMatchObject({ brokerId: id, background: { maxParallel: 0, notBefore: null } });
    gate.open();
    expect((await lab.call("codex_runs", ["wait", runId])).lines.verdict).toBe("done");
  });
});
