import { rmSync } from "node:fs";
import { PassThrough } from "node:stream";
import { describe, expect, it, test } from "vitest";
import { logs } from "../../../../src/commands/broker/logs.ts";
import type { Flags } from "../../../../src/commands/broker/verb.ts";
import { writeStatus } from "../../../../src/run/create-record.ts";
import { sampleIo } from "../../cli/sample-command.ts";
import { ALIVE, ago, newSession, type RunSpec, runId, type SessionWorld } from "./session-world.ts";

const TURN = { type: "turn", turnId: "1" };
const command = (text: string) => ({ type: "command_started", id: text, command: text });
const message = (text: string) => ({ type: "message", text });
const run = (number: number, ...more: object[]): RunSpec => ({
  events: [TURN, { type: "usage", total: {} }, ...more, message(`answer ${number}`)].map((event) => ({
    at: ago(60),
    ...event,
  })),
  receipt: { ended_at: ago(30) },
});

const shown = async (world: SessionWorld, flags: Partial<Flags> = {}, named?: string): Promise<string[]> => {
  const called = await world.call(logs, flags, named);
  expect([called.code, called.err()]).toEqual([0, ""]);
  return called.out().trimEnd().split("\n");
};
const head = (number: number): string => `== ${runId(number)} 2026-11-21 UTC ==`;

describe("the last lines over the runs of a session", () => {
  const newWorld = () => newSession({ runs: [run(0), run(1, command("npm test")), run(2)] });
  const FIRST = [
    head(0),
    "05:59:00 Codex is thinking",
    "05:59:00 Codex: answer 0",
    "05:59:30 done: the turn completed",
  ];
  const SECOND = [
    head(1),
    "05:59:00 Codex is thinking",
    "05:59:00 npm test",
    "05:59:00 Codex: answer 1",
    "05:59:30 done: the turn completed",
  ];
  const THIRD = [head(2), ...FIRST.slice(1, 2), "05:59:00 Codex: answer 2", ...FIRST.slice(3)];
  it.each<[string, Partial<Flags>, string | undefined, string[]]>([
    ["all", {}, undefined, [...FIRST, ...SECOND, ...THIRD]],
    ["the last one alone", { lines: 1 }, undefined, THIRD.slice(-1)],
    ["two: a heading is a line", { lines: 2 }, undefined, [head(2), ...THIRD.slice(-1)]],
    ["as many as a run has", { lines: 4 }, undefined, THIRD],
    ["some of the run before", { lines: 7 }, undefined, [head(1), ...SECOND.slice(-2), ...THIRD]],
    ["of one run", { run: runId(1) }, undefined, SECOND],
    ["of the run whose id was the target", {}, runId(0), FIRST],
    ["--run wins over the target", { run: runId(1) }, runId(0), SECOND],
  ])("%s", async (_, flags, named, lines) => {
    expect(await shown(newWorld(), flags, named)).toEqual(lines);
  });

  it.each([
    ["a run that is none of its", "r-20261121-999999-aaaa", /has no run r-20261121-999999-aaaa/],
    ["the beginning of several", "r-2026", /beginning of 3 runs/],
    ["a path", "../../x", /has no run/],
  ])("%s is bad input", async (_, word, says) => {
    await expect(newWorld().call(logs, { run: word })).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringMatching(says),
    });
  });

  it("the beginning of one run's id is enough", async () => {
    expect(await shown(newWorld(), { run: runId(1).slice(0, -4) })).toEqual(SECOND);
  });

  it("a run folder that is gone is left out", async () => {
    const world = newWorld();
    rmSync(world.dir(runId(1)), { recursive: true });
    expect(await shown(world)).toEqual([...FIRST, ...THIRD]);
  });

  it("where nothing was logged that is said", async () => {
    expect(await shown(newSession({ messages: [{}] }))).toEqual(["nothing was logged yet"]);
  });
});

test("60 lines and 8 KB, unless more is asked for", async () => {
  const many = Array.from({ length: 200 }, (_, at) => command(`short ${at}`));
  const short = newSession({ runs: [run(0, ...many)] });
  expect(await shown(short)).toHaveLength(60);
  expect(await shown(short, { lines: 150 })).toHaveLength(150);
  const wide = newSession({ runs: [run(0, ...many.map((_, at) => command(`${at} ${"ä".repeat(900)}`)))] });
  const text = (await shown(wide)).join("\n");
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(8_000);
  expect(text.split("\n").length).toBeGreaterThan(20);
  expect(text).toMatch(/Codex: answer 0\n.*done: the turn completed$/);
});

