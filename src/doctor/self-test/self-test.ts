import { AskCodexError, messageOf } from "../../core/errors.ts";
import { shortLine } from "../../core/one-line.ts";
import { findCodex } from "../../engine/find-codex.ts";
import { endedBy } from "./ended-by.ts";
import type { Fact, Seen } from "./fact.ts";
import { hello } from "./facts/hello.ts";
import { FACTS } from "./facts.ts";
import { findVersion } from "./find-version.ts";
import { openSelfTestLab, type SelfTestLab } from "./open-lab.ts";
import { NO_TIME, type SelfTestResult, type TestedFact } from "./result.ts";

export interface SelfTestWorld {
  env: NodeJS.ProcessEnv;
}

export interface SelfTestOptions {
  /** Ends it early: everything is cleaned up, and it rejects with `cancelled`. */
  signal: AbortSignal;
  /** Hears of each fact as soon as it is known, in no order. */
  onFact?: (fact: TestedFact) => void;
  /** How long all of it may take. */
  limitMs?: number;
}

/** What a machine with two processors takes is less than half of it. */
const LIMIT_MS = 27_000;
/** The part of it that one talk may take: a Codex that does nothing has no need of the rest. */
const TALK_PART = 0.45;
const SAW_CHARS = 200;

/**
 * Tries the Codex that is installed against a scripted model on 127.0.0.1, with no account, and nothing of the user's read
 * or written: it has a home and workspaces in a temporary directory. Whatever becomes of it, no process and no file is
 * left. Rejects with `fatal` where there is no Codex.
 */
export async function selfTest(world: SelfTestWorld, options: SelfTestOptions): Promise<SelfTestResult> {
  const started = performance.now();
  const codex = findCodex(world.env);
  const lab = await openSelfTestLab(codex, world.env, (options.limitMs ?? LIMIT_MS) * TALK_PART);
  const left: string[] = [];
  let facts: TestedFact[];
  let version: string;
  try {
    version = await findVersion(codex, { cwd: lab.dir, env: lab.env, signal: options.signal });
    facts = await testAll(lab, options);
  } catch (error) {
    if (options.signal.aborted) throw cancelled();
    throw error;
  } finally {
    left.push(...(await lab.close()));
  }
  if (left.length > 0) throw new AskCodexError("fatal", `the self-test could not end ${left.join(", ")}`);
  const ok = facts.every((fact) => fact.matters !== "needed" || (fact.holds !== false && fact.saw !== NO_TIME));
  const path = [codex.command, ...codex.args].join(" ");
  return { codex: { version, path }, facts, ok, elapsed_ms: Math.round(performance.now() - started) };
}

const cancelled = () => new AskCodexError("cancelled", "the self-test was stopped; nothing of it is left");

/** How the test ends before its work is done: nobody has to listen. */
interface Ends {
  stopped: Promise<never>;
  timed: Promise<never>;
  isTimed(): boolean;
}

function endsOf({ signal, limitMs = LIMIT_MS }: SelfTestOptions): Ends {
  const timer = AbortSignal.timeout(limitMs);
  return { stopped: endedBy(signal), timed: endedBy(timer), isTimed: () => timer.aborted };
}

/** The first thread alone, for without it there is nothing to see; then everything else. */
async function testAll(lab: SelfTestLab, options: SelfTestOptions): Promise<TestedFact[]> {
  const ends = endsOf(options);
  let broken: string | undefined;
  try {
    await Promise.race([hello(lab), ends.stopped]);
  } catch (error) {
    if (options.signal.aborted) throw error;
    broken = messageOf(error);
  }
  const tested = FACTS.map(async (fact) => {
    const one = broken === undefined ? await testOne(fact, lab, options.signal, ends) : untested(fact, broken);
    options.onFact?.(one);
    return one;
  });
  return await Promise.all(tested);
}

async function testOne(fact: Fact, lab: SelfTestLab, signal: AbortSignal, ends: Ends): Promise<TestedFact> {
  const started = performance.now();
  let seen: Seen;
  try {
    seen = await Promise.race([fact.probe(lab), ends.stopped, ends.timed]);
  } catch (error) {
    if (signal.aborted) throw error;
    seen = ends.isTimed() ? { holds: "unknown", saw: NO_TIME } : { holds: false, saw: messageOf(error) };
  }
  return asTested(fact, seen, performance.now() - started);
}

/** Where not even one turn came about: that is the fact that does not hold, and of the others nobody knows. */
const untested = (fact: Fact, why: string): TestedFact =>
  asTested(fact, fact.id === "engine.turn" ? { holds: false, saw: why } : { holds: "unknown", saw: "not tried" }, 0);

const asTested = ({ id, claim, matters, whenNot }: Fact, { holds, saw }: Seen, ms: number): TestedFact => ({
  ...{ id, claim, holds, saw: shortLine(saw, SAW_CHARS), matters, whenNot },
  ms: Math.round(ms),
});
