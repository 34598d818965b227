import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { sessionDir, sessionPath } from "../../../../src/broker/store/broker-record.ts";
import { list } from "../../../../src/commands/broker/list.ts";
import { tempDir } from "../../sys/temp-dir.ts";
import { ago, DEAD, newSession, type SessionSpec, type SessionWorld } from "./session-world.ts";

const id = (name: string): string => `b-20261121-051103-${name}`;
const ENDED = {
  at: ago(5),
  how: "stopped" as const,
  reason: "asked",
  processes: { killed: [], left: [], removed_dirs: [] },
};

/** Several sessions in one state home; each begun, and last changed, a minute after the one before it. */
function sessionsIn(home: string, specs: Record<string, SessionSpec>): (name: string) => SessionWorld {
  const worlds = new Map<string, SessionWorld>();
  for (const [at, [name, spec]] of Object.entries(specs).entries()) {
    const runs = (spec.runs ?? []).map((run, number) => ({ id: `r-20261121-05${10 + at}0${number}-aaaa`, ...run }));
    const world = newSession({ home, brokerId: id(name), ...spec, runs });
    for (const path of [sessionPath(world.ref), join(sessionDir(world.ref), "brokers")])
      attempt(() => utimesSync(path, 1_700_000_000, 1_700_000_000 + at * 60));
    worlds.set(name, world);
  }
  return (name) => {
    const world = worlds.get(name);
    if (!world) throw new Error(`no session ${name}`);
    return world;
  };
}

function attempt(act: () => void): void {
  try {
    act();
  } catch {
    // A session of one run has no brokers, one without a thread no record.
  }
}

const ids = (text: string): string[] => [...text.matchAll(/^b-\S+-(\w+)/gm)].map((match) => match[1] ?? "");

test("those that live first, then the newest that ended, aligned", async () => {
  const home = join(tempDir(), "state");
  const workspace = tempDir();
  const world = sessionsIn(home, {
    aaaa: { workspace, broker: { ended: ENDED }, runs: [{ receipt: {}, goal: "the oldest" }] },
    bbbb: {
      workspace,
      broker: { name: "busy" },
      runs: [{ events: [{ type: "turn" }], goal: "fix\nthe login" }],
      messages: [{}],
    },
    cccc: { workspace, broker: false, runs: [{ receipt: { verdict: "failed", exit_code: 1 }, goal: "look once" }] },
    dddd: { workspace, runs: [{ receipt: { ended_at: ago(60) } }] },
    eeee: { workspace, broker: { owner: DEAD }, runs: [{ status: { owner: DEAD } }] },
  });
  const listed = await world("aaaa").call(list);
  expect([listed.code, listed.err()]).toEqual([0, ""]);
  const lines = listed.out().trimEnd().split("\n");
  expect(ids(listed.out())).toEqual(["dddd", "bbbb", "eeee", "cccc", "aaaa"]);
  const rows = lines.map((line) => line.split(/ {2,}/));
  const [dddd, bbbb, eeee, cccc] = rows;
  expect(bbbb).toEqual([id("bbbb"), "running", expect.stringMatching(/^\w+$/), "-", "+1", "[busy] fix the login"]);
  expect(dddd).toEqual([id("dddd"), "waiting_input", expect.stringMatching(/^\w+$/), "done", "-", "goal 0"]);
  expect([eeee?.[1], eeee?.[3]]).toEqual(["lost", "lost"]);
  expect([cccc?.[1], cccc?.[3], cccc?.[5]]).toEqual(["stopped", "failed", "look once"]);
  const starts = lines.map((line) => line.indexOf(line.split(/ {2,}/).at(-1) ?? ""));
  expect(new Set(starts).size).toBe(1);
});

test("the newest 20 of those that ended; older ones are counted", async () => {
  const home = join(tempDir(), "state");
  const workspace = tempDir();
  const names = Array.from({ length: 25 }, (_, at) => `a${String(at).padStart(3, "0")}`);
  const world = sessionsIn(
    home,
    Object.fromEntries(names.map((name) => [name, { workspace, broker: { ended: ENDED }, runs: [{ receipt: {} }] }])),
  );
  const shown = await world("a000").call(list);
  expect(ids(shown.out())).toEqual(names.toReversed().slice(0, 20));
  expect(shown.out()).toContain("\nand 5 older ones that have ended\n");
  const json = JSON.parse((await world("a000").call(list, { json: true })).out());
  expect([json.sessions.length, json.older, json.broken]).toEqual([20, 5, []]);
});

