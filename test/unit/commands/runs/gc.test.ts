import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { runCommand } from "../../../../src/cli/main.ts";
import { runs } from "../../../../src/commands/runs/runs.ts";
import type { Receipt } from "../../../../src/core/record.ts";
import type { RunRequest } from "../../../../src/core/request.ts";
import { quotaPath } from "../../../../src/gate/quota-place.ts";
import { acknowledge } from "../../../../src/inbox/acknowledge.ts";
import { listKept } from "../../../../src/policy/keep-trees.ts";
import { toJson } from "../../../../src/run/create-record.ts";
import { writeReceipt } from "../../../../src/run/record.ts";
import { claimRunKey, findKeyHolder } from "../../../../src/run/run-keys.ts";
import { writeSession } from "../../../../src/run/session-record.ts";
import { bindSocket } from "../../../../src/sys/bind-socket.ts";
import { currentOwner } from "../../../../src/sys/owner.ts";
import { sessionsDir, socketPath, workspaceDir } from "../../../../src/sys/paths.ts";
import { sampleIo } from "../../cli/sample-command.ts";
import { sampleReceipt, sampleSession, THREAD_ID } from "../../core/samples.ts";
import { fingerprint, tempRepo } from "../../policy/temp-repo.ts";
import { newRecord } from "../../run/new-record.ts";
import { race } from "../../sys/race.ts";
import { tempDir } from "../../sys/temp-dir.ts";

const DEAD = { ...currentOwner(), startTime: "1" };
const CLAUDE = { claude: null, maxParallel: 4, notBefore: null };
const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
const idOf = (number: number): string => `r-20200101-${String(100_000 + number)}-aaaa`;
const threadOf = (number: number): string => THREAD_ID.replace(/\d\d$/, String(10 + number));

function world(home = join(tempDir(), "state")) {
  const codexHome = tempDir();
  const workspace = tempDir();
  return {
    home,
    workspace,
    over(id: string, days: number, receipt: Partial<Receipt> = {}, request: Partial<RunRequest> = {}): string {
      const { dir } = newRecord({ runId: id, workspace, ...request }, home);
      const about = { run_id: id, workspace: request.workspace ?? workspace, record: dir, ended_at: daysAgo(days) };
      writeReceipt(dir, sampleReceipt({ ...about, session_id: null, ...receipt }));
      return dir;
    },
    /** Codex has the thread, and something in it. */
    rollout(threadId: string): void {
      const dir = join(codexHome, "sessions", "2026", "11", "21");
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, `rollout-2026-11-21T05-11-03-${threadId}.jsonl`), "{}\n");
    },
    async gc(...argv: string[]) {
      const env = { PATH: process.env.PATH, CODEX_HOME: codexHome, ASK_CODEX_HOME: home };
      const io = sampleIo(["gc", "--json", ...argv], { env });
      const code = await runCommand(runs, io);
      return { code, report: JSON.parse(io.out()) };
    },
  };
}

test("of each workspace the newest stay, however old; the others go only when they are old, too", async () => {
  const { over, gc } = world();
  const elsewhere = { workspace: tempDir() };
  for (let at = 1; at <= 5; at++) over(idOf(at), at === 2 ? 3 : 40);
  over(idOf(6), 40, {}, elsewhere);
  expect((await gc()).report).toMatchObject({ keep: 200, removed_runs: [], kept_runs: 6 });
  expect((await gc("--keep", "2", "--dry-run")).report).toMatchObject({ removed_runs: [idOf(1), idOf(3)] });
  expect((await gc("--keep", "2")).report).toMatchObject({ keep: 2, removed_runs: [idOf(1), idOf(3)], kept_runs: 4 });
  expect((await gc("--keep", "0")).report).toMatchObject({ removed_runs: [idOf(4), idOf(5), idOf(6)] });
});

test("a session that Codex can go on with stays with its last run, until Codex has it no more", async () => {
  const { over, gc, rollout, home, workspace } = world();
  const session = (broker: string, thread: string, ids: string[]) =>
    writeSession(
      home,
      sampleSession({ broker_id: broker, workspace, session_id: thread, runs: ids, updated_at: daysAgo(40) }),
    );
  for (const at of [1, 2, 3]) over(idOf(at), 40, { session_id: at < 3 ? threadOf(1) : threadOf(2) });
  session("b-20200101-000000-aaaa", threadOf(1), [idOf(1), idOf(2)]);
  session("b-20200101-000000-bbbb", threadOf(2), [idOf(3)]);
  session("b-20200101-000000-cccc", threadOf(3), []);
  for (const at of [1, 3]) rollout(threadOf(at));
  expect((await gc("--keep", "0")).report).toMatchObject({
    removed_runs: [idOf(1), idOf(3)],
    removed_sessions: ["b-20200101-000000-bbbb"],
    failed: [],
  });
  expect(readdirSync(sessionsDir(home, workspace))).toHaveLength(2);
});

test("the end of a background run stays for a month where nobody has read it", async () => {
  const { over, gc } = world();
  const unread = over(idOf(1), 3, {}, { background: CLAUDE });
  over(idOf(2), 3);
  over(idOf(3), 31, {}, { background: CLAUDE });
  const all = ["--keep", "0", "--older-than", "0"];
  expect((await gc(...all)).report).toMatchObject({ removed_runs: [idOf(2), idOf(3)] });
  acknowledge(unread, "finished", null);
  expect((await gc(...all)).report).toMatchObject({ removed_runs: [idOf(1)] });
});

