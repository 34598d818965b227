import { AskCodexError, messageOf } from "../core/errors.ts";
import { findingsSchema } from "../core/findings-schema.ts";
import type { PolicyRecord } from "../core/policy.ts";
import type { VerificationRecord } from "../core/verification.ts";
import type { Thread } from "../engine/engine.ts";
import { hasStrays } from "../sys/stop-processes.ts";
import type { RunAudit } from "./audit-run.ts";
import type { Checker } from "./check-run.ts";
import type { Taken, Taking } from "./codex-source.ts";
import type { StopCause } from "./decide-verdict.ts";
import type { LiveTurn } from "./live-turns.ts";
import type { RunContext } from "./run-context.ts";
import type { Stopped } from "./stop-turn.ts";
import type { TurnWatch } from "./turn-watch.ts";

/** What the turns of a run have in common. */
export interface TurnParts {
  context: RunContext;
  audit: RunAudit;
  checker: Checker;
}

/** What makes a turn this one and not another. */
export interface TurnPlan {
  live: LiveTurn;
  take: (taking: Taking) => Promise<Taken>;
  /** What comes between the start of Codex and the prompt; what it throws ends the turn unasked. */
  ready: (thread: Thread) => Promise<void>;
  prompt: string;
  /** What a Codex is told that died in the middle of the turn and was started again in its thread. */
  goOn: string;
}

/** A turn that is over: how it went, what it changed, and what our checks say. */
export interface CheckedTurn {
  watch: TurnWatch;
  thread: Thread | undefined;
  failure: AskCodexError | undefined;
  /** Why it is not the engine that was asked for. */
  fallback: string | undefined;
  /** Why the power was held by less than a permission profile. */
  degraded: string | undefined;
  stop: StopCause | undefined;
  /** Of everything since the run began. */
  policy: PolicyRecord;
  /** Of all rounds so far. */
  verification: VerificationRecord;
  /** Why the checks were not run. */
  unchecked: string | undefined;
  processes: Stopped;
}

/** Carries one turn out, waits until nothing of it lives, looks at what it changed and runs the checks. */
export async function checkedTurn({ context, audit, checker }: TurnParts, plan: TurnPlan): Promise<CheckedTurn> {
  const { watch } = plan.live;
  const { swept, ...went } = await takeTurn(context, plan);
  const goingOn = watch.state().ended === undefined;
  // Nothing but Codex itself lives after most turns, and Codex writes no more: then nobody need wait for its exit.
  const { thread } = went;
  const early = !goingOn && thread && !hasStrays(context.codex.strays(thread)) ? audit.look() : undefined;
  // Heard of when it is waited for.
  early?.catch(() => {});
  const ended = thread ? await context.codex.giveBack(thread, goingOn) : NOTHING;
  const processes = { killed: [...swept.killed, ...ended.killed], left: ended.left };
  // Whoever had to be killed may have written until then.
  const after = await (early && processes.killed.length === 0 ? early : audit.look());
  const degraded = thread?.degraded;
  const policy = await audit.close(after, degraded !== undefined);
  const checks = await checker.after({
    turn: watch.state(),
    stop: watch.stopped(),
    failure: went.failure,
    policy,
    degraded: degraded !== undefined,
  });
  return {
    ...went,
    watch,
    degraded,
    stop: watch.stopped() ?? checks.stop,
    policy,
    verification: checks.record,
    unchecked: checks.skipped,
    processes,
  };
}

/** How the turn itself went. */
interface Turned {
  thread: Thread | undefined;
  failure: AskCodexError | undefined;
  fallback: string | undefined;
  /** What a Codex that died has left behind. */
  swept: Stopped;
}

const NOTHING: Stopped = { killed: [], left: [] };

async function takeTurn(context: RunContext, plan: TurnPlan): Promise<Turned> {
  const { watch, taking } = plan.live;
  const went: Turned = { thread: undefined, failure: undefined, fallback: undefined, swept: NOTHING };
  const mine: Taking = {
    ...taking,
    onThread(thread) {
      went.thread = thread;
      taking.onThread(thread);
    },
  };
  try {
    const { thread, fallback } = await plan.take(mine);
    went.fallback = fallback;
    await plan.ready(thread);
    // What can't be written down stops the run, and is not sent.
    if (!watch.stopped()) await runTurn(context, plan, went, thread, mine);
  } catch (error) {
    went.failure =
      error instanceof AskCodexError ? error : new AskCodexError("failed", messageOf(error), { cause: error });
  } finally {
    watch.close();
  }
  return went;
}

/** The turn itself; one whose Codex dies goes on in a new one where the broker stays, once. */
async function runTurn(
  context: RunContext,
  { live: { watch }, prompt, goOn }: TurnPlan,
  went: Turned,
  thread: Thread,
  taking: Taking,
): Promise<void> {
  const { model, reasoning, review } = context.request;
  // Where Codex's own reviewer can't be had, an ordinary turn answers in our form.
  const schema = context.request.schema ?? (review?.native ? findingsSchema() : undefined);
  const turn = {
    prompt,
    ...(model === undefined ? {} : { model }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(schema === undefined ? {} : { schema }),
    ...(review?.native === undefined ? {} : { review: review.native }),
  };
  const before = watch.state().turns;
  try {
    return await watch.unlessStopped(thread.run(turn));
  } catch (error) {
    if (watch.stopped() || thread.stays || !context.codex.takeAgain || !isDeath(error)) throw error;
    const begun = watch.state().turns > before;
    taking.hooks.onEvent({ type: "restarted", reason: messageOf(error) });
    went.swept = await context.codex.giveBack(thread, false);
    const again: Taken = await context.codex.takeAgain(taking);
    went.fallback = again.fallback ?? went.fallback;
    if (watch.stopped()) return;
    await watch.unlessStopped(again.thread.run(begun && !again.anew ? { ...turn, prompt: goOn } : turn));
  }
}

/** A Codex that was killed or fell over; one that says why it can't would say so again. */
const isDeath = (error: unknown): boolean =>
  error instanceof AskCodexError && (error.kind === "killed" || error.kind === "failed");
