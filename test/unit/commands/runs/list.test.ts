import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { columns, shortCount } from "../../../../src/commands/runs/list/columns.ts";
import { minuteOf, shortMinuteOf } from "../../../../src/commands/runs/list/waiting-text.ts";
import { currentOwner } from "../../../../src/sys/owner.ts";
import { tempDir } from "../../sys/temp-dir.ts";
import { idOf, listWorld } from "./list-world.ts";

const DEAD = { ...currentOwner(), startTime: "1" };

test("the newest first, in the state that is true at this moment", async () => {
  const { list, over, live, record, workspace } = listWorld();
  over(idOf(1), {
    verdict: "unverified",
    exit_code: 6,
    elapsed_ms: 65_000,
    tokens: { input: 52_000, cached: 1, output: 900 },
  });
  live(idOf(2));
  const lost = live(idOf(3), { owner: DEAD });
  live(idOf(4), { state: "queued", waiting: { for: "slot", ahead: 3, until: null } });
  live(idOf(5), { state: "queued", waiting: { for: "quota", ahead: null, until: "2030-01-02T18:40:09.000Z" } });
  const question = { callId: "c", question: "Which\n[column]?", options: [], askedAt: "2026-11-21T18:40:09.000Z" };
  live(idOf(6), { state: "waiting_input", question });
  over(idOf(7), {}, { workspace: tempDir() });
  record(idOf(8), { goal: `${"a goal that is long ".repeat(9)}` });
  const { code, rows, out } = await list();
  expect(code).toBe(0);
  expect(rows.map((row) => row.split(/ +/).slice(0, 2))).toEqual([
    [idOf(8), "queued"],
    [idOf(6), "waiting_input"],
    [idOf(5), "queued"],
    [idOf(4), "queued"],
    [idOf(3), "lost"],
    [idOf(2), "running"],
    [idOf(1), "unverified"],
  ]);
  expect(rows[1]).toMatch(/ \[asks\] Which \[column\]\?$/);
  expect(rows[2]).toContain(" [parked until 01-02 18:40Z");
  expect(rows[3]).toMatch(/ \[3 before it\] goal of…?/);
  expect(rows[6]).toMatch(/ 1m05s +writer +53k +goal of/);
  expect(existsSync(join(lost, "result.json"))).toBe(true);
  for (const row of out.split("\n")) expect(row.length).toBeLessThanOrEqual(100);
  expect(out).not.toContain("\x1b");
  const every = (await list("--all")).out;
  expect(every).toContain(idOf(7));
  expect(every).toContain(`${basename(workspace)}: `);
});

test("what can't be read is a line with why, and hides no other", async () => {
  const { list, over, record, live } = listWorld();
  writeFileSync(join(over(idOf(1)), "result.json"), '{"version":1,');
  writeFileSync(join(over(idOf(2)), "result.json"), '{"version":2}');
  rmSync(join(record(idOf(3)), "request.json"));
  writeFileSync(join(live(idOf(4)), "status.json"), "");
  // With other fields than today's it is still a run.
  const odd = {
    version: 1,
    verdict: "done",
    exit_code: 0,
    started_at: "2026-11-20T10:00:00.000Z",
    ended_at: "x",
    more: 1,
  };
  writeFileSync(join(over(idOf(5)), "result.json"), JSON.stringify({ ...odd, elapsed_ms: 1, tokens: "many" }));
  over(idOf(6));
  const { code, rows, err } = await list();
  expect([code, err]).toEqual([0, ""]);
  expect(rows.map((row) => row.split(/ +/)[1])).toEqual(["done", "done", ...Array(4).fill("unreadable"), "can't"]);
  expect(rows.at(-1)).toBe("4 can't be read: codex_runs show ID says why");
  const { runs } = JSON.parse((await list("--json", "--state", "unreadable")).out);
  expect(runs.map(({ reason }: { reason: string }) => reason)).toEqual([
    expect.stringMatching(/^status\.json is not what ask-codex wrote/),
    expect.stringMatching(/^the record is incomplete: request\.json is missing/),
    expect.stringMatching(/^result\.json was written by a newer ask-codex \(version 2\)/),
    expect.stringMatching(/^result\.json is not what ask-codex wrote/),
  ]);
});

