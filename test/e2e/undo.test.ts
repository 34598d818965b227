import { chmodSync, existsSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UndoRecord } from "../../src/core/undo.ts";
import { readPolicy, textOf } from "../kit/attack.ts";
import { type Called, inLab, type Lab, type LabOptions, until } from "../kit/lab.ts";
import { commitAll, isIn, putIn } from "../kit/packets.ts";
import { gitSays, keptRefs, picture } from "../kit/picture.ts";
import { expectSentence } from "../kit/refusal.ts";
import type { Beat } from "../kit/scripted-model.ts";

const DONE: Beat = { say: "Done.\n\nStatus: done" };
const BYTES = Buffer.from([0, 255, 13, 10, 0, 200, 1, 2, 3]);
const FILES = { "src/a.txt": "a\n", "src/b.txt": "b\n", "src/c.txt": "one\ntwo\nthree\nfour\n", "docs/d.md": "d\n" };

const world = (run: string | Beat[]): LabOptions => ({
  files: FILES,
  script: typeof run === "string" ? [{ run }, DONE] : run,
});
const ask = async (lab: Lab, ...args: string[]): Promise<string> =>
  (await lab.ask(...args, "do it; the tests must pass")).lines.run_id ?? "";
/** From a directory that has nothing to do with it. */
const undo = (lab: Lab, runId: string, ...more: string[]): Promise<Called> =>
  lab.call("codex_runs", ["undo", runId, ...more], { cwd: "/" });
const rounds = (lab: Lab, runId: string) =>
  UndoRecord.parse(JSON.parse(readFileSync(join(lab.recordDir(runId), "undo.json"), "utf8"))).rounds;

