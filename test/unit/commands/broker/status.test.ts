import { describe, expect, it, test } from "vitest";
import { renderStatus } from "../../../../src/commands/broker/render-status.ts";
import { reportStatus, type StatusReport } from "../../../../src/commands/broker/report-status.ts";
import { status } from "../../../../src/commands/broker/status.ts";
import type { BrokerEnd } from "../../../../src/core/session.ts";
import { readNow } from "../../../../src/run/read-now.ts";
import { BROKER_ID, THREAD_ID } from "../../core/samples.ts";
import { ALIVE, ago, DEAD, NOW, newSession, runId, type SessionSpec } from "./session-world.ts";

const RUN = runId(0);
const TURN = { type: "turn", turnId: "1" };
const COMMAND = { type: "command_started", id: "c", command: "/bin/bash -lc 'npm test'" };
const QUESTION = { callId: "q", question: "Which database?", options: ["postgres", "sqlite"], askedAt: ago(30) };
const LIMITS = { totalMs: 600_000, idleMs: 180_000, maxSteps: 0, holdMs: 900_000, checkMs: 300_000 };
const NO_LIMITS = { ...LIMITS, totalMs: 0, idleMs: 0 };
const ENDED: BrokerEnd = {
  at: ago(5),
  how: "stopped",
  reason: "asked",
  processes: { killed: [], left: [], removed_dirs: [] },
};

interface Looked {
  text: string;
  lines: Record<string, string>;
  report: StatusReport;
}

async function statusOf(spec: SessionSpec): Promise<Looked> {
  const view = await newSession(spec).view();
  const now = view.run && view.run.view.state !== "ended" ? readNow(view.run.dir) : undefined;
  const report = reportStatus(view, now, NOW, (script) => `node /skill/scripts/${script}.mjs`);
  return { report, ...shown(renderStatus(report)) };
}

const shown = (text: string) => ({
  text,
  lines: Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map((m) => [m[1] ?? "", m[2] ?? ""])),
});

interface Row {
  row: string;
  spec: SessionSpec;
  lines: Record<string, unknown>;
  report?: Partial<StatusReport>;
}

const self = (script: string, words: string) => `node /skill/scripts/${script}.mjs ${words}`;
const like = (pattern: RegExp) => expect.stringMatching(pattern);

