import { AskCodexError, EngineUnavailable, messageOf } from "../core/errors.ts";
import type { RunEvent } from "../core/event.ts";
import type { Receipt } from "../core/record.ts";
import type { VerificationRound } from "../core/verification.ts";
import type { Turn, TurnHooks } from "../engine/engine.ts";
import { hasStrays } from "../sys/stop-processes.ts";
import { type RunAudit, startAudit } from "./audit-run.ts";
import { type Checker, createChecker } from "./check-run.ts";
import type { StopCause } from "./decide-verdict.ts";
import type { RunContext } from "./run-context.ts";
import { interimReceipt, settleRun } from "./settle-run.ts";
import { stopTurn } from "./stop-turn.ts";
import { initialTurnState } from "./turn-state.ts";
import { createTurnWatch, type TurnWatch } from "./turn-watch.ts";

export interface ActiveRun {
  /** Ends the run for a reason of ours; the first one counts. */
  stop(cause: StopCause): void;
  /** Hands the caller's answer to the parked question. False when none waits. */
  answer(text: string): boolean;
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
  onTurn: (turn: Turn) => void;
}

/** Carries one packet out: one turn, its limits, its checks, its end, its evidence. */
export function executeRun(context: RunContext): ActiveRun {
  const { request } = context;
  // Loaded now, though it is needed at the end: an update of the skill may replace the bundle while the run lives.
  if (request.schema !== undefined) void import("./check-schema.ts");
  let turn: Turn | undefined;
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
  const onTurn = (started: Turn) => {
    turn = started;
  };
  return {
    stop(cause) {
      watch.stop(cause);
      checker.cancel(cause);
    },
    answer: (text) => {
      const { question } = watch.state();
      return question !== undefined && (turn?.answer(question.callId, text) ?? false);
    },
    interim: () => interimReceipt(context, watch),
    done: carryOut({ context, audit, checker, watch, onEvent, onTurn }),
  };
}

async function carryOut(parts: Parts): Promise<Receipt> {
  const { context, audit, checker, watch } = parts;
  const { request } = context;
  const went = await takeTurn(parts);
  const goingOn = watch.state().ended === undefined;
  // Nothing but Codex itself lives after most turns, and Codex writes no more: then nobody need wait for its exit.
  const early = !goingOn && went.turn && !hasStrays(request.runId, went.turn.roots) ? audit.look() : undefined;
  const processes = went.turn ? await stopTurn(went.turn, { runId: request.runId, goingOn }) : { killed: [], left: [] };
  // Whoever had to be killed may have written until then.
  const after = await (early && processes.killed.length === 0 ? early : audit.look());
  const degraded = went.turn?.degraded;
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
  turn: Turn | undefined;
  failure: AskCodexError | undefined;
  fallback: string | undefined;
  base: VerificationRound | undefined;
}

async function takeTurn(parts: Parts): Promise<Turned> {
  const { context, audit, checker, watch } = parts;
  const went: Turned = { turn: undefined, failure: undefined, fallback: undefined, base: undefined };
  try {
    const opened = await openTurn(parts, { ...context.hooks, onEvent: parts.onEvent }, (turn) => {
      went.turn = turn;
      parts.onTurn(turn);
    });
    went.fallback = opened.fallback;
    went.base = await watch.paused(() => checker.base(opened.turn.degraded !== undefined));
    const blind = await audit.opened(went.base !== undefined);
    if (blind !== undefined && context.request.power.scope.length > 0) throw unaudited(blind);
    if (!watch.stopped()) await watch.unlessStopped(opened.turn.run());
  } catch (error) {
    went.failure =
      error instanceof AskCodexError ? error : new AskCodexError("failed", messageOf(error), { cause: error });
  } finally {
    watch.close();
  }
  return went;
}

/** A scope that nobody can audit is not run: a file or glob of it opens its whole directory to the kernel. */
const unaudited = (why: string): AskCodexError =>
  new AskCodexError("fatal", `nobody could tell whether the write scope is kept: ${why}`, {
    hint: "mend the repository (git fsck, git status), or leave the scope out",
  });

/** Opens the thread with the first engine that can; another one is tried only while nothing was asked of a model. */
async function openTurn(
  { context, watch }: Parts,
  hooks: TurnHooks,
  onTurn: (turn: Turn) => void,
): Promise<{ turn: Turn; fallback: string | undefined }> {
  let fallback: string | undefined;
  for (const engine of context.engines) {
    const turn = engine.prepare(context.turnRequest, hooks);
    onTurn(turn);
    try {
      await watch.unlessStopped(turn.open());
      return { turn, fallback };
    } catch (error) {
      if (!(error instanceof EngineUnavailable)) throw error;
      await turn.close(1_000);
      fallback = `${engine.name} could not be used: ${error.message}`;
      hooks.onEvent({ type: "warning", message: fallback });
    }
  }
  throw new AskCodexError("fatal", `Codex can't be driven here (${fallback ?? "no engine"})`, {
    hint: "try `codex --version`; update it with `npm install -g @openai/codex`",
  });
}
