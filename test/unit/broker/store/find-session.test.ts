import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { brokerPath, type SessionRef, sessionPath } from "../../../../src/broker/store/broker-record.ts";
import { findSessionRef } from "../../../../src/broker/store/find-session.ts";
import { listSessionRefs, runOfBroker } from "../../../../src/broker/store/list-sessions.ts";
import { sampleBrokerRecord, sampleSession } from "../../core/samples.ts";
import { tempDir } from "../../sys/temp-dir.ts";
import { DEAD, END, newSession, plant, refusal } from "./new-session.ts";

const ONE = "b-20261121-051103-aaaa";
const TWO = "b-20261121-051103-abbb";
const THREE = "b-20261122-060000-cccc";
const FRESH = "b-20261123-070000-dddd";
const RUNS = ["r-20261121-051103-aaaa", "r-20261121-051200-aaab", "r-20261121-051103-bbbb", "r-20261122-060000-cccc"];
const FRESH_RUN = "r-20261123-070000-dddd";
const THREAD = (digit: number) => `01a1fc8${digit}-0ba0-7dc1-9e6f-0f6c4f5d9a11`;

/** Three sessions in two workspaces: two that stay, called `auth` and `b-2`, one of one run; and one without a thread yet. */
function world(home = join(tempDir(), "state")) {
  const one = newSession({ home, brokerId: ONE });
  one.broker({ name: "auth" });
  one.session({ session_id: THREAD(5), runs: RUNS.slice(0, 2) });
  const two = newSession({ home, brokerId: TWO });
  two.broker({ name: "b-2" });
  two.session({ session_id: THREAD(6), runs: RUNS.slice(2, 3) });
  const three = newSession({ home, brokerId: THREE, workspace: "/elsewhere" });
  three.session({ session_id: THREAD(6).replace("-0f", "-1f"), runs: RUNS.slice(3) });
  const fresh = newSession({ home, brokerId: FRESH, workspace: "/elsewhere" });
  for (const run of RUNS.slice(0, 2)) one.over(run);
  two.over(RUNS[2] ?? "");
  three.over(RUNS[3] ?? "");
  fresh.run(FRESH_RUN, {});
  return { home, one, two, three, fresh };
}

/** The same for tests that only look. */
const shared = join(mkdtempSync(join(tmpdir(), "ask-codex unit-")), "state");
beforeAll(() => void world(shared));
afterAll(() => rmSync(join(shared, ".."), { recursive: true }));

const found = (home: string, word: string) => {
  const { ref, runId } = findSessionRef(home, word);
  return runId === undefined ? ref.brokerId : `${ref.brokerId} ${runId}`;
};

describe("a session is found", () => {
  it.each<[by: string, word: string, found: string]>([
    ["its broker id", ONE, ONE],
    ["the broker id of one that had one run, elsewhere", THREE, THREE],
    ["the broker id of one that has no thread yet", FRESH, FRESH],
    ["its thread", THREAD(5), ONE],
    ["a run of it", "r-20261121-051200-aaab", `${ONE} r-20261121-051200-aaab`],
    ["the run of one that has no thread yet", FRESH_RUN, `${FRESH} ${FRESH_RUN}`],
    ["its name", "auth", ONE],
    ["its name, though ids begin so", "b-2", TWO],
    ["the beginning of its broker id", "b-20261121-051103-aa", ONE],
    ["the beginning of the broker id of one that has no thread yet", "b-20261123", FRESH],
    ["the beginning of its thread", "01a1fc85", ONE],
    ["the beginning of a run", "r-20261121-0512", `${ONE} r-20261121-051200-aaab`],
    ["the beginning of the run of one that has no thread yet", "r-20261123", `${FRESH} ${FRESH_RUN}`],
    ["the beginning of its name", "au", ONE],
    ["one letter, when that is enough", "a", ONE],
  ])("by %s", (_, word, expected) => {
    expect(found(shared, word)).toBe(expected);
  });

  it("with the place where it is kept", () => {
    const { home, one, three } = world();
    expect(findSessionRef(home, "auth").ref).toEqual(one.ref);
    expect(findSessionRef(home, THREE).ref).toEqual(three.ref);
    expect(findSessionRef(home, RUNS[3] ?? "").ref).toEqual(three.ref);
  });

  it("by the beginning of several runs of it, and then no run is meant", () => {
    const { home } = world();
    const two = newSession({ home, brokerId: "b-20270101-000000-zzzz" });
    two.session({ session_id: null, runs: ["r-20270101-000000-zzza", "r-20270101-000000-zzzb"] });
    for (const run of ["r-20270101-000000-zzza", "r-20270101-000000-zzzb"]) two.over(run);
    expect(found(home, "r-2027")).toBe("b-20270101-000000-zzzz");
    expect(found(home, "r-20270101-000000-zzzb")).toBe("b-20270101-000000-zzzz r-20270101-000000-zzzb");
  });

  it("by a name that an ended one had before it", () => {
    const { home } = world();
    newSession({ home, brokerId: "b-20260101-000000-oldd" }).broker({ name: "auth", ended: END });
    expect(found(home, "auth")).toBe(ONE);
  });
});

