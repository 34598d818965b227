import { AskCodexError, messageOf } from "../core/errors.ts";
import type { RunEvent } from "../core/event.ts";
import type { Receipt } from "../core/record.ts";
import type { VerificationRound } from "../core/verification.ts";
import type { Thread } from "../engine/engine.ts";
import { hasStrays } from "../sys/stop-processes.ts";
import { type RunAudit, startAudit } from "./audit-run.ts";
import { type Checker, createChecker } from "./check-run.ts";
import type { Taken, Taking } from "./codex-source.ts";
import type { StopCause } from "./decide-verdict.ts";
import type { RunContext } from "./run-context.ts";
import { interimReceipt, settleRun } from "./settle-run.ts";
import type { Stopped } from "./stop-turn.ts";
import { initialTurnState } from "./turn-state.ts";
import { createTurnWatch, type TurnWatch } from "./turn-watch.ts";

export interface ActiveRun {
  /** Ends the run for a reason of ours; the first one counts. */
  stop(cause: StopCause): void;
  /** Hands the caller's answer to the parked question. False when none waits. */
  answer(text: string): boolean;
  /** Puts a message into the turn that goes on. False when there is none. */
  steer(messageId: string, text: string): Promise<boolean>;
  /** What can be said of a run that is parked: the receipt it would have now. */
  interim(): Receipt;
  /** Resolves with the receipt when the run is over and no process of it is left. Never rejects. */
  readonly done: Promise<Receipt>;
}

/** What comes together in one run. */
interface Parts {
  context: RunContext;
  audit: RunAudit;
  checker: Checker;
  watch: TurnWatch;
  onEvent: (event: RunEvent) => void;
  onThread: (thread: Thread) => void;
}

/** Carries one packet out: one turn, its limits, its checks, its end, its evidence. */
export function executeRun(context: RunContext): ActiveRun {
  const { request } = context;
  // Loaded now, though it is needed at the end: an update of the skill may replace the bundle while the run lives.
  if (request.schema !== undefined) void import("./check-schema.ts");
  let thread: Thread | undefined;
  const shorten = (path: string) =>
    path.startsWith(`${request.workspace}/`) ? path.slice(request.workspace.length + 1) : path;
  const watch = createTurnWatch(request.limits, initialTurnState(context.session?.tokens ?? undefined), Date.now());
  const onEvent = (told: RunEvent) => {
    const event =
      told.type === "edit"
        ? { ...told, files: told.files.map((file) => ({ ...file, path: shorten(file.path) })) }
        : told;
    const before = watch.state().question;
    watch.see(event, Date.now());
    context.hooks.onEvent(event);
    const { question } = watch.state();
    if (question !== before) context.onParked(question);
  };
  watch.onNotice((event) => context.hooks.onEvent(event));
  const checker = createChecker(context);
  const audit = startAudit(context);
  const onThread = (taken: Thread) => {
    thread = taken;
  };
  return {
    stop(cause) {
      watch.stop(cause);
      checker.cancel(cause);
    },
    answer: (text) => {
      const { question } = watch.state();
      return question !== undefined && (thread?.answer(question.callId, text) ?? false);
    },
    steer: (messageId, text) =>
      watch.stopped() === undefined && thread ? thread.steer(messageId, text) : Promise.resolve(false),
    interim: () => interimReceipt(context, watch),
    done: carryOut({ context, audit, checker, watch, onEvent, onThread }),
  };
}

