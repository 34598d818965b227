import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCommand } from "../../../src/cli/main.ts";
import { planGc, refsToDrop } from "../../../src/commands/runs/gc/plan-gc.ts";
import { renderGc } from "../../../src/commands/runs/gc/render-gc.ts";
import type { Survey } from "../../../src/commands/runs/gc/survey-records.ts";
import { runs } from "../../../src/commands/runs/runs.ts";
import type { RunRequest } from "../../../src/core/request.ts";
import { dropKept, listKept } from "../../../src/policy/keep-trees.ts";
import { toJson } from "../../../src/run/create-record.ts";
import { writeReceipt } from "../../../src/run/record.ts";
import { writeSession } from "../../../src/run/session-record.ts";
import { currentOwner } from "../../../src/sys/owner.ts";
import { sessionsDir, workspaceDir } from "../../../src/sys/paths.ts";
import { sampleIo } from "../cli/sample-command.ts";
import { sampleReceipt, sampleSession } from "../core/samples.ts";
import { fingerprint, type TempRepo, tempRepo } from "../policy/temp-repo.ts";
import { newRecord } from "../run/new-record.ts";
import { tempDir } from "../sys/temp-dir.ts";

const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
const OLD = "r-20200101-000000-aaaa";
const OTHER = "r-20200102-000000-bbbb";
const NEW = "r-20200103-000000-cccc";

interface Home {
  home: string;
  repo: TempRepo;
  /** A run that is over since so many days; `undefined`: it has no receipt. */
  run(id: string, days: number | undefined, over?: Partial<RunRequest>): string;
  keep(id: string): void;
  gc(...argv: string[]): Promise<{ code: number; out: string; report: Record<string, unknown> }>;
}

function newHome(): Home {
  const home = join(tempDir(), "state");
  const repo = tempRepo();
  return {
    home,
    repo,
    run(id, days, over = {}) {
      const { dir } = newRecord({ runId: id, workspace: repo.dir, ...over }, home);
      const receipt = { run_id: id, workspace: over.workspace ?? repo.dir, record: dir };
      if (days !== undefined) writeReceipt(dir, sampleReceipt({ ...receipt, ended_at: daysAgo(days) }));
      return dir;
    },
    keep: (id) => void repo.git("update-ref", `refs/ask-codex/${id}`, "HEAD^{tree}"),
    async gc(...argv) {
      const io = sampleIo(["gc", "--keep", "0", ...argv], { env: { ...repo.env, ASK_CODEX_HOME: home } });
      const code = await runCommand(runs, io);
      const json: unknown = argv.includes("--json") ? JSON.parse(io.out()) : {};
      return { code, out: io.out(), report: typeof json === "object" && json !== null ? { ...json } : {} };
    },
  };
}