describe("no session is found", () => {
  it.each(["", " ", "\t\n"])("by nothing: %j", (word) => {
    expect(refusal(() => findSessionRef(shared, word))).toMatchObject({
      kind: "usage",
      message: "the id of the session is empty",
    });
  });

  it.each([
    "..",
    ".",
    "/",
    "../..",
    `../sessions/${ONE}`,
    `${ONE}/`,
    `${ONE}/brokers`,
    `${ONE}.json`,
    `${RUNS[0]}/..`,
    "b-20261121-051103-none",
    "r-20261121-051103-none",
    "b-20261121-051103-aaaax",
    `${ONE} `,
    "AUTH",
    "auth2",
    "null",
    "x".repeat(5_000),
    "a\u0000b",
    "*",
    ".*",
  ])("by %j", (word) => {
    const error = refusal(() => findSessionRef(shared, word));
    expect(error).toMatchObject({ kind: "usage", hint: expect.stringContaining("codex_broker list") });
    expect(error.message).toMatch(/^there is no session, run or name "[^\n]*" in /);
    expect(error.message.length).toBeLessThan(300);
  });

  it("where none was ever begun", () => {
    expect(refusal(() => findSessionRef(join(tempDir(), "none"), "auth")).kind).toBe("usage");
  });

  it("where a word would lead out of the records", () => {
    const { home, one } = world();
    const outside = join(home, "..", "outside");
    plant(join(outside, "brokers", "1.json"), sampleBrokerRecord());
    plant(`${outside}.json`, sampleSession());
    const word = "../../../../outside";
    expect(readFileSync(join(one.dir, "..", word, "brokers", "1.json"), "utf8")).not.toBe("");
    expect(refusal(() => findSessionRef(home, word)).kind).toBe("usage");
  });
});

describe("a word that may be several", () => {
  it("is refused with their names", () => {
    expect(refusal(() => findSessionRef(shared, "b-20261121"))).toMatchObject({
      kind: "usage",
      message: `"b-20261121" may be any of 2 sessions: ${ONE} (auth), ${TWO} (b-2)`,
      hint: "give more of the id, or the whole of it",
    });
    expect(refusal(() => findSessionRef(shared, "01a1fc86")).message).toContain(`: ${TWO} (b-2), ${THREE}`);
    expect(refusal(() => findSessionRef(shared, "r-20261121")).message).toContain("any of 2 sessions");
  });

  it.each(["b", "b-", "r-"])("of very many names five: %s", (word) => {
    const { home } = world();
    for (let at = 0; at < 20; at++) {
      const id = `20270101-0000${at + 10}-aaaa`;
      newSession({ home, brokerId: `b-${id}` }).session({ session_id: null, runs: [`r-${id}`] });
      newSession({ home, brokerId: `b-${id}` }).over(`r-${id}`);
    }
    const { message } = refusal(() => findSessionRef(home, word));
    expect(message).toMatch(/may be any of 24 sessions: (b-\S+( \([^)]*\))?, ){4}b-\S+( \([^)]*\))? and 19 more$/);
  });

  it("is refused when it is the name of two, live or ended", () => {
    const { home, one } = world();
    const other = newSession({ home, brokerId: THREE });
    other.broker({ name: "auth" });
    expect(refusal(() => findSessionRef(home, "auth")).message).toContain("may be any of 2 sessions");
    one.broker({ name: "auth", owner: DEAD }, 1);
    expect(found(home, "auth")).toBe(THREE);
    other.broker({ name: "auth", ended: END }, 1);
    expect(refusal(() => findSessionRef(home, "auth")).message).toContain("may be any of 2 sessions");
  });

  it("is one when the id and the name of a session begin so", () => {
    const { home } = world();
    const id = "b-20280101-000000-aaaa";
    const both = newSession({ home, brokerId: id });
    both.broker({ name: "b-2028 plans" });
    both.session({ session_id: null, runs: [] });
    expect(found(home, "b-2028")).toBe(id);
  });
});

