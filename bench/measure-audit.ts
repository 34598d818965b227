import { appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { diffTrees } from "../src/policy/trees/diff.ts";
import type { Failure } from "../src/policy/trees/git.ts";
import { readRepositoryState } from "../src/policy/trees/repository-state.ts";
import { snapshot } from "../src/policy/trees/snapshot.ts";
import { readStatus, statusText } from "../src/policy/trees/status.ts";
import { openTreeStore } from "../src/policy/trees/store.ts";
import { type AuditWorld, openAuditWorld, writeNoise } from "./audit-world.ts";
import type { Context } from "./context.ts";
import { type Pair, type Row, ratioRow } from "./row.ts";

const LARGE = 100_000;
const SMALL = 200;
const DIRTY = 50;
/** Of those, how many change between the two looks. */
const CHANGED = 10;

type AuditContext = Omit<Context, "world">;

/** What the audit costs: against `git status` in a large repository, and against itself by the bytes that changed. */
export async function measureAudit(context: AuditContext): Promise<Row[]> {
  return [
    ...(await inWorld(LARGE, context, async (world) => [
      await againstStatus(context, world, `audit of ${LARGE} files, ${DIRTY} dirty / git status`, 2.5, auditTrees),
    ])),
    ...(await inWorld(SMALL, context, async (world) => [
      await againstStatus(context, world, `audit of ${SMALL} files, all of it / git status`, undefined, auditAll),
      await byBytes(context, world, 10, 1),
      await byBytes(context, world, 100, 10),
    ])),
  ];
}

async function inWorld(files: number, { say }: AuditContext, measure: (world: AuditWorld) => Promise<Row[]>) {
  say(`audit: making a repository of ${files} files`);
  const world = await openAuditWorld(files);
  try {
    return await measure(world);
  } finally {
    world.close();
  }
}

/** A B A B …, after one pair that warms the caches and is thrown away. */
async function againstStatus(
  { rounds, check, say }: AuditContext,
  world: AuditWorld,
  name: string,
  goal: number | undefined,
  audit: (world: AuditWorld) => Promise<number>,
): Promise<Row> {
  say(`${name}: ${rounds} pairs`);
  for (let at = 0; at < DIRTY; at++) appendFileSync(world.file(at * 1_999), "// dirty\n");
  const pairs: Pair[] = [];
  for (let round = 0; round <= rounds; round++) {
    check();
    const oursMs = await audit(world);
    const since = performance.now();
    await world.status();
    if (round > 0) pairs.push({ oursMs, theirsMs: performance.now() - since });
  }
  return ratioRow(name, pairs, goal);
}

/** Both snapshots and what differs, with the opening; the change in between is not counted. */
async function auditTrees(world: AuditWorld): Promise<number> {
  const since = performance.now();
  const store = await have(openTreeStore({ ...world, dir: world.place() }));
  const before = await have(snapshot(store));
  const paused = performance.now();
  change(world);
  const again = performance.now();
  const changes = await have(diffTrees(store, before, await have(snapshot(store))));
  const ms = performance.now() - again + (paused - since);
  if (changes.length !== CHANGED) throw new Error(`the audit told of ${changes.length} changes instead of ${CHANGED}`);
  return ms;
}

/** With the states of the repository and the texts, as in a run. */
async function auditAll(world: AuditWorld): Promise<number> {
  const since = performance.now();
  const store = await have(openTreeStore({ ...world, dir: world.place() }));
  const [before, state] = await Promise.all([have(snapshot(store)), have(readRepositoryState(store))]);
  const paused = performance.now();
  change(world);
  const again = performance.now();
  const [after, later] = await Promise.all([have(snapshot(store)), have(readRepositoryState(store))]);
  const [changes, ...statuses] = await Promise.all([
    have(diffTrees(store, before, after)),
    have(readStatus(store, state, before)),
    have(readStatus(store, later, after)),
  ]);
  const lines = statuses.map((status) => statusText(status).split("\n").length);
  const ms = performance.now() - again + (paused - since);
  if (changes.length === 0 || lines.includes(1)) throw new Error("the audit told of no change");
  return ms;
}

function change(world: AuditWorld): void {
  for (let at = 0; at < CHANGED; at++) appendFileSync(world.file(at * 1_999), "// changed\n");
}

/** How the time of a look grows with the bytes that are new in it: at the most as they do. */
async function byBytes(
  { rounds, check, say }: AuditContext,
  world: AuditWorld,
  more: number,
  less: number,
): Promise<Row> {
  const name = `audit of ${more} MB changed / of ${less} MB`;
  say(`${name}: ${rounds} pairs`);
  const pairs: Pair[] = [];
  for (let round = 0; round <= rounds; round++) {
    check();
    const pair = { oursMs: await lookAtNew(world, more), theirsMs: await lookAtNew(world, less) };
    if (round > 0) pairs.push(pair);
  }
  return ratioRow(name, pairs, more / less);
}

async function lookAtNew(world: AuditWorld, megabytes: number): Promise<number> {
  const dir = world.place();
  const store = await have(openTreeStore({ ...world, dir }));
  const before = await have(snapshot(store));
  writeNoise(world.workspace, "new", megabytes);
  const since = performance.now();
  const changes = await have(diffTrees(store, before, await have(snapshot(store))));
  const ms = performance.now() - since;
  rmSync(join(world.workspace, "new"), { recursive: true });
  rmSync(dir, { recursive: true });
  if (changes.length !== megabytes) throw new Error(`the audit told of ${changes.length} new files`);
  return ms;
}

async function have<T extends object>(promise: Promise<T | Failure>): Promise<T> {
  const value = await promise;
  if ("failure" in value) throw new Error(value.failure);
  return value;
}