describe("codex_runs gc", () => {
  test("removes the records of runs that are long over, with their refs, sessions and folders", async () => {
    const { run, keep, gc, repo, home } = newHome();
    const dirs = [run(OLD, 40), run(OTHER, 31), run(NEW, 29)];
    for (const id of [OLD, NEW]) keep(id);
    keep("r-20190101-000000-gone");
    repo.git("update-ref", "refs/other/thing", "HEAD");
    for (const [broker, ids, days] of [
      ["b-20200101-000000-aaaa", [OLD], 40],
      ["b-20200101-000000-bbbb", [OTHER, NEW], 40],
      ["b-20200101-000000-cccc", [OLD], 3],
    ] as const) {
      const session = { broker_id: broker, workspace: repo.dir, runs: [...ids], updated_at: daysAgo(days) };
      writeSession(home, sampleSession(session));
    }
    const { code, report } = await gc("--json");
    expect(code).toBe(0);
    expect(report).toEqual({
      dry_run: false,
      older_than_days: 30,
      keep: 0,
      removed_runs: [OLD, OTHER],
      dropped_refs: [
        { workspace: repo.dir, run_id: "r-20190101-000000-gone" },
        { workspace: repo.dir, run_id: OLD },
      ],
      removed_sessions: ["b-20200101-000000-aaaa"],
      removed_tmp: [],
      removed_leftovers: [],
      kept_runs: 1,
      left: [],
      failed: [],
      exit_code: 0,
    });
    expect(dirs.map((dir) => existsSync(dir))).toEqual([false, false, true]);
    expect(await listKept(repo.dir, repo.env)).toEqual([NEW]);
    expect(repo.git("for-each-ref", "--format=%(refname)", "refs/other")).toBe("refs/other/thing\n");
    expect(readdirSync(sessionsDir(home, repo.dir)).sort()).toEqual([
      "b-20200101-000000-bbbb.json",
      "b-20200101-000000-cccc.json",
    ]);
  });

  test("a review goes when none of its runs has a record any more, and the ledger stays", async () => {
    const { run, gc, repo, home } = newHome();
    run(OLD, 31);
    run(NEW, 1);
    const reviews = join(workspaceDir(home, repo.dir), "reviews");
    const review = (name: string, ...ids: string[]) => {
      mkdirSync(join(reviews, name), { recursive: true });
      writeFileSync(
        join(reviews, name, "plan.json"),
        JSON.stringify({ version: 1, runs: ids.map((run_id) => ({ run_id })) }),
      );
      const old = new Date(daysAgo(40));
      utimesSync(join(reviews, name), old, old);
    };
    review("v-20200101-000000-aaaa", OLD, OTHER);
    review("v-20200101-000000-bbbb", OLD, NEW);
    mkdirSync(join(reviews, "v-20200101-000000-cccc"));
    mkdirSync(join(reviews, "ledgers", "main"), { recursive: true });
    const { report } = await gc("--json");
    expect(report.removed_leftovers).toMatchObject([{ kind: "review" }]);
    expect(readdirSync(reviews).sort()).toEqual(["ledgers", "v-20200101-000000-bbbb", "v-20200101-000000-cccc"]);
  });

  test.each([
    ["reviews", "v-20200101-000000-aaaa"],
    ["run-keys", "a".repeat(64)],
  ])("what a killed gc left of %s goes", async (folder, name) => {
    const { gc, repo, home } = newHome();
    const root = join(workspaceDir(home, repo.dir), folder);
    mkdirSync(join(root, `.gone-${name}`, "shards"), { recursive: true });
    mkdirSync(join(root, "ledgers", ".gone-main"), { recursive: true });
    expect((await gc("--dry-run", "--json")).code).toBe(0);
    expect(readdirSync(root)).toHaveLength(2);
    expect((await gc("--json")).report).toMatchObject({ left: [], failed: [] });
    expect(readdirSync(root)).toEqual(["ledgers"]);
    expect(readdirSync(join(root, "ledgers"))).toEqual([".gone-main"]);
  });

  test("a dry run tells the same and does nothing, not even to a dead run", async () => {
    const { run, keep, gc, repo, home } = newHome();
    run(OLD, 40);
    run(OTHER, undefined, { createdAt: daysAgo(50) });
    keep(OLD);
    const before = [fingerprint(home), fingerprint(repo.dir)];
    const dry = await gc("--dry-run", "--json");
    expect([fingerprint(home), fingerprint(repo.dir)]).toEqual(before);
    expect(dry.report).toMatchObject({ dry_run: true, removed_runs: [OLD, OTHER], kept_runs: 0 });
    expect((await gc("--dry-run")).out).toContain(
      "gc=dry-run\nolder_than=30d\nkeep=0\nwould_remove_runs=2\nwould_drop_refs=1\n",
    );
  });

  test("a run that lives stays, one whose owner is dead is ended first", async () => {
    const { run, gc } = newHome();
    const live = run(OLD, undefined);
    const status = { version: 1, runId: OLD, state: "running", updatedAt: daysAgo(40), owner: currentOwner() };
    writeFileSync(join(live, "status.json"), toJson(status));
    const dead = run(OTHER, undefined, { createdAt: daysAgo(40) });
    const owner = { ...currentOwner(), startTime: "1" };
    writeFileSync(join(dead, "status.json"), toJson({ ...status, runId: OTHER, owner }));
    const young = run(NEW, undefined, { createdAt: daysAgo(2) });
    writeFileSync(join(young, "status.json"), toJson({ ...status, runId: NEW, owner }));
    expect((await gc("--json")).report).toMatchObject({ removed_runs: [OTHER], kept_runs: 2, left: [] });
    expect([live, dead, young].map((dir) => existsSync(dir))).toEqual([true, false, true]);
    expect(existsSync(join(live, "result.json"))).toBe(false);
    expect(existsSync(join(young, "result.json"))).toBe(true);
  });

  test("--older-than 0 takes all that is over, but not a run that is being undone", async () => {
    const { run, gc } = newHome();
    run(OLD, 0);
    const busy = run(OTHER, 40);
    writeFileSync(join(busy, "undo.lock"), toJson(currentOwner()));
    expect((await gc("--older-than", "0", "--json")).report).toMatchObject({ removed_runs: [OLD], kept_runs: 1 });
    expect(existsSync(busy)).toBe(true);
  });

  test("what does not parse is named and left alone, its ref too", async () => {
    const { run, keep, gc, repo, home } = newHome();
    const broken = run(OLD, 40);
    writeFileSync(join(broken, "result.json"), "{}");
    run(NEW, 1);
    keep(OLD);
    mkdirSync(sessionsDir(home, repo.dir), { recursive: true });
    writeFileSync(join(sessionsDir(home, repo.dir), "b-20200101-000000-aaaa.json"), "no");
    const { code, out } = await gc();
    expect(code).toBe(0);
    expect(out).toMatch(/^\[LEFT\] .*r-20200101-000000-aaaa: .*is not what ask-codex wrote/m);
    expect(out).toMatch(/^\[LEFT\] .*b-20200101-000000-aaaa\.json: /m);
    expect(existsSync(broken)).toBe(true);
    expect(await listKept(repo.dir, repo.env)).toEqual([OLD]);
  });

  test("follows no link, wherever it lies", async () => {
    const { run, gc, home } = newHome();
    const dir = run(OLD, 40);
    const elsewhere = tempDir();
    const precious = join(elsewhere, OLD);
    mkdirSync(precious);
    writeFileSync(join(precious, "file"), "precious\n");
    symlinkSync(precious, join(dir, "link"));
    symlinkSync(precious, join(dir, "..", OTHER));
    rmSync(join(home, "tmp"), { recursive: true, force: true });
    symlinkSync(elsewhere, join(home, "tmp"));
    symlinkSync(elsewhere, join(home, "workspaces", "linked"));
    expect((await gc("--older-than", "0", "--json")).report).toMatchObject({ removed_runs: [OLD], removed_tmp: [] });
    expect(existsSync(join(precious, "file"))).toBe(true);
  });

  test("temporary folders of runs that are over go, also unwritable ones; those of a live run and of others stay", async () => {
    const { run, gc, home } = newHome();
    run(OLD, 2);
    const live = run(OTHER, undefined);
    const status = { version: 1, runId: OTHER, state: "running", updatedAt: daysAgo(0), owner: currentOwner() };
    writeFileSync(join(live, "status.json"), toJson(status));
    run(NEW, 0);
    const make = (id: string, days: number) => {
      const dir = join(home, "tmp", id);
      mkdirSync(join(dir, "cache", "x"), { recursive: true });
      writeFileSync(join(dir, "cache", "x", "file"), "x");
      chmodSync(join(dir, "cache", "x"), 0o500);
      const at = Date.parse(daysAgo(days)) / 1000;
      utimesSync(dir, at, at);
    };
    make(OLD, 2);
    make(OTHER, 2);
    make(NEW, 0);
    make("r-20190101-000000-gone", 2);
    make("somebody's", 2);
    expect((await gc("--json")).report).toMatchObject({
      removed_tmp: ["r-20190101-000000-gone", OLD],
      removed_runs: [],
    });
    expect(readdirSync(join(home, "tmp")).sort()).toEqual([OTHER, NEW, "somebody's"]);
    chmodSync(join(home, "tmp", OTHER, "cache", "x"), 0o700);
    chmodSync(join(home, "tmp", NEW, "cache", "x"), 0o700);
    chmodSync(join(home, "tmp", "somebody's", "cache", "x"), 0o700);
  });

  test("a workspace that is gone, or no repository any more, is fine", async () => {
    const { run, gc, repo } = newHome();
    run(OLD, 40, { workspace: join(repo.outside, "gone") });
    run(OTHER, 40);
    rmSync(repo.path(".git"), { recursive: true });
    const { code, report } = await gc("--json");
    expect(code).toBe(0);
    expect(report).toMatchObject({ removed_runs: [OLD, OTHER], dropped_refs: [], failed: [] });
  });

  test("a record stays as long as its repository does not let go", async () => {
    const { run, keep, gc, repo } = newHome();
    const dir = run(OLD, 40);
    keep(OLD);
    repo.write({ [`.git/refs/ask-codex/${OLD}.lock`]: "" });
    const { code, out } = await gc();
    expect(code).toBe(1);
    expect(out).toMatch(/^gc=partial$[\s\S]*^\[FAILED\] .*: git update-ref: /m);
    expect(existsSync(dir)).toBe(true);
    rmSync(repo.path(`.git/refs/ask-codex/${OLD}.lock`));
    expect((await gc()).code).toBe(0);
    expect(existsSync(dir)).toBe(false);
    expect(await dropKept(repo.dir, repo.env, [OLD])).toBeUndefined();
  });

  test("an empty home is fine", async () => {
    const { gc } = newHome();
    expect((await gc()).out).toBe(
      "gc=done\nolder_than=30d\nkeep=0\nremoved_runs=0\ndropped_refs=0\nremoved_sessions=0\nremoved_tmp=0\nremoved_leftovers=0\nkept_runs=0\n",
    );
  });
});

