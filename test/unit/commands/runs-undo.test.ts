import { chmodSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCommand } from "../../../src/cli/main.ts";
import { renderUndo, type UndoReport } from "../../../src/commands/runs/render-undo.ts";
import { runs } from "../../../src/commands/runs/runs.ts";
import type { PolicyRecord } from "../../../src/core/policy.ts";
import { UndoRecord } from "../../../src/core/undo.ts";
import { toJson } from "../../../src/run/create-record.ts";
import { writeReceipt } from "../../../src/run/record.ts";
import { currentOwner } from "../../../src/sys/owner.ts";
import { sampleIo } from "../cli/sample-command.ts";
import { RUN_ID, sampleReceipt } from "../core/samples.ts";
import { tempRepo } from "../policy/temp-repo.ts";
import { picture, policyRecord, type UndoWorld, undoWorld } from "../policy/undo-world.ts";
import { newRecord } from "../run/new-record.ts";

interface EndedRun extends UndoWorld {
  dir: string;
  /** Calls `codex_runs undo RUN_ID …`. */
  undoes(...argv: string[]): Promise<{ code: number; out: string; err: string }>;
}

/** A run that is over, with its record in a state home and its audit. */
function endedRun(act: (world: UndoWorld) => void, over: Partial<PolicyRecord> = {}): EndedRun {
  const repo = tempRepo({ "a.txt": "a\n", "b.txt": "b\n" });
  const { home, dir } = newRecord({ workspace: repo.dir });
  const world = undoWorld(undefined, repo, repo.dir, dir);
  const record = world.recordOf(() => act(world));
  writeFileSync(join(dir, "policy.json"), toJson({ ...record, ...over }));
  writeReceipt(dir, sampleReceipt({ workspace: repo.dir, record: dir, ended_at: new Date().toISOString() }));
  return {
    ...world,
    dir,
    async undoes(...argv) {
      const io = sampleIo(["undo", RUN_ID, ...argv], { env: { ...repo.env, ASK_CODEX_HOME: home } });
      const code = await runCommand(runs, io);
      return { code, out: io.out(), err: io.err() };
    },
  };
}

const roundsOf = (dir: string) => UndoRecord.parse(JSON.parse(readFileSync(join(dir, "undo.json"), "utf8"))).rounds;

