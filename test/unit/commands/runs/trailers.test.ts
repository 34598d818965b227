import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCommand } from "../../../../src/cli/main.ts";
import { runs } from "../../../../src/commands/runs/runs.ts";
import { judgeAuthors, type Step } from "../../../../src/commands/runs/trailers/judge-authors.ts";
import type { PolicyRecord } from "../../../../src/core/policy.ts";
import type { Receipt } from "../../../../src/core/record.ts";
import { toJson } from "../../../../src/run/create-record.ts";
import { writeReceipt } from "../../../../src/run/record.ts";
import { writeSession } from "../../../../src/run/session-record.ts";
import { sampleIo } from "../../cli/sample-command.ts";
import { NO_POWER, sampleReceipt, sampleSession } from "../../core/samples.ts";
import { tempRepo } from "../../policy/temp-repo.ts";
import { newRecord } from "../../run/new-record.ts";
import { tempDir } from "../../sys/temp-dir.ts";

const FIRST = "r-20261121-051103-aaaa";
const NEXT = "r-20261121-061103-bbbb";
const CODEX = "Co-authored-by: Codex (gpt-5.5, medium, codex-cli 0.169.0) <noreply@openai.com>";
const CLAUDE = "Co-authored-by: Claude <noreply@anthropic.com>";

/** A repository whose runs are played: what one writes is in its audit, with git's own ids. */
function world(files: Record<string, string> = { "a.txt": "a\n", "b.txt": "b\n" }) {
  const repo = tempRepo(files);
  const home = join(tempDir(), "state");
  const ids: string[] = [];
  const idOf = (name: string): string | null => {
    try {
      return repo.git("hash-object", "--no-filters", "--", name).trim();
    } catch {
      return null;
    }
  };
  return {
    repo,
    home,
    /** Codex does something to some paths; `receipt` says how the run ended. */
    run(id: string, paths: string[], act: () => void, receipt: Partial<Receipt> = {}) {
      const dirty = repo
        .git("status", "--porcelain", "-uall")
        .split("\n")
        .map((line) => line.slice(3));
      const before = new Map(paths.map((path) => [path, idOf(path)]));
      act();
      const { dir } = newRecord({ runId: id, workspace: repo.dir }, home);
      const record: PolicyRecord = {
        version: 1,
        status: "ok",
        policy: "ok",
        power: NO_POWER,
        profile: null,
        trees: { before: "0".repeat(40), after: "1".repeat(40) },
        ref: null,
        changed: paths.map((path) => {
          const [was, is] = [before.get(path) ?? null, idOf(path)];
          const change = is === null ? "deleted" : was === null ? "created" : "modified";
          const mode = (blob: string | null) => (blob === null ? null : "100644");
          return { path, change, mode_before: mode(was), mode_after: mode(is), blob_before: was, blob_after: is };
        }),
        out_of_scope: [],
        concurrent: [],
        ignored: { compared: 0, changed: [], elapsed_ms: 0, complete: true },
        head_moved: null,
        refs_changed: [],
        index_changed: false,
        dirty_before: dirty.filter((path) => path !== ""),
        volatile: { patterns: [], left_out: 0 },
        not_covered: [],
      };
      writeFileSync(join(dir, "policy.json"), toJson(record));
      const engine = { name: "app-server", requested: "app-server", codex_version: "0.169.0" } as const;
      const about = { model: "gpt-5.5", reasoning: "medium", engine, ...receipt };
      writeReceipt(dir, sampleReceipt({ run_id: id, workspace: repo.dir, record: dir, ...about }));
      ids.push(id);
      writeSession(home, sampleSession({ workspace: repo.dir, runs: [...ids] }));
      return dir;
    },
    async trailers(id = FIRST, ...more: string[]) {
      const io = sampleIo(["show", id, "--trailers", ...more], { env: { ...repo.env, ASK_CODEX_HOME: home } });
      const code = await runCommand(runs, io);
      return { code, out: io.out(), err: io.err() };
    },
  };
}

