import { loadavg } from "node:os";
import { performance } from "node:perf_hooks";
import type { Seen } from "../test/kit/live.ts";
import type { Injury } from "./injure.ts";
import { hold, Unmet } from "./outcome.ts";
import type { Point } from "./point.ts";
import { readRecord, type Stage, type Timed } from "./stage.ts";
import { type Facts, lieIn, trueVerdicts } from "./tell-truth.ts";

export interface Bounds {
  /** Within this a reader tells the truth. */
  readMs: number;
  /** Within this `stop` returns. */
  stopMs: number;
  /** How long SIGSTOP holds the broker. */
  pauseMs: number;
}

/** How long it took, and how busy the machine was with all that goes on there. */
export const after = (ms: number): string => `after ${ms.toFixed(0)} ms (load ${loadavg()[0]?.toFixed(1)})`;

/** What `status --json` says now. */
export async function look(stage: Stage): Promise<Seen> {
  return objectIn(await stage.broker("status", "--json", stage.brokerId));
}

/** The one object that a call printed. */
export function objectIn<Shape = Seen>(called: Timed): Shape {
  hold(called.code === 0, "exit code 0", `${called.code}: ${called.stdout}${called.stderr}`);
  hold(/^\{[^\n]*\}\n$/.test(called.stdout), "one JSON object on stdout", called.stdout);
  return JSON.parse(called.stdout);
}

/** At most `readMs` after `since` both readers tell what is true; until then they may tell what was. */
export async function checkReaders(
  stage: Stage,
  { since, injury, point, movedOn }: { since: number; injury: Injury; point: Point; movedOn: boolean },
  { readMs }: Bounds,
): Promise<void> {
  const within = (what: string) => `${what} within ${readMs} ms`;
  const facts = (): Facts => ({ fault: injury.fault, brokerIsDead: injury.brokerIsDead(), point, movedOn });
  stage.step = "status after the injury";
  for (;;) {
    const before = facts();
    const seen = await look(stage);
    const ms = performance.now() - since;
    // A broker may end between the look and ours: what was true at either end of the call is true.
    const lie = lieIn(seen, before) === undefined ? undefined : lieIn(seen, facts());
    if (lie === undefined && ms <= readMs) break;
    if (ms > readMs) throw new Unmet(within(lie ?? "the truth"), `${after(ms)} ${JSON.stringify(seen)}`);
  }
  stage.step = "codex_runs show after the injury";
  await checkShow(stage, injury, point, readMs);
}

/** A receipt, or the status of a run that has none. */
interface Shown {
  verdict?: string;
  state?: string;
  run_id?: string;
  runId?: string;
}

/** `codex_runs show` agrees: a run whose broker is dead has ended, one that goes on says so. */
async function checkShow(stage: Stage, injury: Injury, point: Point, readMs: number): Promise<void> {
  // A message whose turn has not come has no record of a run yet.
  if (readRecord(stage, "request.json") === "") return;
  const wasDead = injury.brokerIsDead();
  const shown = await stage.runs("show", "--json", stage.runId);
  hold(shown.ms <= readMs, `codex_runs show within ${readMs} ms`, after(shown.ms));
  const { verdict, state, run_id, runId } = objectIn<Shown>(shown);
  hold((run_id ?? runId) === stage.runId, `the run ${stage.runId}`, shown.stdout);
  hold((verdict ?? state) !== undefined, "a state or a verdict", shown.stdout);
  // A broker may end while it is looked at; one that is dead by now may have been dead then.
  if (verdict === "lost" && point.turn !== "lost")
    hold(injury.brokerIsDead(), "no run that is lost while its broker lives", shown.stdout);
  if (wasDead || point.turn === "lost") {
    const ends: readonly string[] = trueVerdicts(injury.fault, point);
    hold(ends.includes(verdict ?? ""), `the verdict ${ends.join(" or ")}`, shown.stdout);
  }
}

/** While the broker hangs every reader answers in time, and none says what is not so. */
export async function checkHanging(stage: Stage, injury: Injury, point: Point, bounds: Bounds): Promise<void> {
  const until = performance.now() + bounds.pauseMs;
  // A run that was at its end may have come to it before the broker was held.
  const movedOn = point.turn === "ended" && point.words.includes("running") && readRecord(stage, "result.json") !== "";
  const readers = [["summary"], ["list", "--all"], ["logs", "--lines", "5"]] as const;
  do {
    await checkReaders(stage, { since: performance.now(), injury, point, movedOn }, bounds);
    for (const [verb, ...rest] of readers) {
      stage.step = `${verb} while the broker hangs`;
      const called = await stage.broker(verb, ...rest, ...(verb === "list" ? [] : [stage.brokerId]));
      hold(called.code === 0, "exit code 0", `${called.code}: ${called.stderr}`);
      hold(called.ms <= bounds.readMs, `an answer within ${bounds.readMs} ms`, after(called.ms));
      if (verb === "list") hold(called.stdout.includes(stage.brokerId), stage.brokerId, called.stdout);
    }
  } while (performance.now() < until && !injury.brokerIsDead());
}
