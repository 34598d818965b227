import { cpSync, lstatSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../src/core/errors.ts";
import type { Seen } from "../test/kit/live.ts";
import { onSmallDisk } from "../test/kit/small-disk.ts";
import type { Case } from "./cases.ts";
import { type Bounds, checkHanging, checkReaders, look } from "./check-readers.ts";
import { checkNothingLeft, checkStop, checkStopping } from "./check-stop.ts";
import { type Injury, injure } from "./injure.ts";
import { hold, type Outcome, Unmet } from "./outcome.ts";
import type { Point } from "./point.ts";
import { POINT_TABLE } from "./points.ts";
import { checkRecords, settle } from "./settle.ts";
import { hasEvent, openStage, type Stage } from "./stage.ts";

const DISK_BYTES = 16 * 1024 * 1024;
/** How long a run may take to its end when nothing holds it any more. */
const RUN_END_MS = 20_000;
/** A case that takes longer hangs. */
const CASE_MS = 120_000;

export interface CaseOptions {
  bounds: Bounds;
  /** Whether the world of a case that failed is left. */
  keep: boolean;
  canFillDisks: boolean;
  signal: AbortSignal;
}

/** Carries one case out in a world of its own, which is gone afterwards. Rejects only when it was asked to stop. */
export async function runCase(one: Case, options: CaseOptions): Promise<Outcome> {
  const startedAt = performance.now();
  const ended = (word: Outcome["word"], more: Partial<Outcome> = {}): Outcome => {
    return { one, word, seconds: (performance.now() - startedAt) / 1000, ...more };
  };
  if (one.fault === "full-disk" && !options.canFillDisks) return ended("left out");
  const point = POINT_TABLE[one.point];
  const hung = new AbortController();
  const signal = AbortSignal.any([options.signal, hung.signal]);
  const timer = setTimeout(
    () => hung.abort(new Unmet("the end of the case", `it goes on after ${CASE_MS / 1000} s`)),
    CASE_MS + options.bounds.pauseMs,
  );
  const stage = await openStage(point, signal);
  const kept = options.keep
    ? join(tmpdir(), `ask-codex fault ${one.point} ${one.fault} ${stage.lab.dir.slice(-6)}`)
    : undefined;
  try {
    if (one.fault === "full-disk")
      await onSmallDisk(stage.lab.home, DISK_BYTES, async () => {
        try {
          await play(stage, one, point, options.bounds);
        } catch (error) {
          if (kept !== undefined) keepHome(stage);
          throw error;
        }
      });
    else await play(stage, one, point, options.bounds);
    await stage.close();
    return ended("ok");
  } catch (error) {
    await stage.close(kept).catch(() => {});
    options.signal.throwIfAborted();
    return ended("FAILED", { problem: problemOf(stage, error), ...(kept === undefined ? {} : { kept }) });
  } finally {
    clearTimeout(timer);
  }
}

async function play(stage: Stage, one: Case, point: Point, bounds: Bounds): Promise<void> {
  await point.reach(stage);
  await sleep(one.jitter * point.spreadMs);
  stage.step = "the injury";
  stage.wasSpoken = hasEvent(stage, '"type":"turn"');
  const injury = await injure(stage, one.fault);
  try {
    await suffer(stage, injury, point, bounds);
    await checkStopping(stage, one.fault, bounds);
  } finally {
    injury.heal();
  }
  await Promise.all(stage.pending);
  await settle(stage, one.fault);
  checkRecords(stage, point, one.fault);
  await checkStop(stage, bounds);
}

/** What must be true as long as the injury lasts, and when it is over. */
async function suffer(stage: Stage, injury: Injury, point: Point, bounds: Bounds): Promise<void> {
  const check = (since: number, movedOn: boolean) => checkReaders(stage, { since, injury, point, movedOn }, bounds);
  if (injury.fault === "stop-broker") {
    await checkHanging(stage, injury, point, bounds);
    if (!point.stops) await sendWhileAway(stage);
    injury.heal();
    await check(performance.now(), true);
  } else if (injury.fault === "full-disk") {
    await check(injury.at, true);
    if (!point.stops) await sendWhileAway(stage);
    stage.letGo();
    stage.step = "what a full disk does to the run";
    let seen: Seen | undefined;
    const hasEnded = async () => {
      seen = await look(stage);
      return injury.brokerIsDead() || (seen.status !== "running" && seen.status !== "queued");
    };
    await stage.until("a run that has ended", hasEnded, { patienceMs: RUN_END_MS, found: () => seen });
    await check(performance.now(), true);
    injury.heal();
    await check(performance.now(), true);
  } else {
    await check(injury.at, true);
    if (injury.brokerIsDead() && !point.stops) await checkNothingLeft(stage);
  }
}

/** A message that can't be taken is refused with its reason; whether it was is part of the account. */
async function sendWhileAway(stage: Stage): Promise<void> {
  stage.step = "send while nobody can take it";
  const sent = await stage.send("can you hear me?");
  hold(sent.code === 0 || [1, 3, 75].includes(sent.code ?? -1), "exit code 0, 1, 3 or 75", sent);
  if (sent.code !== 0) hold(sent.stdout !== "" || sent.stderr !== "", "a reason", sent);
}

function problemOf({ step }: Stage, error: unknown): NonNullable<Outcome["problem"]> {
  if (error instanceof Unmet) return { step, expected: error.expected, found: error.found };
  return {
    step,
    expected: "no error",
    found: error instanceof Error ? (error.stack ?? error.message) : messageOf(error),
  };
}

/** The record lies on a file system that goes away with the case. */
function keepHome({ lab }: Stage): void {
  const plain = (path: string) => lstatSync(path).isFile() || lstatSync(path).isDirectory();
  cpSync(lab.home, join(lab.dir, "state of the full disk"), { recursive: true, filter: plain });
}