const ROWS: Row[] = [
  {
    row: "begun, and no run has a record yet",
    spec: { messages: [{ created_at: ago(3) }] },
    lines: {
      status: "queued",
      run_id: runId(50),
      now: "3s starting Codex",
      limits: "none",
      next: self("codex_broker", `wait ${BROKER_ID}`),
    },
    report: { session_id: null, elapsed_ms: null, tokens: null, last_verdict: null },
  },
  {
    row: "Codex comes up",
    spec: { session: false, runs: [{ status: { sent: false } }], messages: [{ state: "consumed", run_id: RUN }] },
    lines: { status: "queued", run_id: RUN, now: "1m00s starting Codex", elapsed: "1m00s" },
  },
  {
    row: "a command is under way",
    spec: { runs: [{ events: [{ type: "thread" }, TURN, COMMAND] }], messages: [{}, {}] },
    lines: {
      status: "running",
      session_id: THREAD_ID,
      now: "0s npm test",
      queue: "2",
      limits: "total:9m58s idle:3m00s",
    },
    report: { queue_depth: 2, now: { what: "npm test", for_s: 0 }, broker_pid: ALIVE.pid },
  },
  {
    row: "the model is waited for",
    spec: {
      runs: [
        {
          events: [
            TURN,
            { type: "edit", id: "e", ok: true, files: [{ path: "src/a.ts", kind: "add" }] },
            { type: "usage", total: { input: 7, cached: 1, output: 2 } },
          ],
        },
      ],
    },
    lines: { now: "0s waiting for the model; last edited src/a.ts", tokens: "in:7 cached:1 out:2" },
  },
  {
    row: "a message is being written",
    spec: { runs: [{ events: [TURN, { type: "writing", head: "I have looked at" }] }] },
    lines: { now: like(/Codex writes: I have looked at/) },
  },
  {
    row: "a check is under way",
    spec: {
      runs: [
        {
          events: [
            TURN,
            { type: "turn_ended", status: "completed" },
            { type: "check_started", phase: "after", index: 1, count: 2, command: "npm test" },
          ],
        },
      ],
    },
    lines: { now: "0s check 1/2: npm test", limits: "none" },
  },
  {
    row: "between the turn and the receipt",
    spec: { runs: [{ events: [TURN, { type: "turn_ended", status: "completed" }] }] },
    lines: { now: "0s auditing and checking what the turn changed" },
  },
  {
    row: "Codex retries",
    spec: {
      runs: [
        {
          events: [
            TURN,
            { type: "limits", usedPercent: 42.5, resetsAt: 1_800_000_000 },
            { type: "retry", message: "stream lost", error: { message: "stream lost" } },
          ],
        },
      ],
    },
    lines: { now: "0s Codex retries: stream lost", last_error: "stream lost", limits: like(/ usage:43%$/) },
    report: { usage_limit: { used_percent: 42.5, resets_at: "2027-01-15T08:00:00.000Z" } },
  },
  {
    row: "no limits",
    spec: { runs: [{ request: { limits: NO_LIMITS }, events: [TURN] }] },
    lines: { limits: "none" },
    report: { limits: null },
  },
  {
    row: "it asks",
    spec: { runs: [{ status: { state: "waiting_input", question: QUESTION } }] },
    lines: {
      status: "waiting_input",
      now: "30s waiting for your answer",
      limits: "answer:14m30s",
      next: self("codex_broker", `answer ${BROKER_ID} "…"`),
    },
    report: { question: { question: "Which database?", options: ["postgres", "sqlite"] } },
  },
  {
    row: "idle",
    spec: { runs: [{ receipt: { ended_at: ago(90) } }] },
    lines: {
      status: "waiting_input",
      now: "1m30s idle after done",
      limits: "idle-exit:28m30s",
      elapsed: "16s",
      next: self("codex_broker", `send ${BROKER_ID} "…"`),
    },
    report: { now: null, last_verdict: "done", exit_code: 0, last_error: null, idle_s: 90 },
  },
  {
    row: "idle, and never ends by itself",
    spec: { broker: { idle_exit_ms: 0 }, runs: [{ receipt: { ended_at: ago(90) } }] },
    lines: { limits: "none" },
  },
  {
    row: "idle after a question that the last message asked",
    spec: {
      runs: [{ receipt: { verdict: "question", exit_code: 4, question: { question: "A or B?", options: [] } } }],
    },
    lines: { status: "waiting_input", next: self("codex_broker", `send ${BROKER_ID} "…"`) },
    report: { question: { question: "A or B?", options: [] }, last_verdict: "question", exit_code: 4 },
  },
  {
    row: "idle after a run that needs a look",
    spec: { runs: [{ receipt: { verdict: "unverified", exit_code: 6, reason: "npm test failed" } }] },
    lines: {
      status: "attention_required",
      last_error: "unverified: npm test failed",
      next: self("codex_runs", `show ${RUN}`),
    },
  },
  {
    row: "stopped",
    spec: { broker: { ended: ENDED }, runs: [{ receipt: {} }] },
    lines: {
      status: "stopped",
      last_verdict: "done",
      limits: "none",
      next: self("codex_broker", `resume ${BROKER_ID}`),
    },
    report: { idle_s: null, now: null, broker_pid: null },
  },
  {
    row: "lost",
    spec: { broker: { owner: DEAD }, runs: [{ status: { owner: DEAD } }] },
    lines: {
      status: "lost",
      last_error: like(/^lost: the broker died/),
      next: self("codex_broker", `resume ${BROKER_ID}`),
    },
    report: { last_verdict: "lost", exit_code: 137 },
  },
  {
    row: "one run that goes on",
    spec: { broker: false, runs: [{ events: [TURN, COMMAND] }] },
    lines: { status: "running", now: "0s npm test" },
    report: { name: null, broker_pid: ALIVE.pid },
  },
  {
    row: "one run that has ended",
    spec: { broker: false, runs: [{ receipt: {} }] },
    lines: { status: "stopped", next: self("ask_codex", `--session ${BROKER_ID} "…"`) },
  },
];

describe("status in every state", () => {
  it.each(ROWS)("$row", async ({ spec, lines, report }) => {
    const seen = await statusOf(spec);
    expect(seen.lines).toMatchObject({ broker_id: BROKER_ID, ...lines });
    expect(seen.report).toMatchObject({ broker_id: BROKER_ID, workspace: "/work/a project", ...report });
    expect(Buffer.byteLength(seen.text)).toBeLessThan(600);
  });

  it("has the same fields in every state", async () => {
    const reports = await Promise.all(ROWS.map(({ spec }) => statusOf(spec)));
    for (const { report } of reports) expect(Object.keys(report)).toEqual(Object.keys(reports[0]?.report ?? {}));
  });
});