describe("codex_runs undo", () => {
  test("brings everything back byte for byte, a person's uncommitted text too", () =>
    inLab(
      world(
        [
          "echo more >> src/a.txt; rm src/b.txt; mv src/c.txt src/moved.txt; chmod +x docs/d.md",
          "printf '\\001\\000\\002' > src/picture.bin; ln -sfn b.txt src/link; rm src/tool; echo x > src/tool",
          "mkdir -p src/new/deep; echo n > 'src/new/deep/with space'; rm -r gone; echo codex >> dirty.txt; rm untracked",
          "printf 'crlf\\r\\n' > crlf.txt; rm src/folder/file; rmdir src/folder; echo f > src/folder; : > empty",
        ].join("; "),
      ),
      async (lab) => {
        putIn(lab, "src/picture.bin", BYTES);
        putIn(lab, "src/tool", "#!/bin/sh\n");
        chmodSync(join(lab.workspace, "src/tool"), 0o755);
        symlinkSync("a.txt", join(lab.workspace, "src/link"));
        for (const name of ["gone/one/1.txt", "gone/two.txt", "src/folder/file"]) putIn(lab, name, `${name}\n`);
        putIn(lab, "crlf.txt", "lf\n");
        putIn(lab, "dirty.txt", "committed\n");
        putIn(lab, "empty", "not empty\n");
        commitAll(lab);
        putIn(lab, "dirty.txt", "not yet committed\r\n");
        putIn(lab, "untracked", BYTES);
        putIn(lab, "src/a.txt", "staged\n");
        lab.git("add", "src/a.txt");
        const before = picture(lab);
        const said = gitSays(lab);
        const index = readFileSync(join(lab.workspace, ".git/index"));

        const runId = await ask(lab);
        expect(picture(lab)).not.toEqual(before);
        expect(keptRefs(lab)).toEqual([`refs/ask-codex/${runId}`]);
        expect(readFileSync(join(lab.workspace, ".git/index"))).toEqual(index);
        expect({ ...gitSays(lab), status: "" }).toEqual({ ...said, status: "" });

        const undone = await undo(lab, runId);
        expect(undone.code, undone.stdout + undone.stderr).toBe(0);
        expect(undone.lines).toMatchObject({ run_id: runId, undo: "done", conflicts: "0", not_kept: "0" });
        expect(undone.stdout).toContain("[RESTORED] src/b.txt (was deleted)\n");
        expect(picture(lab)).toEqual(before);
        expect(gitSays(lab)).toEqual(said);

        const again = await undo(lab, runId);
        expect([again.code, again.lines.undo, again.lines.restored]).toEqual([0, "nothing-to-do", "0"]);
        expect(rounds(lab, runId).map(({ restored }) => restored.length > 0)).toEqual([true, false]);
        expect(picture(lab)).toEqual(before);
      },
    ));

  test("leaves what a person changed since, names it, and takes back the rest; later all of it", () =>
    inLab(
      world("for f in a b; do echo x >> src/$f.txt; done; rm src/c.txt; echo n > src/n.txt; echo m > src/m.txt"),
      async (lab) => {
        const before = picture(lab);
        const runId = await ask(lab, "--scope", "src");
        putIn(lab, "src/a.txt", "a\nx\nmine\n");
        putIn(lab, "src/n.txt", "mine\n");
        putIn(lab, "src/c.txt", "mine\n");
        rmSync(join(lab.workspace, "src/m.txt"));
        const undone = await undo(lab, runId);
        expect([undone.code, undone.lines.undo, undone.lines.conflicts]).toEqual([1, "partial", "3"]);
        expect(undone.lines).toMatchObject({ restored: "1", already: "1" });
        for (const name of ["src/a.txt", "src/n.txt", "src/c.txt"])
          expect(undone.stdout).toContain(`[CONFLICT] ${name}: `);
        expect(["a", "n", "c", "b"].map((name) => textOf(lab, `src/${name}.txt`))).toEqual([
          "a\nx\nmine\n",
          "mine\n",
          "mine\n",
          "b\n",
        ]);
        const json = await undo(lab, runId, "--json", "--dry-run");
        expect([json.code, JSON.parse(json.stdout)]).toMatchObject([
          1,
          { run_id: runId, dry_run: true, exit_code: 1, restored: [], conflicts: [{}, {}, {}] },
        ]);
        putIn(lab, "src/a.txt", "a\nx\n");
        putIn(lab, "src/n.txt", "n\n");
        rmSync(join(lab.workspace, "src/c.txt"));
        expect((await undo(lab, runId)).code).toBe(0);
        expect(picture(lab)).toEqual(before);
      },
    ));

  test("--dry-run says what would be done and does nothing", () =>
    inLab(world("echo x >> src/a.txt; echo n > src/n.txt"), async (lab) => {
      const runId = await ask(lab);
      const after = picture(lab);
      const dry = await undo(lab, runId, "--dry-run");
      expect([dry.code, dry.lines.undo, dry.lines.would_restore]).toEqual([0, "dry-run", "2"]);
      expect(dry.stdout).toContain("[WOULD_RESTORE] src/n.txt (was created)\n");
      expect(picture(lab)).toEqual(after);
      expect(existsSync(join(lab.recordDir(runId), "undo.json"))).toBe(false);
    }));

  test("--out-of-scope takes exactly that back after a violation", () =>
    inLab(world("echo x >> src/a.txt; echo x >> src/b.txt; rm src/c.txt; echo n > src/n.txt"), async (lab) => {
      const called = await lab.ask("--scope", "src/a.txt", "do it; the tests must pass");
      expect(called.code).toBe(5);
      const undone = await undo(lab, called.lines.run_id ?? "", "--out-of-scope");
      expect([undone.code, undone.lines.restored], undone.stdout).toEqual([0, "3"]);
      expect(lab.git("status", "--short", "-uall")).toBe(" M src/a.txt\n");
      expect(textOf(lab, "src/a.txt")).toBe("a\nx\n");
      const rest = await undo(lab, called.lines.run_id ?? "");
      expect([rest.code, rest.lines.restored, rest.lines.already]).toEqual([0, "1", "3"]);
      expect(lab.git("status", "--short", "-uall")).toBe("");
    }));

  test("what somebody else changed meanwhile stays", () =>
    inLab(
      world([{ run: "echo x >> src/a.txt; touch src/now; while [ ! -e docs/theirs.txt ]; do sleep 0.05; done" }, DONE]),
      async (lab) => {
        const running = lab.start("ask_codex", ["--scope", "src", "do it; the tests must pass"]);
        await until(() => isIn(lab, "src/now"));
        putIn(lab, "docs/d.md", "theirs\n");
        putIn(lab, "docs/theirs.txt", "theirs\n");
        const called = await running.done;
        expect(called.code, called.stdout).toBe(0);
        const undone = await undo(lab, called.lines.run_id ?? "");
        expect([undone.code, undone.lines.restored]).toEqual([0, "2"]);
        expect(lab.git("status", "--short", "-uall")).toBe(" M docs/d.md\n?? docs/theirs.txt\n");
        expect(textOf(lab, "docs/d.md")).toBe("theirs\n");
      },
    ));

  test("of a run that lives is refused, and of one that was cancelled it works", () =>
    inLab(world([{ run: "echo x >> src/a.txt; touch src/now; sleep 300" }, DONE]), async (lab) => {
      const running = lab.start("ask_codex", ["do it; the tests must pass"]);
      const runId = await running.line("run_id");
      await until(() => isIn(lab, "src/now"));
      const refused = await undo(lab, runId);
      expectSentence(refused, {
        code: 75,
        says: /is running: what it does can be taken back/,
        hint: /codex_runs wait/,
      });
      expect(textOf(lab, "src/a.txt")).toBe("a\nx\n");
      await lab.call("codex_runs", ["cancel", runId]);
      expect((await running.done).code).toBe(130);
      const undone = await undo(lab, runId);
      expect([undone.code, undone.lines.restored], undone.stdout).toEqual([0, "2"]);
      expect(lab.git("status", "--short", "-uall")).toBe("");
    }));

  test("of two runs of a session, the last first", () =>
    inLab(
      {
        files: FILES,
        script: [
          [{ run: "echo one >> src/a.txt; echo n > src/n.txt" }, DONE],
          [{ run: "echo two >> src/a.txt; rm src/n.txt" }, DONE],
        ],
      },
      async (lab) => {
        const first = await ask(lab);
        const between = picture(lab);
        const second = await ask(lab, "--session", first);
        const early = await undo(lab, first);
        expect([early.code, early.lines.conflicts, early.lines.already]).toEqual([1, "1", "1"]);
        expect((await undo(lab, second)).code).toBe(0);
        expect(picture(lab)).toEqual(between);
        expect((await undo(lab, first)).code).toBe(0);
        expect(lab.git("status", "--short", "-uall")).toBe("");
      },
    ));

  test("names what was not kept, and a HEAD that moved", () =>
    inLab(world("echo x >> src/a.txt; echo x > src/debug.log"), async (lab) => {
      putIn(lab, ".gitignore", "*.log\n");
      commitAll(lab);
      const runId = await ask(lab);
      // The reflog knows whole seconds: a commit in the very second of the run's end could be an earlier one.
      const later = { GIT_COMMITTER_DATE: `@${Math.ceil(Date.now() / 1000) + 60} +0000` };
      await lab.run("git", ["-c", "user.name=lab", "-c", "user.email=l@x.invalid", "commit", "-qam", "x"], {
        env: later,
      });
      const undone = await undo(lab, runId);
      expect([undone.code, undone.lines.undo], undone.stdout).toEqual([1, "partial"]);
      expect(undone.stdout).toContain("[NOT_KEPT] src/debug.log: its contents were not kept");
      expect(undone.stdout).toContain("note: HEAD moved since the run");
      expect([textOf(lab, "src/a.txt"), textOf(lab, "src/debug.log")]).toEqual(["a\n", "x\n"]);
      expect(lab.git("status", "--short")).toBe(" M src/a.txt\n");
    }));

  test("outside git nobody knows what to take back", () =>
    inLab({ ...world("echo x > x"), git: false }, async (lab) => {
      const runId = await ask(lab);
      expectSentence(await undo(lab, runId), { code: 64, says: /nobody knows what run .* changed: the workspace is/ });
      expectSentence(await undo(lab, "r-20261121-051103-k7qz"), { code: 64, says: /there is no run/ });
      expect(isIn(lab, "x")).toBe(true);
    }));
});