test("no event can move the cursor, begin a line or end one", async () => {
  const evil = "a\u001b[2J\u001b]0;title\u0007\r\n== fake\u0085\u202eb";
  const events = ["message", "warning", "notice", "retry", "steered", "refused", "thread", "unknown"].map((type) => ({
    type,
    text: evil,
    message: evil,
    messageId: evil,
    method: evil,
    threadId: evil,
  }));
  const lines = await shown(
    newSession({
      runs: [
        run(
          0,
          ...events,
          { type: "tool", id: "t", name: evil, phase: "ended" },
          { type: "check_ended", outcome: evil },
          { type: "turn_ended", status: evil, error: { message: evil } },
        ),
      ],
    }),
  );
  expect(lines.join("")).not.toMatch(/\p{Cc}|\u202e/u);
  expect(lines.filter((line) => line.startsWith("=="))).toEqual([head(0)]);
  expect(lines.filter((line) => !line.startsWith("==") && !/^\d\d:\d\d:\d\d \S/.test(line))).toEqual([]);
});

describe("logs --json", () => {
  it("is one object with the events as they are, each with its run", async () => {
    const world = newSession({ runs: [run(0), run(1)] });
    const out = (await world.call(logs, { json: true })).out();
    expect(out).toMatch(/^\{[^\n]*\}\n$/);
    expect(JSON.parse(out).events).toEqual(
      [0, 1].flatMap((at) => [
        { run_id: runId(at), at: ago(60), ...TURN },
        { run_id: runId(at), at: ago(60), type: "usage", total: {} },
        { run_id: runId(at), at: ago(60), ...message(`answer ${at}`) },
      ]),
    );
    expect(JSON.parse((await world.call(logs, { json: true, lines: 2 })).out()).events).toHaveLength(2);
  });

  it("stays small unless lines are asked for, and has the newest event in any case", async () => {
    const long = "x".repeat(5_000);
    const world = newSession({ runs: [run(0, ...Array.from({ length: 50 }, () => message(long)), message(long))] });
    const small = (await world.call(logs, { json: true })).out();
    expect(Buffer.byteLength(small)).toBeLessThanOrEqual(8_000);
    expect(JSON.parse(small).events.at(-1).text).toBe("answer 0");
    const whole = JSON.parse((await world.call(logs, { json: true, lines: 10 })).out()).events;
    expect([whole.length, whole[0].text]).toEqual([10, long]);
  });

  it("of nothing is an empty list, and can't follow", async () => {
    const world = newSession({ messages: [{}] });
    expect((await world.call(logs, { json: true })).out()).toBe('{"events":[]}\n');
    await expect(world.call(logs, { json: true, follow: true })).rejects.toMatchObject({ kind: "usage" });
  });
});