describe("codex_runs show --trailers", () => {
  test("tells Codex alone, Claude alone and both apart, file by file", async () => {
    const { repo, run, trailers } = world({ "a.txt": "a\n", "b.txt": "b\n", "c.txt": "c\n", "gone.txt": "g\n" });
    run(FIRST, ["a.txt", "b.txt", "new/x.txt", "gone.txt"], () => {
      repo.write({ "a.txt": "codex\n", "b.txt": "codex\n", "new/x.txt": "x\n" });
      rmSync(repo.path("gone.txt"));
    });
    expect((await trailers()).out).toBe(`${CODEX}\nAsk-Codex-Run: ${FIRST}\n`);
    repo.write({ "b.txt": "claude too\n", "c.txt": "claude\n" });
    const { code, out, err } = await trailers();
    expect(code).toBe(0);
    expect(out).toBe(`${CODEX}\n${CLAUDE}\nAsk-Codex-Run: ${FIRST}\n`);
    expect(err.split("\n")).toEqual([
      "# from the work tree:",
      "# a.txt: Codex",
      "# b.txt: Codex and Claude",
      "# c.txt: Claude",
      "# gone.txt: Codex",
      "# new/x.txt: Codex",
      "",
    ]);
    // What git itself makes of them.
    repo.git("add", "-A");
    repo.git("commit", "-q", "-m", `done\n\n${out}`);
    expect(repo.git("log", "-1", "--format=%(trailers:only)").trim()).toBe(out.trim());
  });

  test("what is staged counts alone, as it is staged", async () => {
    const { repo, run, trailers } = world();
    run(FIRST, ["a.txt"], () => repo.write({ "a.txt": "codex\n" }));
    repo.write({ "b.txt": "claude\n" });
    repo.git("add", "b.txt");
    expect((await trailers()).out).toBe(`${CLAUDE}\n`);
    repo.git("reset", "-q");
    repo.git("add", "a.txt");
    repo.write({ "a.txt": "not staged\n" });
    expect(JSON.parse((await trailers(FIRST, "--json")).out)).toEqual({
      run_id: FIRST,
      from: "index",
      files: [{ path: "a.txt", by: ["Codex"], runs: [FIRST] }],
      trailers: [CODEX, `Ask-Codex-Run: ${FIRST}`],
    });
    repo.git("add", "a.txt");
    expect((await trailers()).out).toContain(CLAUDE);
  });

  test("git may store other line ends than Codex wrote", async () => {
    const { repo, run, trailers } = world();
    repo.git("config", "core.autocrlf", "true");
    run(FIRST, ["a.txt"], () => repo.write({ "a.txt": "codex\r\n" }));
    repo.git("add", "a.txt");
    expect((await trailers()).out).not.toContain(CLAUDE);
  });

  test("work that was there uncommitted before is somebody's, unless an earlier run of the session left it", async () => {
    const { repo, run, trailers } = world();
    repo.write({ "a.txt": "mine\n" });
    run(FIRST, ["a.txt", "b.txt"], () => repo.write({ "a.txt": "mine and codex\n", "b.txt": "codex\n" }));
    run(NEXT, ["b.txt"], () => repo.write({ "b.txt": "codex, reviewed\n" }), { reasoning: "high" });
    const { out, err } = await trailers(FIRST);
    expect(err).toContain("# a.txt: Codex and Claude\n# b.txt: Codex\n");
    const high = CODEX.replace("medium", "high");
    expect(out).toBe([CODEX, high, CLAUDE, `Ask-Codex-Run: ${FIRST}`, `Ask-Codex-Run: ${NEXT}`, ""].join("\n"));
  });

  test("what is not known of the model is left out, and no name can begin a line", async () => {
    const { repo, run, trailers } = world();
    const engine = { name: "exec", requested: "exec" } as const;
    const about = { model: "m <x>\nSigned-off-by: y", reasoning: null, engine };
    run(FIRST, ["a.txt"], () => repo.write({ "a.txt": "codex\n", "odd\nCo-authored-by: z": "z" }), about);
    const { out, err } = await trailers();
    expect(out.split("\n")[0]).toBe("Co-authored-by: Codex (m x Signed-off-by: y) <noreply@openai.com>");
    expect(err).toContain('# "odd\\nCo-authored-by: z": Claude\n');
  });

  test("before the first commit, and in a repository inside", async () => {
    const { repo, run, trailers } = world({});
    run(FIRST, ["a.txt"], () => repo.write({ "a.txt": "codex\n" }));
    repo.git("init", "-q", "inside");
    repo.write({ "inside/x": "x" });
    expect((await trailers()).err).toBe("# from the work tree:\n# a.txt: Codex\n# inside: Claude\n");
    repo.git("add", "a.txt");
    expect((await trailers()).out).toBe(`${CODEX}\nAsk-Codex-Run: ${FIRST}\n`);
  });

  test.each<[what: string, break_: (made: ReturnType<typeof world>) => void, code: number, sentence: RegExp]>([
    ["nothing to commit", ({ repo }) => repo.git("checkout", "-q", "."), 64, /there is nothing to commit in \//],
    ["no git", ({ repo }) => rmSync(repo.path(".git"), { recursive: true }), 64, /is no git repository, so there/],
    ["no workspace", ({ repo }) => rmSync(repo.dir, { recursive: true }), 64, /is not there any more/],
  ])("%s is one sentence", async (_, act, code, sentence) => {
    const made = world();
    made.run(FIRST, ["a.txt"], () => made.repo.write({ "a.txt": "codex\n" }));
    act(made);
    const ended = await made.trailers();
    expect(ended).toMatchObject({ code, out: "" });
    expect(ended.err).toMatch(sentence);
  });

  test("a run that is on, and one without an audit, are one sentence", async () => {
    const { home, repo, trailers } = world();
    newRecord({ runId: FIRST, workspace: repo.dir }, home);
    expect(await trailers()).toMatchObject({ code: 75, err: expect.stringContaining("is queued: who wrote what") });
    const { dir } = newRecord({ runId: NEXT, workspace: repo.dir }, home);
    writeReceipt(dir, sampleReceipt({ run_id: NEXT, workspace: repo.dir, record: dir, verdict: "lost" }));
    expect(await trailers(NEXT)).toMatchObject({ code: 64, err: expect.stringContaining("has no audit") });
  });
});

describe("the authors of a file", () => {
  const step = (over: Partial<Step>): Step => ({ runId: "r", before: "1", after: "2", wasDirty: false, ...over });
  const file = (content: string | null, head: string | null = "1") => ({ content: new Set([content]), head });
  test.each<[string, Step[], ReturnType<typeof file>, { runs: string[]; other: boolean }]>([
    ["no run touched it", [], file("2"), { runs: [], other: true }],
    ["it is as the run left it", [step({})], file("2"), { runs: ["r"], other: false }],
    ["it changed since", [step({})], file("3"), { runs: ["r"], other: true }],
    ["the run removed it", [step({ after: null })], file(null), { runs: ["r"], other: false }],
    ["nobody kept what the run left", [step({ after: undefined })], file("3"), { runs: ["r"], other: true }],
    ["it is committed, and changed since", [step({})], file("3", "2"), { runs: [], other: true }],
    [
      "somebody changed it between two runs",
      [step({}), step({ runId: "s", before: "3", after: "4", wasDirty: true })],
      file("4"),
      { runs: ["r", "s"], other: true },
    ],
    [
      "the first run's part is committed",
      [step({}), step({ runId: "s", before: "2", after: "4" })],
      file("4", "2"),
      { runs: ["s"], other: false },
    ],
  ])("%s", (_, steps, pending, authors) => {
    expect(judgeAuthors(steps, pending)).toEqual(authors);
  });
});
