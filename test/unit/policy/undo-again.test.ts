import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { applyUndo } from "../../../src/policy/undo/apply-undo.ts";
import type { Look, Present, Seen } from "../../../src/policy/undo/look.ts";
import { planUndo, type UndoPlan } from "../../../src/policy/undo/plan-undo.ts";
import { stageFile } from "../../../src/policy/undo/stage-file.ts";
import { picture, policyRecord, RUN, undoWorld } from "./undo-world.ts";

/** A run of several kinds of change, and the world as it was before it. */
function busyWorld() {
  const world = undoWorld({ "a.txt": "a\n", "src/b.txt": "b\n", "src/c.txt": "c\n", "d.txt": "d\n" });
  const before = picture(world.repo.dir);
  const record = world.recordOf(() => {
    world.repo.write({ "new/x/1.txt": "1\n", "new/2.txt": "2\n", "d.txt": "run\n" });
    rmSync(world.repo.path("a.txt"));
    world.repo.write({ "a.txt/in.txt": "in\n" });
    rmSync(world.repo.path("src"), { recursive: true });
    world.repo.write({ src: "a file\n" });
  });
  return { ...world, before, record };
}

describe("ended half-way, the next call finishes", () => {
  const HALVES: [when: string, cut: (plan: UndoPlan) => UndoPlan][] = [
    ["before the first step", (plan) => ({ ...plan, removals: [], makeRoom: [], writes: [], tidy: [] })],
    [
      "after one file was removed",
      (plan) => ({ ...plan, removals: plan.removals.slice(0, 1), makeRoom: [], writes: [], tidy: [] }),
    ],
    ["after all files were removed", (plan) => ({ ...plan, makeRoom: [], writes: [], tidy: [] })],
    ["after room was made", (plan) => ({ ...plan, writes: [], tidy: [] })],
    ["after one file was written", (plan) => ({ ...plan, writes: plan.writes.slice(0, 1), tidy: [] })],
    ["after all files were written", (plan) => ({ ...plan, tidy: [] })],
    ["not at all", (plan) => plan],
  ];
  test.each(HALVES)("%s", async (_, cut) => {
    const { record, before, repo, place, plan, undo } = busyWorld();
    await applyUndo(place, RUN, cut(await plan(record)));
    const second = await undo(record);
    expect(second).toMatchObject({ conflicts: [], unkept: [], failed: [] });
    expect(second.restored.length + second.already.length).toBe(record.changed.length);
    expect(picture(repo.dir)).toEqual(before);
  });

  test("with a half-written file beside its place", async () => {
    const { record, before, repo, undo } = busyWorld();
    const state = { mode: "100644", blob: "0".repeat(40) };
    const staged = stageFile(Buffer.from(repo.path("d.txt")), `${RUN}\0d.txt`, 100, state, null);
    staged.write(Buffer.from("half of"));
    expect(readdirSync(repo.dir).filter((name) => name.startsWith(".ask-codex-undo-"))).toHaveLength(1);
    await undo(record);
    expect(picture(repo.dir)).toEqual(before);
  });
});

test("a plan changes nothing: a dry run leaves every byte, time and name", async () => {
  const { record, repo, place, plan } = busyWorld();
  const look = () => [picture(repo.dir), picture(place.dir), picture(repo.path(".git"))];
  const before = look();
  expect((await plan(record)).restore).toHaveLength(record.changed.length);
  expect(look()).toEqual(before);
});

test("what changes between the plan and its step is left alone and named", async () => {
  const { record, repo, place, plan } = busyWorld();
  const planned = await plan(record);
  repo.write({ "d.txt": "mine\n", "new/2.txt": "mine\n" });
  const { failed, restored } = await applyUndo(place, RUN, planned);
  expect(failed.map(({ change, reason }) => [change.path, reason]).sort()).toEqual([
    ["d.txt", "it changed at this very moment"],
    ["new/2.txt", "it changed at this very moment"],
  ]);
  expect(restored.length).toBe(record.changed.length - 2);
  expect(readFileSync(repo.path("d.txt"), "utf8")).toBe("mine\n");
  expect(readFileSync(repo.path("new/2.txt"), "utf8")).toBe("mine\n");
  expect(readdirSync(repo.dir).sort()).toEqual([".git", "a.txt", "d.txt", "new", "src"]);
});

test("damaged contents are never put in place, and stop nothing else", async () => {
  const world = undoWorld();
  world.repo.write({ "a.txt": "dirty a\n", "m.txt": "dirty m\n", "z.txt": "dirty z\n" });
  const record = world.recordOf(() => world.repo.write({ "a.txt": "run\n", "m.txt": "run\n", "z.txt": "run\n" }));
  const blob = record.changed.find((change) => change.path === "m.txt")?.blob_before ?? "";
  const object = join(world.place.dir, "objects", blob.slice(0, 2), blob.slice(2));
  const planned = await world.plan(record);
  chmodSync(object, 0o644);
  writeFileSync(object, "damaged");
  const { failed, restored } = await applyUndo(world.place, RUN, planned);
  expect(failed.map(({ change }) => change.path)).toEqual(["m.txt"]);
  expect(restored.map((change) => change.path)).toEqual(["a.txt", "z.txt"]);
  expect(readFileSync(world.repo.path("m.txt"), "utf8")).toBe("run\n");
  expect(readdirSync(world.repo.dir).sort()).toEqual([".git", "a.txt", "m.txt", "src", "z.txt"]);
});

test("a file system that takes two names for one: the file that goes is not the one that is restored", () => {
  const blob = "1".repeat(40);
  const same: Present = {
    kind: "file",
    mode: "100644",
    blob,
    stamp: { identity: "1:2", moment: "1:2:3", links: 1, permissions: 0o644 },
  };
  const change = { mode_before: "100644", mode_after: "100644", blob_before: blob, blob_after: blob };
  const record = policyRecord({ changed: [{ path: "readme", from: "README", change: "renamed", ...change }] });
  const seen = new Map<string, Seen>([
    ["README", { present: same, behind: null }],
    ["readme", { present: same, behind: null }],
  ]);
  const look: Look = { seen, modes: true, missing: new Set(), newDirs: new Set() };
  const plan = planUndo(record, look, { outOfScope: false });
  expect(plan.removals.map((one) => one.path)).toEqual(["readme"]);
  expect(plan.writes).toEqual([{ path: "README", state: { mode: "100644", blob }, over: null }]);
});
