import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { brokerPath, sessionDir, sessionPath } from "../../../src/broker/store/broker-record.ts";
import { claimKey, ownKey, readKey } from "../../../src/broker/store/keys.ts";
import { runCommand } from "../../../src/cli/main.ts";
import { runs } from "../../../src/commands/runs/runs.ts";
import { newBrokerId } from "../../../src/core/ids.ts";
import type { BrokerRecord, Message } from "../../../src/core/session.ts";
import { ALIVE, DEAD, END, newSession, plant } from "../broker/store/new-session.ts";
import { sampleIo } from "../cli/sample-command.ts";
import { sampleBrokerRecord } from "../core/samples.ts";
import { fingerprint } from "../policy/temp-repo.ts";
import { tempDir } from "../sys/temp-dir.ts";

const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
const OLD = daysAgo(40);
const YOUNG = daysAgo(3);
const RUN = "r-20200101-000000-aaaa";
const NEXT = "r-20200102-000000-bbbb";

interface Made {
  brokerId?: string;
  /** When everything of it happened, if nothing else is said. */
  at?: string;
  record?: Partial<BrokerRecord>;
  messages?: Partial<Message>[];
  /** When its runs ended. */
  runs?: Record<string, string>;
  /** Whether it came to a thread. */
  thread?: boolean;
}

/** A session that stayed, stopped, with its folder, its record and its runs. */
function made(
  home: string,
  { at = OLD, record, messages = [], runs: ended = { [RUN]: at }, thread = true, ...over }: Made,
) {
  const session = newSession({ home, brokerId: over.brokerId ?? newBrokerId(new Date()), workspace: "/work/gone" });
  session.broker({ owner: DEAD, created_at: at, ended: { ...END, at }, ...record });
  for (const [number, message] of messages.entries()) session.message(number + 1, message);
  for (const [id, endedAt] of Object.entries(ended)) session.over(id, { ended_at: endedAt, started_at: endedAt });
  if (thread) session.session({ runs: Object.keys(ended), updated_at: at });
  return session;
}

async function gc(home: string, ...argv: string[]) {
  const io = sampleIo(["gc", "--json", "--keep", "0", ...argv], {
    env: { PATH: process.env.PATH, ASK_CODEX_HOME: home },
  });
  const code = await runCommand(runs, io);
  const report: unknown = JSON.parse(io.out());
  return { code, report };
}

const kept = (session: ReturnType<typeof newSession>) =>
  [sessionDir(session.ref), sessionPath(session.ref)].map((path) => existsSync(path));
const newHome = () => join(tempDir(), "state");

test("a session that is over goes with its folder, its record and its key", async () => {
  const home = newHome();
  const session = made(home, {
    record: { key: "nightly" },
    messages: [{ state: "consumed", run_id: RUN }, { state: "undelivered" }],
  });
  claimKey(session.ref, "nightly");
  expect(ownKey(session.ref, "nightly")).toBeDefined();
  expect(await gc(home)).toMatchObject({
    code: 0,
    report: { removed_runs: [RUN], removed_sessions: [session.ref.brokerId], left: [], failed: [] },
  });
  expect(kept(session)).toEqual([false, false]);
  expect(readdirSync(join(session.ref.workspaceKeyDir, "sessions"))).toEqual([]);
  expect(readKey(session.ref.workspaceKeyDir, "nightly")).toBeUndefined();
});

test("the key of another session stays", async () => {
  const home = newHome();
  const session = made(home, { record: { key: "nightly" } });
  claimKey({ ...session.ref, brokerId: "b-20200101-000000-frst" }, "nightly");
  await gc(home);
  expect(kept(session)).toEqual([false, false]);
  expect(readKey(session.ref.workspaceKeyDir, "nightly")).toBe("b-20200101-000000-frst");
});

test.each<[what: string, over: Made, removed: boolean]>([
  ["that never had a run", { runs: {}, thread: false }, true],
  ["that never came to a thread", { messages: [{ state: "consumed", run_id: RUN }], thread: false }, true],
  ["whose runs are gone already", { runs: {}, messages: [{ state: "consumed", run_id: RUN }] }, true],
  ["that ended a short time ago", { record: { ended: { ...END, at: YOUNG } }, runs: {} }, false],
  ["that is known to be lost only now, and began long ago", { record: { ended: null }, thread: false }, true],
  ["that is lost, and began a short time ago", { record: { ended: null, created_at: YOUNG } }, false],
  ["that lives", { record: { ended: null, owner: ALIVE } }, false],
  ["that comes up", { record: { ended: null, owner: null, starter: ALIVE } }, false],
  ["in which a message waits", { messages: [{ state: "consumed", run_id: RUN }, {}] }, false],
  ["of which a run stays", { runs: { [RUN]: OLD, [NEXT]: YOUNG } }, false],
  [
    "of which a run stays that no thread knows",
    { runs: { [RUN]: YOUNG }, thread: false, messages: [{ state: "consumed", run_id: RUN }] },
    false,
  ],
])("a session %s", async (_, over, removed) => {
  const home = newHome();
  const session = made(home, over);
  const before = kept(session);
  const { code, report } = await gc(home);
  expect(code).toBe(0);
  expect(report).toMatchObject({ removed_sessions: removed ? [session.ref.brokerId] : [], left: [], failed: [] });
  expect(kept(session)).toEqual(removed ? [false, false] : before);
});