describe("what undo needs", () => {
  const prune = (lab: Lab) => {
    lab.git("reflog", "expire", "--expire=now", "--all");
    lab.git("gc", "-q", "--prune=now");
  };
  const objects = (lab: Lab, runId: string) => join(lab.recordDir(runId), "tree", "objects");

  test.each<[string, (lab: Lab, runId: string) => void]>([
    ["the ref alone", (lab, runId) => rmSync(objects(lab, runId), { recursive: true })],
    ["the record alone", (lab, runId) => void lab.git("update-ref", "-d", `refs/ask-codex/${runId}`)],
  ])("is kept from git's gc by %s", (_, lose) =>
    inLab(world("echo x >> dirty.txt; rm untracked; echo n > n"), async (lab) => {
      putIn(lab, "dirty.txt", "not committed\n");
      putIn(lab, "untracked", BYTES);
      const before = picture(lab);
      const runId = await ask(lab);
      lose(lab, runId);
      prune(lab);
      const undone = await undo(lab, runId);
      expect(undone.code, undone.stdout).toBe(0);
      expect(picture(lab)).toEqual(before);
      expect(gitSays(lab).fsck).toBe("");
    }),
  );

  test("is not kept of a run that changed nothing, and let go by gc with the record", () =>
    inLab(
      {
        files: FILES,
        script: [
          [{ run: "cat src/a.txt" }, DONE],
          [{ run: "echo x >> src/a.txt" }, DONE],
        ],
      },
      async (lab) => {
        const first = await ask(lab);
        expect([readPolicy(lab, first).ref, keptRefs(lab)]).toEqual([null, []]);
        expect(existsSync(objects(lab, first))).toBe(false);
        const second = await ask(lab, "--session", first);
        expect(readPolicy(lab, second).ref).toBe(`refs/ask-codex/${second}`);
        const kept = await lab.call("codex_runs", ["gc"], { cwd: "/" });
        expect([kept.code, kept.lines.removed_runs, kept.lines.kept_runs]).toEqual([0, "0", "2"]);
        const all = ["gc", "--keep", "0", "--older-than", "0"];
        // As long as Codex has the thread, the session can be resumed by its last run.
        const dry = await lab.call("codex_runs", [...all, "--dry-run"], { cwd: "/" });
        expect([dry.code, dry.lines.would_remove_runs, dry.lines.would_drop_refs]).toEqual([0, "1", "0"]);
        expect(keptRefs(lab)).toEqual([`refs/ask-codex/${second}`]);
        const dir = lab.recordDir(second);
        rmSync(join(lab.codexHome, "sessions"), { recursive: true });
        const gone = await lab.call("codex_runs", all, { cwd: "/" });
        expect([gone.code, gone.lines.removed_runs, gone.lines.dropped_refs], gone.stdout).toEqual([0, "2", "1"]);
        expect([keptRefs(lab), existsSync(dir)]).toEqual([[], false]);
        expect(textOf(lab, "src/a.txt")).toBe("a\nx\n");
        expectSentence(await undo(lab, second), { code: 64, says: /there is no run/ });
      },
    ));
});
