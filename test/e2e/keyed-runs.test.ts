import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inLab, type Lab } from "../kit/lab.ts";
import { put } from "../kit/packets.ts";

const DONE = { say: "The tests are green.\n\nStatus: done" };
const GOAL = "fix the tests";
/** A command that goes on until somebody puts a file there. */
const UNTIL_GO = { run: "touch at-work; while [ ! -e go ]; do sleep 0.05; done", yieldMs: 30_000 };

/** The runs that have a record. */
const runsOf = (lab: Lab): string[] => {
  const root = join(lab.home, "workspaces");
  return existsSync(root) ? readdirSync(root).flatMap((name) => readdirSync(join(root, name, "runs"))) : [];
};

/** The threads that the model was asked in. */
const threadsOf = (lab: Lab): Set<unknown> => new Set(lab.model.requests.map(({ body }) => body.prompt_cache_key));

describe("two starts with one key", () => {
  test.each([
    ["--key", ["--key", "nightly"]],
    ["--once", ["--once"]],
  ])("%s, at the same moment: one thread, one record, one answer twice", (_, flags) =>
    inLab({ script: [{ ...DONE, delayMs: 300 }] }, async (lab) => {
      const both = [1, 2].map(() => lab.start("ask_codex", [...flags, GOAL]));
      const ends = await Promise.all(both.map(({ done }) => done));
      const said = ends.map(({ stdout, stderr }) => stdout + stderr).join("\n\n");
      expect(
        ends.map(({ code }) => code),
        said,
      ).toEqual([0, 0]);
      const ids = new Set(ends.map(({ lines }) => lines.run_id));
      expect(ids.size, said).toBe(1);
      expect(runsOf(lab)).toEqual([...ids]);
      expect([lab.model.requests.length, threadsOf(lab).size]).toEqual([1, 1]);
      for (const { stdout } of ends) expect(stdout).toContain("The tests are green.");
      const warnings = ends.map(({ stderr }) => /nothing was started: (\S+) was started with this/.exec(stderr)?.[1]);
      expect(warnings.filter((id) => id !== undefined)).toEqual([...ids]);
      expect(await lab.left()).toEqual([]);
    }),
  );

  test("one in the background, one that waits: the second is told of the first, and what it can't change", () =>
    inLab({ script: [UNTIL_GO, DONE] }, async (lab) => {
      const first = await lab.ask("--background", "--key", "K", GOAL);
      expect(first.code, first.stderr).toBe(0);
      const again = await lab.ask("--background", "--key", "K", "--model", "other", "something else");
      expect(again.lines).toMatchObject({ run_id: first.lines.run_id, started: "false" });
      expect(again.stderr).toContain("is another one; for this one, take another key");
      expect(again.stderr).toContain("--model can't change that run");
      const waiting = lab.start("ask_codex", ["--key", "K", GOAL]);
      expect(await waiting.line("run_id")).toBe(first.lines.run_id);
      put(join(lab.workspace, "go"), "");
      const end = await waiting.done;
      expect([end.code, end.lines.verdict, end.lines.run_id]).toEqual([0, "done", first.lines.run_id]);
      expect(end.stderr).not.toContain("is another one");
      expect(runsOf(lab)).toHaveLength(1);
      expect(threadsOf(lab).size).toBe(1);
    }));
});

describe("a key whose run has ended", () => {
  test("gives its result at once, whatever it was, and starts nothing", () =>
    inLab({ script: [{ say: "I could not.\n\nStatus: partial" }] }, async (lab) => {
      const first = await lab.ask("--key", "K", "--task-id", "U1", GOAL);
      expect(first.code).toBe(1);
      const again = await lab.ask("--key", "K", "--task-id", "U1", GOAL);
      expect([again.code, again.lines.run_id, again.lines.verdict]).toEqual([1, first.lines.run_id, "failed"]);
      const asObject = await lab.ask("--json", "--key", "K", GOAL);
      expect(JSON.parse(asObject.stdout)).toMatchObject({ run_id: first.lines.run_id, exit_code: 1 });
      expect(lab.model.requests).toHaveLength(1);
      const dry = await lab.ask("--key", "K", "--dry-run", GOAL);
      expect(dry.stdout).toContain("dry run: nothing was started");
    }));

  test("is free when that was cancelled", () =>
    inLab({ script: [[UNTIL_GO, DONE]] }, async (lab) => {
      const first = await lab.ask("--background", "--key", "K", GOAL);
      const id = first.lines.run_id ?? "";
      expect((await lab.call("codex_runs", ["cancel", id])).code).toBe(0);
      put(join(lab.workspace, "go"), "");
      const again = await lab.ask("--key", "K", GOAL);
      expect([again.code, again.lines.verdict]).toEqual([0, "done"]);
      expect(again.lines.run_id).not.toBe(id);
    }));
});

describe("what contradicts a key", () => {
  test.each([
    [["--key", "K", "--once"], /--key and --once both say what the start is known by/],
    [["--key", "K", "--session", "r-20261121-051103-k7qz"], /--key is for a new session/],
    [["--once", "--session", "r-20261121-051103-k7qz"], /--once is for a new session/],
    [["--once", "--task-id", "U1"], /--once can't tell a repeated start of the task U1 from its next one/],
    [["--key", ""], /--key/],
    [["--key", "a\nb"], /must be one line/],
  ])("%j is 64, and nothing is written", (flags, sentence) =>
    inLab({}, async (lab) => {
      const said = await lab.ask(...flags, GOAL);
      expect(said.code).toBe(64);
      expect(said.stderr).toMatch(sentence);
      expect(existsSync(lab.home)).toBe(false);
    }),
  );
});
