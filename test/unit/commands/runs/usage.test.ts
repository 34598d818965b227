import { expect, test } from "vitest";
import { toldByEvents } from "../../../../src/commands/runs/list/told-by-events.ts";
import { currentOwner } from "../../../../src/sys/owner.ts";
import { THREAD_ID } from "../../core/samples.ts";
import { idOf, listWorld } from "./list-world.ts";

const OTHER = "01a1fc85-0ba0-7dc1-9e6f-0f6c4f5d9a22";
const usage = (input: number, cached: number, output: number, last?: object) => ({
  type: "usage",
  total: { input, cached, output },
  ...(last ? { last } : {}),
});
const tokens = (input: number, cached: number, output: number) => ({ input, cached, output });

test("adds up by day, model, session and run, and says what nobody has counted", async () => {
  const { list, over, live, log } = listWorld();
  over(idOf(1, "20261119"), { started_at: "2026-11-19T23:59:59.000Z", tokens: tokens(100, 50, 10), model: "gpt-5.5" });
  const day = { started_at: "2026-11-20T00:00:01.000Z" };
  over(idOf(2), { ...day, verdict: "failed", tokens: tokens(1_000, 0, 7), model: "gpt-5.5" });
  over(idOf(3), { ...day, verdict: "killed", tokens: null, model: "other", session_id: OTHER });
  const lost = live(idOf(4), { owner: { ...currentOwner(), startTime: "1" }, threadId: OTHER });
  log(lost, { type: "thread", threadId: OTHER, model: "gpt-5.5" }, { type: "turn", turnId: "t" });
  log(lost, usage(30, 10, 3, tokens(30, 10, 3)), usage(70, 20, 5, tokens(40, 10, 2)));
  const { code, out } = await list("--usage", "--json");
  expect(code).toBe(0);
  const report = JSON.parse(out);
  expect(report.total).toEqual({ runs: 4, unknown: 1, tokens: tokens(1_170, 70, 22) });
  expect(report.runs.map((run: { tokens: object }) => run.tokens)).toEqual([
    tokens(70, 20, 5),
    null,
    tokens(1_000, 0, 7),
    tokens(100, 50, 10),
  ]);
  expect(report.models).toEqual([
    { model: "gpt-5.5", runs: 3, unknown: 0, tokens: tokens(1_170, 70, 22) },
    { model: "other", runs: 1, unknown: 1, tokens: tokens(0, 0, 0) },
  ]);
  expect(report.sessions).toEqual([
    {
      session_id: OTHER,
      last_run_id: idOf(4),
      goal: `goal of ${idOf(3)}`,
      runs: 2,
      unknown: 1,
      tokens: tokens(70, 20, 5),
    },
    {
      session_id: THREAD_ID,
      last_run_id: idOf(2),
      goal: `goal of ${idOf(1, "20261119")}`,
      runs: 2,
      unknown: 0,
      tokens: tokens(1_100, 50, 17),
    },
  ]);
  expect(report.days.find((one: { day: string }) => one.day === "2026-11-19")).toEqual({
    day: "2026-11-19",
    runs: 1,
    unknown: 0,
    tokens: tokens(100, 50, 10),
  });
  const text = (await list("--usage")).out;
  expect(text).toMatch(
    /^model +in +cached +out +of\ngpt-5\.5 +1170 +70 +22 +3 runs\nother +unknown +- +- +1 run, 1 not counted$/m,
  );
  expect(text).toMatch(/^tokens=in:1170 cached:70 out:22\nruns=4\nnot_counted=1$/m);
  expect((await list("--usage", "--state", "killed")).out).toMatch(/^tokens=unknown$/m);
});

test("tables are cut, sums are not; a default one is small", async () => {
  const { list, over } = listWorld();
  for (let at = 0; at < 40; at++) over(idOf(at), { tokens: tokens(10_000_000, 1_000_000, 100_000), session_id: null });
  const { out } = await list("--usage");
  expect(out).toContain("and 32 more\n");
  expect(out).toContain("tokens=in:400000000 cached:40000000 out:4000000\nruns=40\n");
  expect(Buffer.byteLength(out)).toBeLessThan(4096);
  expect((await list("--usage", "--limit", "0")).out).not.toContain("more");
});

test.each<[what: string, events: object[], continued: boolean, told: object | undefined]>([
  ["nothing was counted", [{ type: "turn" }], false, undefined],
  ["a new thread", [{ type: "turn" }, usage(5, 0, 1), usage(9, 0, 2)], false, tokens(9, 0, 2)],
  [
    "a thread that tells its past first",
    [usage(5, 4, 1, tokens(1, 1, 1)), { type: "turn" }, usage(9, 4, 2, tokens(4, 0, 1))],
    true,
    tokens(4, 0, 1),
  ],
  [
    "a thread whose first request tells itself apart",
    [{ type: "turn" }, usage(50, 4, 9, tokens(6, 1, 2)), usage(60, 5, 11, tokens(10, 1, 2))],
    true,
    tokens(16, 2, 4),
  ],
  ["a continued thread that tells totals alone", [{ type: "turn" }, usage(50, 4, 9)], true, undefined],
  ["a line that is none", [{ type: "usage", total: "many" }, { type: "turn" }, usage(5, 0, 1)], false, tokens(5, 0, 1)],
])("what the events of a lost run tell: %s", (_, events, continued, told) => {
  const { record, log } = listWorld();
  const dir = record(idOf(1), continued ? { threadId: THREAD_ID } : {});
  log(dir, ...events);
  expect(toldByEvents(dir).tokens).toEqual(told);
});