describe("a file that can't be read", () => {
  const newer = { ...sampleSession(), version: 2 };
  const spoil: [name: string, spoil: (ref: SessionRef) => void][] = [
    ["a session that is rubbish", (ref) => plant(sessionPath(ref), "rubbish")],
    ["a session of a newer version", (ref) => plant(sessionPath(ref), newer)],
    ["a broker that is cut off", (ref) => plant(brokerPath(ref, 1), '{"version":1,')],
    ["a broker of a newer version", (ref) => plant(brokerPath(ref, 1), { ...sampleBrokerRecord(), version: 3 })],
    ["a folder with nothing in it", (ref) => rmSync(brokerPath(ref, 1))],
  ];

  it.each(spoil)("of another session stops nothing: %s", (_, broken) => {
    const { home, two } = world();
    broken(two.ref);
    expect([ONE, THREAD(5), "auth", "au", "01a1fc85", "r-20261121-0512"].map((word) => found(home, word))).toEqual([
      ONE,
      ONE,
      ONE,
      ONE,
      ONE,
      `${ONE} r-20261121-051200-aaab`,
    ]);
    expect(found(home, TWO)).toBe(TWO);
    expect(listSessionRefs(home).map(({ brokerId }) => brokerId)).toContain(TWO);
  });

  it("is named when nothing is found without it", () => {
    const { home, two } = world();
    plant(brokerPath(two.ref, 1), { ...sampleBrokerRecord(), version: 2 });
    expect(refusal(() => findSessionRef(home, "tests")).hint).toContain(
      "; 1 of the records can't be read: " +
        `${brokerPath(two.ref, 1)} was written by a newer ask-codex (version 2): update this one`,
    );
  });

  it("of a run stops only who asks for that run", () => {
    const { home, fresh } = world();
    writeFileSync(join(fresh.ref.workspaceKeyDir, "runs", FRESH_RUN, "request.json"), "rubbish");
    expect(() => findSessionRef(home, FRESH_RUN)).toThrow("request.json is not what ask-codex wrote");
    expect(refusal(() => findSessionRef(home, FRESH)).kind).toBe("usage");
    expect(found(home, "b-20261122")).toBe(THREE);
  });
});

describe("the list of sessions", () => {
  it("has every session once, of all workspaces or of one", () => {
    const { home, one, three } = world();
    const ids = (keyDir?: string) =>
      listSessionRefs(home, keyDir)
        .map(({ brokerId }) => brokerId)
        .sort();
    expect(ids()).toEqual([ONE, TWO, THREE]);
    expect(ids(one.ref.workspaceKeyDir)).toEqual([ONE, TWO]);
    expect(ids(three.ref.workspaceKeyDir)).toEqual([THREE]);
    expect(ids(join(home, "none"))).toEqual([]);
  });

  it("has nothing that is no session", () => {
    const { home, one } = world();
    const sessions = join(one.dir, "..");
    for (const name of [".gone-b-20261121-051103-zzzz", "notes", "b-1"]) mkdirSync(join(sessions, name));
    symlinkSync(tempDir(), join(home, "workspaces", "linked"));
    writeFileSync(join(home, "workspaces", "file"), "");
    expect(listSessionRefs(home)).toHaveLength(3);
  });
});

it("the run of a session without a thread is the one that was asked for with it", () => {
  const { home, fresh, one } = world();
  fresh.run("r-20261124-070000-aaaa", {}, { brokerId: "b-20261124-070000-aaaa" });
  expect(runOfBroker(fresh.ref)).toBe(FRESH_RUN);
  expect(runOfBroker({ ...one.ref, brokerId: "b-20261121-051103-none" })).toBeUndefined();
  fresh.run("r-20261124-080000-aaaa", {}, { brokerId: "b-20261124-075959-late" });
  expect(found(home, "b-20261124-075959-late")).toBe("b-20261124-075959-late");
});
