import { join } from "node:path";
import { exitCodeOf } from "../core/exit-table.ts";
import type { Receipt } from "../core/record.ts";
import { redact } from "../core/redact.ts";
import { buildReview } from "../packet/review-prompt.ts";
import { writeWhole } from "../sys/files.ts";
import { type CheckedTurn, checkedTurn, type TurnParts } from "./checked-turn.ts";
import { decideVerdict } from "./decide-verdict.ts";
import { hasAskTool } from "./has-ask-tool.ts";
import type { LiveTurns } from "./live-turns.ts";
import { firstEnd, shortfallOf } from "./plan-review.ts";
import { evidenceOf } from "./turn-evidence.ts";
import { nextTurnState } from "./turn-state.ts";

/** The turn that a run ends with. */
export interface Reviewed {
  turn: CheckedTurn;
  /** How the first turn ended; undefined where the run ends with it. */
  review: Receipt["review"];
  warnings: string[];
}

/**
 * Gives a run whose first turn failed a second one, in the same thread, with what failed: the same power, audited from
 * before the first one on, and the same limits anew. Where it can't begin, the first one stands.
 */
export async function reviewTurn(parts: TurnParts, turns: LiveTurns, first: CheckedTurn): Promise<Reviewed> {
  const { context, audit } = parts;
  const { request, dir } = context;
  const evidence = evidenceOf(request, first);
  const decision = decideVerdict(evidence);
  const { thread } = first;
  const state = first.watch.state();
  const shortfall = shortfallOf({ decision, evidence, verification: first.verification });
  if (shortfall === undefined || thread === undefined || state.threadId === undefined) return only(first);
  // Nothing of the first turn is lost with a broker that dies in the second.
  await audit.keep(first.policy);
  const cause = turns.stopped();
  if (cause) return only({ ...first, stop: cause });

  const before = { threadId: state.threadId, engine: thread.engine };
  const prompt = redact(
    buildReview({
      packet: request.packet,
      shortfall,
      schema: request.schema !== undefined,
      askTool: hasAskTool(thread.engine, context.session, request.threadId) && request.review === undefined,
    }),
  );
  const live = turns.next(nextTurnState(state));
  const { verdict, reason } = decision;
  live.taking.hooks.onEvent({ type: "review_started", verdict, reason });
  const second = await checkedTurn(parts, {
    live,
    take: (taking) => context.codex.takeNext(taking, before),
    ready: async () => writeWhole(join(dir, "review-prompt.md"), prompt),
    prompt,
    goOn: prompt,
  });

  const processes = {
    killed: [...first.processes.killed, ...second.processes.killed],
    left: [...new Set([...first.processes.left, ...second.processes.left])],
  };
  if (second.failure && !second.stop && live.watch.state().turns === state.turns) {
    const message = `the second turn could not begin: ${second.failure.message}`;
    context.hooks.onEvent({ type: "warning", message });
    return { ...only({ ...first, policy: second.policy, processes }), warnings: [message] };
  }
  return {
    turn: {
      ...second,
      fallback: second.fallback ?? first.fallback,
      degraded: second.degraded ?? first.degraded,
      processes,
    },
    review: firstEnd(decision, exitCodeOf(verdict), state.lastMessage),
    warnings: [],
  };
}

const only = (turn: CheckedTurn): Reviewed => ({ turn, review: undefined, warnings: [] });