test("--limit, --state and --json; a default list is small", async () => {
  const { list, over, live } = listWorld();
  live(idOf(0));
  for (let at = 1; at <= 30; at++)
    over(idOf(at), at % 3 === 0 ? { verdict: "failed", exit_code: 1, reason: "it did not work" } : {});
  const { out, rows } = await list();
  expect(rows).toHaveLength(21);
  expect(rows.at(-1)).toBe("and 11 older, 1 of them not ended; --limit 0 lists all");
  expect(Buffer.byteLength(out)).toBeLessThan(4096);
  expect((await list("--limit", "0")).rows).toHaveLength(31);
  expect((await list("--state", "failed", "--limit", "4")).rows.at(-1)).toBe("and 6 older; --limit 0 lists all");
  expect((await list("--state", "running", "--state", "waiting_input")).rows).toHaveLength(1);
  const json = JSON.parse((await list("--json", "--limit", "1", "--state", "ended")).out);
  expect(json).toMatchObject({ more: 29, breaker: { state: "closed" } });
  expect(json.runs).toEqual([
    expect.objectContaining({ run_id: idOf(30), state: "ended", verdict: "failed", reason: "it did not work" }),
  ]);
});

test("of runs that began in one second the records tell which was later", async () => {
  const { list, over } = listWorld();
  const at = (ms: number) => ({ started_at: `2026-11-20T10:00:01.${ms}Z` });
  over("r-20261120-100001-bbbb", at(100));
  over("r-20261120-100001-aaaa", at(300));
  over("r-20261120-100001-cccc", at(200));
  expect((await list()).rows.map((row) => row.slice(18, 22))).toEqual(["aaaa", "cccc", "bbbb"]);
});

test("nothing to list, a word that is no state, and an option of another verb", async () => {
  const { list, over, workspace } = listWorld();
  expect((await list()).out).toBe(`no such runs in ${workspace}; --all lists those of every workspace\n`);
  expect((await list("--all")).out).toBe("no such runs\n");
  over(idOf(1));
  expect((await list("--state", "queued")).out).toContain("no such runs in ");
  expect((await list("--state", "runing")).err).toMatch(
    /--state runing is neither a state nor a verdict\n {2}hint: did you mean running\?/,
  );
  expect(await list("--state", "sleeping")).toMatchObject({ code: 64, out: "" });
  expect(await list("--timeout", "5")).toMatchObject({ code: 64 });
  expect(await list(idOf(1))).toMatchObject({ code: 64, err: expect.stringContaining("takes no id") });
});

test("a name that is no run, and a record that goes meanwhile, are none", async () => {
  const { list, over } = listWorld();
  const dir = over(idOf(1));
  mkdirSync(join(dir, "..", ".gone-r-20261120-100002-aaaa"));
  writeFileSync(join(dir, "..", "notes.txt"), "x");
  expect((await list()).rows).toHaveLength(1);
});

test.each([
  [0, "0"],
  [999, "999"],
  [1_000, "1.0k"],
  [9_949, "9.9k"],
  [9_950, "10k"],
  [999_499, "999k"],
  [999_500, "1.0M"],
  [12_345_678, "12M"],
])("%i is %s", (count, text) => expect(shortCount(count)).toBe(text));

test("a time is as short as it can be", () => {
  const at = "2026-11-21T18:40:09.000Z";
  expect(minuteOf(at)).toBe("2026-11-21 18:40Z");
  expect(shortMinuteOf(at, Date.parse("2026-11-21T00:00:00Z"))).toBe("18:40Z");
  expect(shortMinuteOf(at, Date.parse("2026-11-20T23:59:59Z"))).toBe("11-21 18:40Z");
  expect(shortMinuteOf("soon", 0)).toBe("soon");
});

test("columns are as wide as their widest cell", () => {
  expect(
    columns(
      [
        ["a", "1"],
        ["bbb", "22"],
      ],
      [1],
    ),
  ).toEqual(["a     1", "bbb  22"]);
});