test("a dry run tells the same and does nothing, not even to a dead broker", async () => {
  const home = newHome();
  const ids = [1, 2].map((at) => `b-20200101-000000-aaa${at}`);
  made(home, { brokerId: ids[0] ?? "" });
  made(home, { brokerId: ids[1] ?? "", record: { ended: null }, runs: {}, thread: false });
  made(home, { record: { ended: null, owner: ALIVE }, runs: {} });
  const before = fingerprint(home);
  expect((await gc(home, "--dry-run")).report).toMatchObject({ dry_run: true, removed_sessions: ids });
  expect(fingerprint(home)).toEqual(before);
  expect((await gc(home)).report).toMatchObject({ removed_sessions: ids });
});

test("a folder without a broker goes when it is old", async () => {
  const home = newHome();
  const sessions = [1, 2].map((at) => newSession({ home, brokerId: `b-20200101-000000-aaa${at}` }));
  for (const { dir } of sessions) mkdirSync(join(dir, "brokers"), { recursive: true });
  const long = Date.parse(OLD) / 1000;
  utimesSync(sessions[0]?.dir ?? "", long, long);
  expect((await gc(home)).report).toMatchObject({ removed_sessions: ["b-20200101-000000-aaa1"] });
  expect(sessions.map(({ dir }) => existsSync(dir))).toEqual([false, true]);
});

test("what does not parse is named and left alone, with all that belongs to it", async () => {
  const home = newHome();
  const broken = (at: number, thread = true) =>
    made(home, { brokerId: `b-20200101-000000-aaa${at}`, runs: {}, thread });
  plant(brokerPath(broken(1, false).ref, 1), "rubbish");
  plant(sessionPath(broken(2).ref), { version: 2 });
  plant(join(broken(3).dir, "queue", "1.json"), { ...sampleBrokerRecord(), version: 2 });
  const before = fingerprint(join(home, "workspaces"));
  const { code, report } = await gc(home);
  expect(code).toBe(0);
  expect(report).toMatchObject({
    removed_sessions: [],
    left: [
      { reason: expect.stringContaining("1.json is not what ask-codex wrote") },
      { reason: expect.stringContaining("was written by a newer ask-codex (version 2)") },
      { reason: expect.stringContaining("was written by a newer ask-codex (version 2)") },
    ],
  });
  expect(fingerprint(join(home, "workspaces"))).toEqual(before);
});

test("the temporary folder of a session that lives stays, that of one that is over goes", async () => {
  const home = newHome();
  const live = made(home, { record: { ended: null, owner: ALIVE }, runs: {} });
  const over = made(home, { at: YOUNG, runs: {} });
  const ids = [live.ref.brokerId, over.ref.brokerId, "b-20200101-000000-gone", "somebody's"];
  for (const id of ids) {
    mkdirSync(join(home, "tmp", id), { recursive: true });
    const at = Date.parse(daysAgo(2)) / 1000;
    utimesSync(join(home, "tmp", id), at, at);
  }
  const { report } = await gc(home);
  expect(report).toMatchObject({ removed_sessions: [] });
  expect(readdirSync(join(home, "tmp")).sort()).toEqual([live.ref.brokerId, "somebody's"].sort());
});

test("what an earlier removal left half-way goes, and no link is followed", async () => {
  const home = newHome();
  const session = made(home, {});
  const elsewhere = tempDir();
  writeFileSync(join(elsewhere, "file"), "precious");
  const sessions = join(session.dir, "..");
  mkdirSync(join(sessions, ".gone-b-20200101-000000-half", "queue"), { recursive: true });
  symlinkSync(elsewhere, join(session.dir, "link"));
  symlinkSync(elsewhere, join(sessions, "b-20200101-000000-link"));
  await gc(home);
  expect(existsSync(join(sessions, ".gone-b-20200101-000000-half"))).toBe(false);
  expect(kept(session)).toEqual([false, false]);
  expect(readdirSync(elsewhere)).toEqual(["file"]);
  expect(lstatSync(join(sessions, "b-20200101-000000-link")).isSymbolicLink()).toBe(true);
  rmSync(join(sessions, "b-20200101-000000-link"));
});