describe("codex_runs undo", () => {
  test("restores what the run changed, says so and keeps it in the record", async () => {
    const run = endedRun(({ repo }) => repo.write({ "a.txt": "run\n", "new.txt": "run\n" }));
    const { code, out } = await run.undoes();
    expect(code).toBe(0);
    expect(out.split("\n")).toEqual([
      `run_id=${RUN_ID}`,
      "undo=done",
      "restored=2",
      "already=0",
      "conflicts=0",
      "not_kept=0",
      "",
      "[RESTORED] a.txt (was modified)",
      "[RESTORED] new.txt (was created)",
      "",
    ]);
    expect(run.repo.git("status", "--porcelain")).toBe("");
    expect(roundsOf(run.dir)).toMatchObject([
      { out_of_scope: false, restored: [{ path: "a.txt" }, { path: "new.txt" }] },
    ]);
    const again = await run.undoes();
    expect(again.code).toBe(0);
    expect(again.out).toContain("undo=nothing-to-do\nrestored=0\nalready=2\n");
    expect(roundsOf(run.dir)).toHaveLength(2);
    expect(existsSync(join(run.dir, "undo.lock"))).toBe(false);
  });

  test("a conflict is exit 1 and left alone", async () => {
    const run = endedRun(({ repo }) => repo.write({ "a.txt": "run\n", "b.txt": "run\n" }));
    run.repo.write({ "a.txt": "mine\n" });
    const { code, out } = await run.undoes("--json");
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      run_id: RUN_ID,
      dry_run: false,
      out_of_scope: false,
      restored: [{ path: "b.txt", change: "modified" }],
      already: [],
      conflicts: [{ path: "a.txt", change: "modified", reason: "somebody changed it since the run" }],
      not_kept: [],
      notes: [],
      exit_code: 1,
    });
    expect(readFileSync(run.repo.path("a.txt"), "utf8")).toBe("mine\n");
  });

  test("a dry run tells the same and does nothing", async () => {
    const run = endedRun(({ repo }) => {
      repo.write({ "a.txt": "run\n" });
      renameSync(repo.path("b.txt"), repo.path("c.txt"));
    });
    const before = [picture(run.repo.outside), picture(run.dir)];
    const { code, out } = await run.undoes("--dry-run");
    expect(code).toBe(0);
    expect(out).toContain("undo=dry-run\nrestored=0\nwould_restore=2\n");
    expect(out).toContain("[WOULD_RESTORE] c.txt (from b.txt) (was renamed)\n");
    expect([picture(run.repo.outside), picture(run.dir)]).toEqual(before);
  });

  test("--out-of-scope takes back only that", async () => {
    const run = endedRun(({ repo }) => repo.write({ "a.txt": "run\n", "out.txt": "run\n" }));
    const record = JSON.parse(readFileSync(join(run.dir, "policy.json"), "utf8"));
    const [changed, outside] = ["a.txt", "out.txt"].map((path) =>
      record.changed.filter((one: { path: string }) => one.path === path),
    );
    writeFileSync(join(run.dir, "policy.json"), toJson({ ...record, changed, out_of_scope: outside }));
    expect((await run.undoes("--out-of-scope")).out).toContain("[RESTORED] out.txt (was created)\n");
    expect(run.repo.git("status", "--porcelain")).toBe(" M a.txt\n");
  });

  test("says that HEAD moved, by the run or since", async () => {
    const run = endedRun(({ repo }) => repo.write({ "a.txt": "run\n" }), {
      head_moved: { from: null, to: "1".repeat(40) },
    });
    const later = new Date(Date.now() + 60_000).toISOString();
    run.repo.git("-c", "user.name=u", "commit", "-q", "-am", "mine", "--date", later);
    const path = run.repo.path(".git/logs/HEAD");
    const seconds = Math.floor(Date.parse(later) / 1000);
    writeFileSync(path, readFileSync(path, "utf8").replace(/> \d+ (?=[^\n]*\n$)/, `> ${seconds} `));
    const { out, code } = await run.undoes();
    expect(code).toBe(0);
    expect(out).toContain("note: the run moved HEAD");
    expect(out).toContain("note: HEAD moved since the run");
    expect(readFileSync(run.repo.path("a.txt"), "utf8")).toBe("a\n");
  });

  const REFUSED: [what: string, spoil: (run: EndedRun) => void, code: number, sentence: RegExp][] = [
    ["no audit", ({ dir }) => rmSync(join(dir, "policy.json")), 64, /nobody knows what run r-\S+ changed: .* no audit/],
    [
      "an audit that knows nothing",
      ({ dir }) => {
        const unknown = { status: "unknown" as const, not_covered: ["the index is corrupt"] };
        writeFileSync(join(dir, "policy.json"), toJson(policyRecord(unknown)));
      },
      64,
      /nobody knows .*: the index is corrupt/,
    ],
    [
      "a record that is not ours",
      ({ dir }) => writeFileSync(join(dir, "policy.json"), "{}"),
      1,
      /is not what ask-codex wrote/,
    ],
    [
      "an undo.json that is not ours",
      ({ dir }) => writeFileSync(join(dir, "undo.json"), "{}"),
      1,
      /is not what ask-codex wrote/,
    ],
    [
      "a workspace that is gone",
      ({ repo }) => renameSync(repo.dir, join(repo.outside, "moved")),
      64,
      /is not there any more/,
    ],
    [
      "a link in place of the workspace",
      ({ repo }) => {
        renameSync(repo.dir, join(repo.outside, "moved"));
        symlinkSync(join(repo.outside, "moved"), repo.dir);
      },
      64,
      /is not there any more/,
    ],
    [
      "another undo at work",
      ({ dir }) => writeFileSync(join(dir, "undo.lock"), toJson(currentOwner())),
      75,
      /another undo of this run is at work/,
    ],
  ];
  test.each(REFUSED)("%s: a sentence, and nothing is touched", async (_, spoil, code, sentence) => {
    const run = endedRun(({ repo }) => repo.write({ "a.txt": "run\n" }));
    spoil(run);
    const before = picture(run.repo.outside);
    const called = await run.undoes();
    expect(called.code, called.err).toBe(code);
    expect(called.err).toMatch(sentence);
    expect(picture(run.repo.outside)).toEqual(before);
  });

  test("a lock whose owner is dead is none", async () => {
    const run = endedRun(({ repo }) => repo.write({ "a.txt": "run\n" }));
    writeFileSync(join(run.dir, "undo.lock"), toJson({ ...currentOwner(), startTime: "1" }));
    expect((await run.undoes()).code).toBe(0);
  });

  test("a run that lives is refused", async () => {
    const run = endedRun(({ repo }) => repo.write({ "a.txt": "run\n" }));
    rmSync(join(run.dir, "result.json"));
    const status = {
      version: 1,
      runId: RUN_ID,
      state: "running",
      updatedAt: new Date().toISOString(),
      owner: currentOwner(),
    };
    writeFileSync(join(run.dir, "status.json"), toJson(status));
    const called = await run.undoes();
    expect(called.code, called.err).toBe(75);
    expect(called.err).toMatch(/is running/);
  });

  test("what the disk refuses is a conflict in words", async () => {
    const run = endedRun(({ repo }) => repo.write({ "sub/new.txt": "run\n", "a.txt": "run\n" }));
    // Root may do all but this.
    const object = run.repo.path(`.git/objects/${run.repo.git("rev-parse", "HEAD:a.txt").slice(0, 2)}`);
    const file = join(object, run.repo.git("rev-parse", "HEAD:a.txt").trim().slice(2));
    chmodSync(file, 0o600);
    writeFileSync(file, "damaged");
    const { code, out } = await run.undoes();
    expect(code).toBe(1);
    expect(out).toMatch(/^\[(CONFLICT|NOT_KEPT)\] a\.txt: /m);
    expect(out).toContain("[RESTORED] sub/new.txt (was created)");
    expect(readFileSync(run.repo.path("a.txt"), "utf8")).toBe("run\n");
  });
});