test("a key goes with the run that it stands for", async () => {
  const { over, gc, home, workspace } = world();
  const long = Date.parse(daysAgo(40)) / 1000;
  const claim = async (key: string, runId: string) => {
    await claimRunKey(home, workspace, key, { runId, digest: "d" });
    for (const name of readdirSync(keysDir)) utimesSync(join(keysDir, name), long, long);
  };
  const keysDir = join(workspaceDir(home, workspace), "run-keys");
  over(idOf(1), 40);
  over(idOf(2), 3);
  for (const at of [1, 2, 3]) await claim(`key ${at}`, idOf(at));
  await claim("key 1", idOf(3));
  const { report } = await gc("--keep", "0");
  expect(report.removed_runs).toEqual([idOf(1)]);
  expect(report.removed_leftovers).toEqual([
    expect.objectContaining({ kind: "key" }),
    expect.objectContaining({ kind: "key" }),
  ]);
  expect((await findKeyHolder(home, workspace, "key 2"))?.runId).toBe(idOf(2));
  expect(readdirSync(keysDir)).toHaveLength(1);
});

test.each([
  ["beside the records", () => join(tempDir(), "state")],
  ["in the temporary directory", () => join(tempDir(), "a-long-name".repeat(9), "state")],
])("what lies around goes: places in the line, quotas, sockets %s", async (where, newHome) => {
  const { home, gc } = world(newHome());
  const [stale, live] = [socketPath(home, "r-20200101-000000-aaaa"), socketPath(home, "r-20200101-000000-bbbb")];
  const servers = [createServer(), createServer()];
  for (const [at, path] of [stale, live].entries()) {
    const server = servers[at];
    if (server) await bindSocket(server, path);
  }
  // One that is killed leaves its socket.
  servers[0]?.close();
  const quota = quotaPath(home, "/gone");
  for (const dir of ["slots", "quota"]) mkdirSync(join(home, dir), { recursive: true });
  const ticket = { version: 1, run_id: idOf(1), record: "/x" };
  writeFileSync(join(home, "slots", "1.json"), toJson({ ...ticket, owner: DEAD }));
  writeFileSync(join(home, "slots", "2.json"), toJson({ ...ticket, owner: currentOwner() }));
  writeFileSync(join(home, "slots", "3.json"), "not ours");
  for (const path of [quota, quotaPath(home, "/used")]) writeFileSync(path, "{}");
  const long = Date.parse(daysAgo(31)) / 1000;
  for (const path of [quota, stale, live]) utimesSync(path, long, long);
  const found = [
    { kind: "slot", path: join(home, "slots", "1.json") },
    { kind: "quota", path: quota },
    { kind: "socket", path: stale },
  ];
  const before = fingerprint(home);
  expect((await gc("--dry-run")).report.removed_leftovers).toEqual(found);
  expect(fingerprint(home)).toEqual(before);
  expect((await gc()).report).toMatchObject({ removed_leftovers: found, failed: [] });
  expect([existsSync(stale), existsSync(live), existsSync(join(home, "slots", "3.json"))]).toEqual([false, true, true]);
  servers[1]?.close();
  utimesSync(dirname(live), long, long);
  const second = (await gc()).report.removed_leftovers;
  // The socket that is left here now belongs to a server that was stopped.
  expect(second.map(({ path }: { path: string }) => path)).toEqual(
    where === "beside the records" ? [live] : [live, dirname(live)],
  );
  expect(existsSync(live)).toBe(false);
  expect(existsSync(dirname(live))).toBe(where === "beside the records");
});

test("two at once: each thing is removed once, and nothing half-gone stays", async () => {
  const { home } = world();
  const repo = tempRepo();
  const ids = Array.from({ length: 25 }, (_, at) => idOf(at));
  for (const [at, id] of ids.entries()) {
    const { dir } = newRecord({ runId: id, workspace: repo.dir }, home);
    const receipt = { run_id: id, workspace: repo.dir, record: dir, ended_at: daysAgo(40) };
    writeReceipt(dir, sampleReceipt(receipt));
    for (const name of ["tree/a/b", "verify/1"]) {
      mkdirSync(join(dir, name), { recursive: true });
      for (let file = 0; file < 10; file++) writeFileSync(join(dir, name, String(file)), "x");
    }
    repo.git("update-ref", `refs/ask-codex/${id}`, "HEAD^{tree}");
    const broker_id = `b-20200101-${String(100_000 + at)}-aaaa`;
    writeSession(home, sampleSession({ broker_id, workspace: repo.dir, runs: [id], updated_at: daysAgo(40) }));
  }
  const argv = [home, repo.env.HOME ?? ""];
  const ends = await race(join(import.meta.dirname, "gc-racer.ts"), [argv, argv, argv]);
  const reports = ends.map(({ said }) => JSON.parse(said.slice(said.indexOf("{"))));
  expect(reports.map(({ exit_code, failed, left }) => ({ exit_code, failed, left }))).toEqual(
    Array(3).fill({ exit_code: 0, failed: [], left: [] }),
  );
  expect(reports.flatMap(({ removed_runs }) => removed_runs).sort()).toEqual(ids);
  expect(reports.flatMap(({ removed_sessions }) => removed_sessions)).toHaveLength(25);
  expect(await listKept(repo.dir, repo.env)).toEqual([]);
  expect(readdirSync(join(sessionsDir(home, repo.dir), "..", "runs"))).toEqual([]);
  expect(readdirSync(sessionsDir(home, repo.dir))).toEqual([]);
});