async function carryOut(parts: Parts): Promise<Receipt> {
  const { context, audit, checker, watch } = parts;
  const went = await takeTurn(parts);
  const goingOn = watch.state().ended === undefined;
  // Nothing but Codex itself lives after most turns, and Codex writes no more: then nobody need wait for its exit.
  const { thread } = went;
  const early = !goingOn && thread && !hasStrays(context.codex.strays(thread)) ? audit.look() : undefined;
  // Heard of when it is waited for.
  early?.catch(() => {});
  const ended = thread ? await context.codex.giveBack(thread, goingOn) : NOTHING;
  const processes = { killed: [...went.swept.killed, ...ended.killed], left: ended.left };
  // Whoever had to be killed may have written until then.
  const after = await (early && processes.killed.length === 0 ? early : audit.look());
  const degraded = thread?.degraded;
  const policy = await audit.close(after, degraded !== undefined);
  const checks = await checker.after({
    turn: watch.state(),
    stop: watch.stopped(),
    failure: went.failure,
    policy,
    base: went.base,
    degraded: degraded !== undefined,
  });
  const kept = await audit.keep(policy);
  const removed = context.power.close();
  return settleRun(context, watch, {
    ...went,
    degraded,
    stop: watch.stopped() ?? checks.stop,
    policy: kept.policy,
    verification: checks.record,
    unchecked: checks.skipped,
    warnings: kept.warnings,
    processes: { ...processes, removed_dirs: removed },
  });
}

/** How the turn itself went. */
interface Turned {
  thread: Thread | undefined;
  failure: AskCodexError | undefined;
  fallback: string | undefined;
  base: VerificationRound | undefined;
  /** What a Codex that died has left behind. */
  swept: Stopped;
}

const NOTHING: Stopped = { killed: [], left: [] };

async function takeTurn(parts: Parts): Promise<Turned> {
  const { context, audit, checker, watch } = parts;
  const went: Turned = { thread: undefined, failure: undefined, fallback: undefined, base: undefined, swept: NOTHING };
  const taking: Taking = {
    hooks: { ...context.hooks, onEvent: parts.onEvent },
    onThread(thread) {
      went.thread = thread;
      parts.onThread(thread);
    },
    unlessStopped: (work) => watch.unlessStopped(work),
  };
  try {
    const { thread, fallback } = await context.codex.take(taking);
    went.fallback = fallback;
    went.base = await watch.paused(() => checker.base(thread.degraded !== undefined));
    const blind = await audit.opened(went.base !== undefined);
    if (blind !== undefined && context.request.power.scope.length > 0) throw unaudited(blind);
    if (!watch.stopped()) context.onSending();
    // What can't be written down stops the run, and is not sent.
    if (!watch.stopped()) await runTurn(parts, went, thread, taking);
  } catch (error) {
    went.failure =
      error instanceof AskCodexError ? error : new AskCodexError("failed", messageOf(error), { cause: error });
  } finally {
    watch.close();
  }
  return went;
}

/** What a Codex is told that was started again: its thread has what it did, and nothing of what it was about to do. */
const GO_ON =
  "Your process was killed while you worked on this, and was started again. Look at what is done already, then finish the task and report as you were asked to.";

/** The turn itself; one whose Codex dies goes on in a new one where the broker stays, once. */
async function runTurn({ context, watch }: Parts, went: Turned, thread: Thread, taking: Taking): Promise<void> {
  const { prompt, model, reasoning, schema } = context.request;
  const turn = {
    prompt,
    ...(model === undefined ? {} : { model }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(schema === undefined ? {} : { schema }),
  };
  try {
    return await watch.unlessStopped(thread.run(turn));
  } catch (error) {
    if (watch.stopped() || thread.stays || !context.codex.takeAgain || !isDeath(error)) throw error;
    const begun = watch.state().turns > 0;
    taking.hooks.onEvent({ type: "restarted", reason: messageOf(error) });
    went.swept = await context.codex.giveBack(thread, false);
    const again: Taken = await context.codex.takeAgain(taking);
    went.fallback = again.fallback ?? went.fallback;
    if (watch.stopped()) return;
    await watch.unlessStopped(again.thread.run(begun && !again.anew ? { ...turn, prompt: GO_ON } : turn));
  }
}

/** A Codex that was killed or fell over; one that says why it can't would say so again. */
const isDeath = (error: unknown): boolean =>
  error instanceof AskCodexError && (error.kind === "killed" || error.kind === "failed");

/** A scope that nobody can audit is not run: a file or glob of it opens its whole directory to the kernel. */
const unaudited = (why: string): AskCodexError =>
  new AskCodexError("fatal", `nobody could tell whether the write scope is kept: ${why}`, {
    hint: "mend the repository (git fsck, git status), or leave the scope out",
  });
