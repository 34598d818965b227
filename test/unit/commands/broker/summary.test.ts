import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Summary } from "../../../../src/commands/broker/collect-summary.ts";
import { summary } from "../../../../src/commands/broker/summary.ts";
import { BROKER_ID, THREAD_ID } from "../../core/samples.ts";
import { ago, newSession, type RunSpec, runId, type SessionSpec } from "./session-world.ts";

async function told(spec: SessionSpec): Promise<{ text: string; json: Summary }> {
  const world = newSession(spec);
  const text = await world.call(summary);
  expect([text.code, text.err()]).toEqual([0, ""]);
  expect(Buffer.byteLength(text.out())).toBeLessThanOrEqual(3_000);
  return { text: text.out(), json: JSON.parse((await world.call(summary, { json: true })).out()) };
}

const changed = (...paths: string[]) => paths.map((path) => ({ path, change: "modified" as const }));
const LONG = "Wörter und 漢字, 🎉 und noch mehr davon. ".repeat(200);

test("the story: the goal, each run with what came of it, what was not delivered, what is open, what to do", async () => {
  const { text, json } = await told({
    broker: { name: "login" },
    session: { tokens: { input: 900, cached: 400, output: 50 } },
    runs: [
      {
        goal: "fix the login test",
        receipt: {
          answer: "The test passes.",
          files_changed: changed("src/a.ts", "b c.ts"),
          verification: "passed",
          started_at: ago(900),
        },
      },
      {
        goal: "and the docs",
        receipt: {
          verdict: "violation",
          exit_code: 5,
          reason: "it changed README.md",
          policy: "violation",
          answer: "I did it.",
          started_at: ago(300),
        },
      },
      { goal: "go on", events: [{ type: "turn" }, { type: "command_started", id: "c", command: "npm test" }] },
    ],
    messages: [
      { text: "fix the login test", state: "consumed", run_id: runId(0) },
      { text: "stop there", state: "undelivered", why: "the turn had ended" },
      { text: "look left", delivery: "steer", state: "consumed", run_id: runId(0) },
      { text: "then the rest", created_at: ago(9) },
    ],
  });
  expect(text.split("\n")).toEqual([
    `broker_id=${BROKER_ID}`,
    "name=login",
    "status=running",
    `session_id=${THREAD_ID}`,
    "workspace=/work/a project",
    "started=2026-11-21T05:11:03.000Z",
    "tokens=in:900 cached:400 out:50",
    "runs=3 (done 1, violation 1, running 1)",
    "goal: fix the login test",
    "",
    "[RUNS] all of 3",
    `- ${runId(0)} done, 16s, began 2026-11-21 05:45 UTC, checks passed`,
    "  asked: fix the login test",
    "  files: src/a.ts, b c.ts",
    "  said: The test passes.",
    `- ${runId(1)} violation, 16s, began 2026-11-21 05:55 UTC, policy violation`,
    "  asked: and the docs",
    "  why: it changed README.md",
    expect.stringMatching(new RegExp(`^- ${runId(2)} running, \\w+, began 2026-11-21 05:59 UTC$`)),
    "  asked: go on",
    "",
    expect.stringMatching(/^now=\w+ npm test$/),
    expect.stringMatching(/^limits=total:/),
    "steered=1",
    "[UNDELIVERED] 1",
    '- m-1 "stop there": the turn had ended',
    "[WAITING] 1",
    "- m-3 then the rest",
    `next=node /skill/scripts/codex_broker.mjs wait ${BROKER_ID}`,
    "",
  ]);
  expect(json).toMatchObject({
    broker_id: BROKER_ID,
    status: "running",
    runs_total: 3,
    verdicts: { done: 1, violation: 1, running: 1 },
    steered: 1,
    undelivered_total: 1,
    undelivered: [{ message_id: "m-1", text: "stop there", why: "the turn had ended" }],
    waiting: [{ message_id: "m-3", text: "then the rest", why: null }],
  });
});