test("of this workspace, of another one, of all", async () => {
  const home = join(tempDir(), "state");
  const [here, there] = [tempDir(), tempDir()];
  const world = sessionsIn(home, {
    aaaa: { workspace: here, runs: [{ receipt: {} }] },
    bbbb: { workspace: there, runs: [{ receipt: {} }] },
  });
  expect(ids((await world("aaaa").call(list)).out())).toEqual(["aaaa"]);
  expect(ids((await world("aaaa").call(list, { workspace: there })).out())).toEqual(["bbbb"]);
  const all = (await world("aaaa").call(list, { all: true })).out();
  expect(ids(all)).toEqual(["bbbb", "aaaa"]);
  expect(all).toContain(`goal 0 in ${here}\n`);
  await expect(world("aaaa").call(list, { all: true, workspace: there })).rejects.toMatchObject({ kind: "usage" });
  const json = JSON.parse((await world("aaaa").call(list, { all: true, json: true })).out());
  expect(json.sessions[0]).toEqual({
    broker_id: id("bbbb"),
    name: null,
    status: "waiting_input",
    for_s: expect.any(Number),
    session_id: expect.any(String),
    run_id: expect.stringMatching(/^r-/),
    last_verdict: "done",
    queue_depth: 0,
    goal: "goal 0",
    workspace: there,
  });
});

describe("what can't be read is named, and hides no other", () => {
  it.each<[string, (world: SessionWorld) => void, RegExp]>([
    [
      "a broker that is no JSON",
      (world) => writeFileSync(join(sessionDir(world.ref), "brokers", "1.json"), "{"),
      /brokers\/1\.json/,
    ],
    [
      "a newer version",
      (world) => writeFileSync(join(sessionDir(world.ref), "brokers", "1.json"), '{"version":2}'),
      /version/,
    ],
    ["a session record that is no JSON", (world) => writeFileSync(sessionPath(world.ref), "[]"), /aaaa\.json/],
    [
      "a receipt that is no JSON",
      (world) => writeFileSync(join(world.dir("r-20261121-051000-aaaa"), "result.json"), "{"),
      /result\.json/,
    ],
  ])("%s", async (_, breakIt, reason) => {
    const home = join(tempDir(), "state");
    const workspace = tempDir();
    const world = sessionsIn(home, {
      aaaa: { workspace, runs: [{ receipt: {} }] },
      bbbb: { workspace, runs: [{ receipt: {} }] },
    });
    breakIt(world("aaaa"));
    const shown = await world("bbbb").call(list);
    expect([shown.code, ids(shown.out())]).toEqual([0, ["bbbb"]]);
    expect(shown.err()).toMatch(/^codex_broker: b-20261121-051103-aaaa was left out: [^\n]+\n$/);
    expect(shown.err()).toMatch(reason);
    const json = JSON.parse((await world("bbbb").call(list, { json: true })).out());
    expect(json).toMatchObject({ sessions: [{ broker_id: id("bbbb") }], broken: [{ broker_id: id("aaaa") }] });
  });

  it("a run folder that is gone", async () => {
    const home = join(tempDir(), "state");
    const workspace = tempDir();
    const world = sessionsIn(home, {
      aaaa: { workspace, runs: [{ receipt: {} }] },
      bbbb: { workspace, runs: [{ receipt: {} }] },
    });
    rmSync(world("aaaa").dir("r-20261121-051000-aaaa"), { recursive: true });
    const shown = await world("bbbb").call(list);
    expect([shown.code, shown.err(), ids(shown.out())]).toEqual([0, "", ["bbbb", "aaaa"]]);
  });
});

test("a run of ask_codex is there before it has a thread", async () => {
  const home = join(tempDir(), "state");
  const workspace = tempDir();
  const world = sessionsIn(home, {
    aaaa: { workspace, broker: false, session: false, runs: [{ status: { sent: false }, goal: "begin" }] },
  });
  const shown = (await world("aaaa").call(list)).out();
  expect(shown).toMatch(/aaaa {2}queued {2}\w+ {2}- {2}- {2}begin\n$/);
});

test("where there is nothing, that is said", async () => {
  const world = newSession({ home: join(tempDir(), "state") });
  const empty = tempDir();
  expect((await world.call(list, { workspace: empty })).out()).toBe(
    `no sessions in ${empty}; --all lists those of every workspace\n`,
  );
});
