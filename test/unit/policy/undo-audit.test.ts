import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { keepTrees } from "../../../src/policy/keep-trees.ts";
import { diffTrees } from "../../../src/policy/trees/diff.ts";
import { failed } from "../../../src/policy/trees/git.ts";
import { snapshot } from "../../../src/policy/trees/snapshot.ts";
import { openTreeStore } from "../../../src/policy/trees/store.ts";
import { applyUndo } from "../../../src/policy/undo/apply-undo.ts";
import { lookForUndo } from "../../../src/policy/undo/look-for-undo.ts";
import { planUndo } from "../../../src/policy/undo/plan-undo.ts";
import { type TempRepo, tempRepo } from "./temp-repo.ts";
import { picture, policyRecord, RUN } from "./undo-world.ts";

const OPTIONS = { outOfScope: false };

function good<T extends object>(value: T | { failure: string }): T {
  if (failed(value)) throw new Error(value.failure);
  return value;
}

/** The audit's own snapshots and diff around what a run does, what is kept of it, and everything taken back. */
async function auditedUndo(repo: TempRepo, act: () => void, between: () => void = () => {}) {
  const dir = join(repo.outside, "record", "tree");
  mkdirSync(dir, { recursive: true });
  const store = good(await openTreeStore({ workspace: repo.dir, dir, env: repo.env }));
  const before = good(await snapshot(store));
  act();
  const after = good(await snapshot(store));
  const changed = good(await diffTrees(store, before, after));
  const place = { workspace: repo.dir, dir, env: repo.env, objectFormat: store.repository.objectFormat };
  const { ref } = good(await keepTrees(place, RUN, changed));
  const record = policyRecord({ changed, ref, trees: { before: before.tree, after: after.tree } });
  between();
  const plan = planUndo(record, await lookForUndo(place, record, OPTIONS), OPTIONS);
  return { ...plan, ...(await applyUndo(place, RUN, plan)), ref };
}

describe("undo of what the audit found", () => {
  test.each([false, true])(
    "to the byte, with filters, line ends and links; the record's store gone: %s",
    async (gone) => {
      const repo = tempRepo({ "a.txt": "a\n", "src/b.txt": "b\n" });
      repo.write({
        ".gitattributes": "*.txt text eol=crlf\n*.big filter=lfs\n",
        "clean.txt": "one\r\ntwo\r\n",
        "x.big": "large\n",
      });
      repo.git("add", "-A");
      repo.git("commit", "-q", "-m", "attributes");
      repo.git("config", "filter.lfs.clean", "sed s/large/pointer/");
      repo.git("config", "filter.lfs.smudge", "sed s/pointer/large/");
      repo.write({ "dirty.txt": "mine\r\nand\nmixed\r\n" });
      symlinkSync("a.txt", repo.path("link"));
      const before = picture(repo.dir);
      const undone = await auditedUndo(
        repo,
        () => {
          repo.write({
            "clean.txt": "run\n",
            "dirty.txt": "run\n",
            "x.big": "run\n",
            "new/deep/file": "run\n",
            "a.txt": "",
          });
          rmSync(repo.path("link"));
          symlinkSync("src", repo.path("link"));
          renameSync(repo.path("src/b.txt"), repo.path("c.txt"));
          chmodSync(repo.path("c.txt"), 0o755);
          writeFileSync(Buffer.concat([Buffer.from(`${repo.dir}/`), Buffer.from([0xe9, 0x0a])]), "bytes\n");
        },
        () => {
          if (!gone) return;
          rmSync(join(repo.outside, "record", "tree", "objects"), { recursive: true });
          rmSync(join(repo.outside, "record", "tree", "HEAD"));
          repo.git("reflog", "expire", "--expire=now", "--all");
          repo.git("gc", "--quiet", "--prune=now");
          expect(repo.git("fsck", "--full", "--strict", "--no-dangling")).toBe("");
        },
      );
      expect(undone).toMatchObject({
        conflicts: [],
        unkept: [],
        already: [],
        failed: [],
        ref: `refs/ask-codex/${RUN}`,
      });
      expect(undone.restored.length).toBeGreaterThanOrEqual(8);
      // Without its store the record does not know any more which directories are the run's.
      const after = picture(repo.dir);
      for (const dir of gone ? ["/new", "/new/deep"] : []) delete after[dir];
      expect(after).toEqual(before);
    },
  );

  test("a commit of the run's is no obstacle: the files go back, the commit stays", async () => {
    const repo = tempRepo();
    const before = picture(repo.dir);
    const undone = await auditedUndo(repo, () => {
      repo.write({ "a.txt": "run\n", "n.txt": "run\n" });
      repo.git("add", "-A");
      repo.git("commit", "-q", "-m", "by the run");
    });
    expect(undone.restored).toHaveLength(2);
    expect(picture(repo.dir)).toEqual(before);
    expect(repo.git("log", "--format=%s")).toBe("by the run\nstart\n");
  });

  test("where the file system knows no executable bit, it is no conflict", async () => {
    const repo = tempRepo();
    repo.git("config", "core.fileMode", "false");
    chmodSync(repo.path("a.txt"), 0o755);
    const undone = await auditedUndo(repo, () => repo.write({ "a.txt": "run\n" }));
    expect(undone).toMatchObject({ conflicts: [], failed: [], restored: [{ path: "a.txt" }] });
  });
});