const run = (number: number, over: RunSpec["receipt"] = {}): RunSpec => ({
  id: `r-20261121-05${String(Math.floor(number / 60)).padStart(2, "0")}${String(number % 60).padStart(2, "0")}-aaaa`,
  goal: `${number} ${LONG}`,
  receipt: {
    answer: LONG,
    files_changed: changed(...Array.from({ length: 40 }, () => `src/${"deep/".repeat(30)}a.ts`)),
    ...over,
  },
});

test("a long session full of long words: the newest runs and all that is open, in 3 KB", async () => {
  const question = { question: LONG, options: [LONG, LONG] };
  const runs = Array.from({ length: 60 }, (_, at) =>
    run(at, at % 3 === 0 ? { verdict: "failed", exit_code: 1, reason: LONG } : {}),
  );
  const last = run(99, { verdict: "question", exit_code: 4, question, reason: LONG });
  const messages = Array.from({ length: 12 }, (_, at) => ({
    text: LONG,
    ...(at % 2 ? { state: "undelivered" as const, why: LONG } : {}),
  }));
  const { text, json } = await told({
    broker: { name: LONG.slice(0, 64) },
    workspace: `/${"work/".repeat(80)}x`,
    runs: [...runs, last],
    messages,
  });
  expect(text).toContain("runs=61 (failed 20, done 40, question 1)\n");
  expect(text).toContain(`- ${last.id} question`);
  expect(text).toContain('[UNDELIVERED] 6\n- m-7 "Wörter');
  expect(text).toContain("\n- and 3 more\n[WAITING] 6\n- m-0 Wörter");
  expect(text).toMatch(/^\[QUESTION\] Wörter/m);
  expect(text).not.toContain("\uFFFD");
  expect(text.trimEnd().split("\n").at(-1)).toMatch(/^next=node \S+ /);
  expect(json.runs).toHaveLength(8);
  expect(Buffer.byteLength(JSON.stringify({ ...json, question: null }))).toBeLessThan(20_000);
});

test("as many of the newest runs as fit, in the order in which they ran", async () => {
  const runs = Array.from({ length: 12 }, (_, at) => ({
    ...run(at),
    goal: `goal ${at}`,
    receipt: { answer: `answer ${at}` },
  }));
  const { text } = await told({ runs });
  expect(text).toContain("[RUNS] the newest 8 of 12\n");
  expect([...text.matchAll(/asked: goal (\d+)/g)].map((match) => match[1])).toEqual([
    "4",
    "5",
    "6",
    "7",
    "8",
    "9",
    "10",
    "11",
  ]);
});

test("what is broken or gone is told as such, and hides nothing", async () => {
  const spec = {
    runs: [{ receipt: {} }, { receipt: {} }, { receipt: { answer: "Whole." } }],
    session: { runs: [runId(0), "r-20261121-051177-gone", runId(1), runId(2)] },
  };
  const world = newSession(spec);
  writeFileSync(join(world.dir(runId(1)), "result.json"), "{ half");
  const { code, out } = await world.call(summary).then((called) => ({ code: called.code, out: called.out() }));
  expect(code).toBe(0);
  expect(out).toContain("runs=4 (done 2, unreadable 2)");
  expect(out).toContain("said: Whole.");
});

test("a session without a run has a story, too", async () => {
  const { text } = await told({ messages: [{ text: "fix the login test" }] });
  expect(text).toContain("status=queued\n");
  expect(text).toContain("runs=0\ngoal: fix the login test\n");
});

test("a session of one run has the story of its runs", async () => {
  const { text } = await told({ broker: false, runs: [{ goal: "look once", receipt: { answer: "Seen." } }] });
  expect(text).toContain("status=stopped\n");
  expect(text).toContain("goal: look once\n");
  expect(text).toContain("said: Seen.");
});
