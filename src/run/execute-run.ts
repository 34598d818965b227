import { AskCodexError } from "../core/errors.ts";
import type { Receipt } from "../core/record.ts";
import { startAudit } from "./audit-run.ts";
import { createChecker } from "./check-run.ts";
import { type CheckedTurn, checkedTurn, type TurnParts, type TurnPlan } from "./checked-turn.ts";
import type { StopCause } from "./decide-verdict.ts";
import { createLiveTurns, type LiveTurns } from "./live-turns.ts";
import { type Reviewed, reviewTurn } from "./review-turn.ts";
import type { RunContext } from "./run-context.ts";
import { interimReceipt, settleRun } from "./settle-run.ts";

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

/** Carries one packet out: its turn, or its two, with limits, checks, end and evidence. */
export function executeRun(context: RunContext): ActiveRun {
  // Loaded now, though it is needed at the end: an update of the skill may replace the bundle while the run lives.
  if (context.request.schema !== undefined) void import("./check-schema.ts");
  const turns = createLiveTurns(context);
  const checker = createChecker(context);
  const audit = startAudit(context);
  return {
    stop(cause) {
      turns.stop(cause);
      checker.cancel(cause);
    },
    answer: turns.answer,
    steer: turns.steer,
    interim: () => interimReceipt(context, turns.now().watch),
    done: carryOut({ context, audit, checker }, turns),
  };
}

async function carryOut(parts: TurnParts, turns: LiveTurns): Promise<Receipt> {
  const { context, audit } = parts;
  const first = await checkedTurn(parts, planFirst(parts, turns));
  const { turn, review, warnings } = context.request.autoReview
    ? await reviewTurn(parts, turns, first)
    : unreviewed(first);
  const kept = await audit.keep(turn.policy);
  audit.release(kept.policy);
  const removed = context.power.close();
  return settleRun(context, {
    ...turn,
    review,
    policy: kept.policy,
    warnings: [...kept.warnings, ...warnings],
    processes: { ...turn.processes, removed_dirs: removed },
  });
}

const unreviewed = (turn: CheckedTurn): Reviewed => ({ turn, review: undefined, warnings: [] });

/** What a Codex is told that was started again: its thread has what it did, and nothing of what it was about to do. */
const GO_ON =
  "Your process was killed while you worked on this, and was started again. Look at what is done already, then finish the task and report as you were asked to.";

function planFirst({ context, audit, checker }: TurnParts, turns: LiveTurns): TurnPlan {
  const live = turns.now();
  return {
    live,
    take: (taking) => context.codex.take(taking),
    async ready(thread) {
      const based = await live.watch.paused(() => checker.base(thread.degraded !== undefined));
      const blind = await audit.opened(based);
      if (blind !== undefined && context.request.power.scope.length > 0) throw unaudited(blind);
      if (!live.watch.stopped()) context.onSending();
    },
    prompt: context.request.prompt,
    goOn: GO_ON,
  };
}

/** A scope that nobody can audit is not run: a file or glob of it opens its whole directory to the kernel. */
const unaudited = (why: string): AskCodexError =>
  new AskCodexError("fatal", `nobody could tell whether the write scope is kept: ${why}`, {
    hint: "mend the repository (git fsck, git status), or leave the scope out",
  });