describe("renderUndo", () => {
  const report = (over: Partial<UndoReport> = {}): UndoReport => ({
    run_id: RUN_ID,
    dry_run: false,
    at: "2026-11-21T05:11:03.000Z",
    out_of_scope: false,
    restored: [],
    already: [],
    conflicts: [],
    not_kept: [],
    notes: [],
    ...over,
  });

  test("a path can't begin a line, and a long list is counted", () => {
    const evil = { path: "x\n[RESTORED] y", change: "modified" as const };
    const many = Array.from({ length: 500 }, (_, at) => ({ path: `src/${at}.ts`, change: "created" as const }));
    const text = renderUndo(report({ restored: many, conflicts: [{ ...evil, reason: "it is\n[RESTORED] z" }] }));
    expect(text).not.toMatch(/^\[RESTORED\] [yz]/m);
    expect(text).toContain("[CONFLICT] ");
    expect(text).toContain("restored=500\n");
    expect(text).toMatch(/… and \d+ more; --json names all of them\n$/);
    expect(Buffer.byteLength(text)).toBeLessThan(2_048);
  });

  test.each([
    [{}, "nothing-to-do"],
    [{ restored: [{ path: "a", change: "created" as const }] }, "done"],
    [{ conflicts: [{ path: "a", change: "created" as const, reason: "r" }] }, "left-alone"],
    [
      {
        restored: [{ path: "b", change: "created" as const }],
        not_kept: [{ path: "a", change: "created" as const, reason: "r" }],
      },
      "partial",
    ],
    [{ dry_run: true }, "dry-run"],
  ])("%j is %s", (over, word) => {
    expect(renderUndo(report(over))).toContain(`\nundo=${word}\n`);
  });
});
