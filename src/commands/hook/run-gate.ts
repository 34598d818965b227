import type { HookInput } from "../../claude/hook-input.ts";
import type { Io } from "../../cli/define.ts";
import { messageOf } from "../../core/errors.ts";
import type { ReviewResult } from "../../core/review.ts";
import { failed } from "../../policy/trees/git.ts";
import { stateHome } from "../../sys/paths.ts";
import { locate } from "../ask/locate.ts";
import type { ReviewOptions, ReviewOutcome } from "../review/review-changes.ts";
import { decideAfter, decideBefore, type TurnNow } from "./decide-gate.ts";
import { gateReason } from "./gate-reason.ts";
import { readGateSettings } from "./gate-settings.ts";
import { claimCall, type GatePlace, type GateState, gatePlace, openGate, readGate, writeGate } from "./gate-store.ts";
import { changedInTurn, lookAtTurn, type TurnLook, targetOf } from "./look-at-turn.ts";
import { type OtherWriter, otherWriters } from "./other-writers.ts";
import { underLimit } from "./under-limit.ts";

/** What the gate says of a stop; `why` null: nothing that anybody has to be told. */
export type GateAnswer = { stop: "allow"; why: string | null } | { stop: "block"; reason: string };

type Review = (options: ReviewOptions, io: Io) => Promise<ReviewOutcome>;

const allow = (why: string | null): GateAnswer => ({ stop: "allow", why });

/** Silence longer than this is a stall; the gate's own limit stands over it. */
const IDLE_S = 120;

/** Looks at the turn that ends; undefined: the gate is off, or another process looks at this very stop. May throw, which allows. */
export async function runGate(input: HookInput, io: Io, review: Review): Promise<GateAnswer | undefined> {
  const { workspace, git } = locate(undefined, io.cwd);
  const home = stateHome(io.env);
  const settings = await readGateSettings(workspace, home);
  if (settings === undefined) return undefined;
  if (!git) return allow("this is not a git repository, so nobody can say what the turn changed");
  const place = gatePlace(home, workspace, input.session);
  const state = readGate(place);
  if (state === undefined || state.turn !== input.turn) return allow("nothing is noted of the turn's beginning");
  openGate(place);
  if (!claimCall(place, `stop-${state.rounds.length}-${input.call}`)) return undefined;
  const look = await lookAtTurn({ workspace, env: io.env }, place);
  if (failed(look)) return allow(look.failure);
  const changed = await changedInTurn(state, look);
  if (failed(changed)) return allow(changed.failure);
  if (changed.length === 0) return allow(null);
  const turn = { settings, again: input.again, rounds: state.rounds, spent: state.spent, tree: look.snapshot.tree };
  const early = decideBefore(turn);
  if (early?.stop === "allow") return early;
  const { files, why } = withoutOthers(changed, await otherWriters(home, workspace));
  if (files.length === 0) return allow(why);
  return lookClosely({ place, state, look, turn, files, workspace }, io, review);
}

/** What Codex is in the middle of is left out. */
function withoutOthers(changed: readonly string[], writers: readonly OtherWriter[]) {
  const files = changed.filter((file) => !writers.some(({ writes }) => writes(file)));
  return {
    files,
    why: `all that was changed may be of a run that goes on (${writers.map(({ runId }) => runId).join(", ")})`,
  };
}

interface Turn {
  place: GatePlace;
  state: GateState;
  look: TurnLook;
  turn: TurnNow;
  files: readonly string[];
  workspace: string;
}

async function lookClosely({ place, state, look, turn, files, workspace }: Turn, io: Io, review: Review) {
  const target = await targetOf(state, look);
  if (typeof target === "object" && "failure" in target) return allow(target.failure);
  const { kind, timeoutS } = turn.settings;
  const limits = { timeoutS, idleTimeoutS: Math.min(IDLE_S, timeoutS) };
  const ended = await underLimit(timeoutS, io, (signal) =>
    review({ kind, target, workspace, paths: files, ...limits, signal }, io),
  );
  if ("failure" in ended) {
    if (ended.late && "result" in ended.late) keepRound(place, state, ended.late.result, look, []);
    return allow(ended.failure);
  }
  if ("nothing" in ended) return allow(null);
  const { result } = ended;
  const decision = decideAfter(result, new Set(files), turn);
  // Written before Claude is held up: a state that can't be kept could hold it up for ever.
  const kept = keepRound(
    place,
    state,
    result,
    look,
    decision.stop === "block" ? decision.findings.map(({ id }) => id) : [],
  );
  if (decision.stop === "allow") return decision;
  if (kept !== undefined) return allow(kept);
  return {
    stop: "block" as const,
    reason: gateReason({ ...decision, result, settings: turn.settings, self: io.self }),
  };
}

/** Why it could not be kept, if it could not. A review without a verdict is no round, but what it cost counts. */
function keepRound(
  place: GatePlace,
  state: GateState,
  { review, review_id, tokens }: ReviewResult,
  { snapshot: { tree } }: TurnLook,
  held_by: string[],
): string | undefined {
  const at = new Date().toISOString();
  const parsed = review === "findings" || review === "approve";
  const spent = state.spent + (tokens === null ? 0 : tokens.input + tokens.output);
  try {
    writeGate(place, {
      ...state,
      spent,
      rounds: parsed ? [...state.rounds, { review_id, at, tree, held_by }] : state.rounds,
    });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