describe("logs --follow", () => {
  const LIVE: RunSpec = { events: [{ ...TURN, at: ago(60) }] };
  /** Follows until what is awaited was printed, then goes on with `act`, again and again. */
  async function followed(
    world: SessionWorld,
    steps: [RegExp, () => void][],
    named?: string,
    flags: Partial<Flags> = {},
  ): Promise<string> {
    const stdout = new PassThrough();
    const io = sampleIo([], { stdout });
    let text = "";
    stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      while (steps[0]?.[0].test(text)) steps.shift()?.[1]();
    });
    if (logs.takes !== "id") throw new Error("logs takes an id");
    const target = { home: world.home, ref: world.ref, word: "b", ...(named ? { runId: named } : {}) };
    expect(await logs.run(target, { follow: true, ...flags }, io)).toBe(0);
    expect(steps).toEqual([]);
    return text;
  }
  const at = { at: ago(50) };

  it("prints what comes until the session is idle, over several runs", async () => {
    const world = newSession({ runs: [LIVE, LIVE] });
    world.end(runId(0), { ended_at: ago(40) });
    const text = await followed(world, [
      [/Codex is thinking[\s\S]*Codex is thinking/, () => world.log(runId(1), { ...command("npm test"), ...at })],
      [/npm test/, () => world.log(runId(1), { ...message("Done."), ...at })],
      [/Codex: Done\./, () => world.end(runId(1), { ended_at: ago(30) })],
    ]);
    expect(text.split("\n")).toEqual([
      head(0),
      "05:59:00 Codex is thinking",
      "05:59:20 done: the turn completed",
      head(1),
      "05:59:00 Codex is thinking",
      "05:59:10 npm test",
      "05:59:10 Codex: Done.",
      "05:59:30 done: the turn completed",
      "status=waiting_input",
      expect.stringMatching(/^next=.* send /),
      "",
    ]);
  });

  it("goes on with the run that begins when one has ended", async () => {
    const world = newSession({ runs: [LIVE], messages: [{ run_id: runId(1) }] });
    const begin = () => {
      const next = { ...LIVE, id: runId(1), events: [{ ...TURN, at: ago(20) }] };
      newSession({ home: world.home, broker: false, runs: [next], session: { runs: [runId(0), runId(1)] } });
      world.take(1);
    };
    const text = await followed(world, [
      [/thinking/, () => world.end(runId(0), { ended_at: ago(30) })],
      [/done: the turn completed/, begin],
      [new RegExp(`${head(1)}\n.*thinking`), () => world.end(runId(1), { ended_at: ago(10) })],
    ]);
    expect(text).toMatch(/05:59:40 Codex is thinking\n05:59:50 done: the turn completed\nstatus=waiting_input\n/);
  });

  it("begins with nothing when the session has just begun", async () => {
    const world = newSession({ runs: [{ status: { sent: false } }], session: { runs: [runId(0)] } });
    setTimeout(() => world.log(runId(0), { ...TURN, ...at }), 10);
    const text = await followed(world, [[/thinking/, () => world.end(runId(0), { ended_at: ago(9) })]]);
    expect(text).toMatch(new RegExp(`^${head(0)}\n05:59:10 Codex is thinking\n05:59:51 done`));
  });

  it("ends when Codex asks", async () => {
    const world = newSession({ runs: [LIVE] });
    const question = { callId: "q", question: "Which?", options: [], askedAt: ago(5) };
    const asks = () => {
      world.log(runId(0), { type: "question", ...question, ...at });
      writeStatus(world.dir(runId(0)), {
        version: 1,
        runId: runId(0),
        state: "waiting_input",
        updatedAt: ago(5),
        owner: ALIVE,
        question,
      });
    };
    const text = await followed(world, [[/thinking/, asks]]);
    expect(text).toMatch(/Codex asks: Which\?\nstatus=waiting_input\nnext=.* answer /);
  });

  it("is no crash when the record goes away", async () => {
    const world = newSession({ runs: [LIVE] });
    const text = await followed(world, [[/thinking/, () => rmSync(world.home, { recursive: true })]]);
    expect(text).toMatch(/the record is gone\n$/);
  });

  it("of one run ends with that run", async () => {
    const world = newSession({ runs: [LIVE, LIVE] });
    const text = await followed(world, [[/thinking/, () => world.end(runId(0), { ended_at: ago(9) })]], runId(0));
    expect(text).toMatch(/done: the turn completed\nstatus=running\n/);
    expect(text).not.toContain(runId(1));
  });

  it("a line that grows is printed once, when it is whole", async () => {
    const world = newSession({ runs: [LIVE] });
    const { appendFileSync } = await import("node:fs");
    const path = `${world.dir(runId(0))}/events.jsonl`;
    const line = JSON.stringify({ ...command("ä long one"), ...at });
    const bytes = Buffer.from(`${line}\n`);
    const half = bytes.indexOf(0xc3) + 1;
    const text = await followed(world, [
      [
        /thinking/,
        () => {
          appendFileSync(path, bytes.subarray(0, half));
          setTimeout(() => appendFileSync(path, bytes.subarray(half)), 300);
        },
      ],
      [/long one/, () => world.end(runId(0), { ended_at: ago(9) })],
    ]);
    expect(text.match(/ä long one/g)).toHaveLength(1);
  });

  it("ends when its reader leaves", async () => {
    const world = newSession({ runs: [LIVE] });
    const stdout = new PassThrough();
    stdout.once("data", () => stdout.destroy());
    if (logs.takes !== "id") throw new Error("logs takes an id");
    stdout.on("error", () => {});
    expect(
      await logs.run({ home: world.home, ref: world.ref, word: "b" }, { follow: true }, sampleIo([], { stdout })),
    ).toBe(0);
  });
});