describe("status stays below 600 bytes, and its ids and its next command are whole", () => {
  const LONG = "Wörter und 漢字, 🎉 und noch mehr davon. ".repeat(200);
  const PATH = `src/${"very-long-folder/".repeat(60)}a.ts`;
  const HUGE = { input: 1_234_567_890, cached: 1_234_567_890, output: 1_234_567_890 };
  const asks = { callId: "q", question: LONG, options: [LONG, LONG, LONG], askedAt: ago(86_399) };
  const DAY = { ...LIMITS, totalMs: 864_000_000, idleMs: 864_000_000, holdMs: 864_000_000 };
  it.each<[string, SessionSpec]>([
    [
      "a long question",
      {
        runs: [{ request: { limits: DAY }, status: { state: "waiting_input", question: asks } }],
        messages: [{ text: LONG }],
      },
    ],
    [
      "a long command, after a long error",
      {
        runs: [
          {
            request: { limits: DAY },
            events: [
              { type: "retry", message: LONG, error: { message: LONG, details: LONG } },
              { type: "command_started", id: "c", command: LONG },
            ],
          },
        ],
      },
    ],
    [
      "a long error",
      {
        runs: [
          { request: { limits: DAY }, events: [TURN, { type: "retry", message: LONG, error: { message: LONG } }] },
        ],
      },
    ],
    [
      "a long path",
      { runs: [{ events: [TURN, { type: "edit", id: "e", ok: true, files: [{ path: PATH, kind: "add" }] }] }] },
    ],
    ["a long reason", { runs: [{ receipt: { verdict: "failed", exit_code: 1, reason: LONG } }] }],
    [
      "terminal control",
      {
        runs: [
          {
            events: [
              TURN,
              { type: "command_started", id: "c", command: "\u001b[2J\u001b]0;x\u0007\n\nstatus=stopped\u0085" },
            ],
          },
        ],
      },
    ],
  ])("%s", async (_, spec) => {
    const { text, lines, report } = await statusOf({
      ...spec,
      broker: { name: LONG.slice(0, 64) },
      session: { tokens: HUGE },
    });
    expect(Buffer.byteLength(text)).toBeLessThan(600);
    expect(text).not.toMatch(/[^\P{Cc}\n]|\uFFFD/u);
    expect(lines).toMatchObject({
      broker_id: BROKER_ID,
      session_id: THREAD_ID,
      run_id: RUN,
      status: report.status,
      next: report.next,
    });
    expect(text.trimEnd().split("\n").at(-1)).toBe(`next=${report.next}`);
    if (report.question) expect(text).toMatch(/^\[QUESTION\] Wörter und 漢字.{40,}…$/m);
  });
});

test("a skill in a deep folder is called by its name, for a command that is cut is none", async () => {
  const { report } = await statusOf({ runs: [{ receipt: {} }] });
  const next = `node "/${"deep/".repeat(90)}scripts/codex_broker.mjs" send ${BROKER_ID} "…"`;
  const text = renderStatus({ ...report, next });
  expect(text).toContain(`\nnext=codex_broker send ${BROKER_ID} "…"\n`);
  expect(Buffer.byteLength(text)).toBeLessThan(600);
});

test("the verb prints the lines, and with --json one object", async () => {
  const world = newSession({ runs: [{ receipt: {} }] });
  const text = await world.call(status);
  expect([text.code, text.err()]).toEqual([0, ""]);
  expect(shown(text.out()).lines).toMatchObject({ broker_id: BROKER_ID, status: "waiting_input", run_id: RUN });
  const json = await world.call(status, { json: true });
  expect(json.out()).toMatch(/^\{[^\n]*\}\n$/);
  expect(JSON.parse(json.out())).toMatchObject({ broker_id: BROKER_ID, status: "waiting_input", last_verdict: "done" });
});

test("more commands at once are counted, and idle time begins when the last of them ends", async () => {
  const { report } = await statusOf({
    runs: [{ events: [TURN, { ...COMMAND, id: "a" }, { ...COMMAND, at: ago(400) }] }],
  });
  expect(report).toMatchObject({ now: { what: "npm test (and 1 more)", for_s: 400 }, limits: { idle_s: 180 } });
  const silent = await statusOf({ runs: [{ events: [TURN, { type: "reasoning", text: "hm", at: ago(100) }] }] });
  expect(silent.report.limits).toMatchObject({ idle_s: 80 });
});

test("time in which a question waited is not spent", async () => {
  const asked = { type: "question", callId: "q", question: "?", options: [], at: ago(300) };
  const events = [{ ...TURN, at: ago(330) }, asked, { type: "answered", callId: "q", at: ago(100) }];
  const { report } = await statusOf({ runs: [{ events }] });
  expect(report.limits).toMatchObject({ total_s: 600 - 330 + 200 });
});