describe("the plan", () => {
  const empty: Survey = { runs: [], sessions: [], halfGone: [], temporary: [] };

  test("a ref without a record goes by the time in its id: another home may know the run", () => {
    const plan = planGc(empty, {
      endedSince: 0,
      undeliveredSince: 0,
      touchedSince: 0,
      keep: 0,
      hasThread: () => false,
    });
    const limit = Date.parse("2026-11-01T00:00:00Z");
    const ids = ["r-20261031-235959-aaaa", "r-20261101-000001-aaaa", "r-20261001-000000-keep"];
    expect(refsToDrop(ids, plan, new Set(["r-20261001-000000-keep"]), limit)).toEqual(["r-20261031-235959-aaaa"]);
  });

  test("a long list is counted", () => {
    const left = Array.from({ length: 20 }, (_, at) => ({ path: `/x/${at}\n[FAILED] y`, reason: "r" }));
    const text = renderGc({
      dry_run: false,
      older_than_days: 1,
      keep: 0,
      removed_runs: [],
      dropped_refs: [],
      removed_sessions: [],
      removed_tmp: [],
      removed_leftovers: [],
      kept_runs: 0,
      left,
      failed: [],
    });
    expect(text).toContain("… and 12 more; --json names all of them\n");
    expect(text).not.toMatch(/^\[FAILED\]/m);
  });
});
