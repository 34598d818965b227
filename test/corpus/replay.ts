import * as z from "zod";
import type { RunEvent } from "../../src/core/event.ts";
import type { EngineName } from "../../src/core/request.ts";
import { planAnswer } from "../../src/engine/app-server/answer-request.ts";
import { mapNotification } from "../../src/engine/app-server/map-notification.ts";
import { mapExecLine } from "../../src/engine/exec/map-exec-event.ts";
import type { Evidence } from "../../src/run/decide-verdict.ts";
import { parseEvidence } from "../../src/run/evidence.ts";
import { initialTurnState, nextTurnState, reduceTurn, type TurnState } from "../../src/run/turn-state.ts";
import type { Recording } from "./recording.ts";

const Message = z.looseObject({
  method: z.string().optional(),
  id: z.unknown().optional(),
  params: z.unknown().optional(),
});

/** What a line of Codex's means to a run: the events that the engine would have told. Empty for one that means nothing. */
export function eventsOfLine(engine: EngineName, line: string): RunEvent[] {
  return toEvents(engine, line).filter((event) => event.type !== "activity");
}

function toEvents(engine: EngineName, line: string): RunEvent[] {
  const value = parseJson(line);
  if (engine === "exec") return mapExecLine(value);
  const message = Message.safeParse(value).data;
  if (message?.method === undefined) return [];
  if (message.id === undefined) return [mapNotification(message.method, message.params)];
  const plan = planAnswer(message.method, message.params);
  if (plan.kind !== "ask") return [];
  const { callId, question, options } = plan;
  return [{ type: "question", callId, question, options }];
}

/** The last turn as our own reducer makes it from the recorded protocol; one that was given a review follows another. */
export const replayTurn = ({ engine, lines }: Pick<Recording, "engine" | "lines">): TurnState =>
  lines.flatMap((line) => eventsOfLine(engine, line)).reduce(step, initialTurnState());

const step = (state: TurnState, event: RunEvent): TurnState =>
  reduceTurn(event.type === "turn" && state.ended ? nextTurnState(state) : state, event);

/** What a reader has of a run whose broker did not live to write its evidence: an owner that is dead. */
const LOST: Pick<Evidence, "stop" | "failure" | "schema" | "outOfScope" | "unaudited" | "checked"> = {
  stop: { verdict: "lost", reason: "the broker was killed" },
  failure: undefined,
  schema: false,
  outOfScope: [],
  unaudited: undefined,
  checked: undefined,
};

/** The evidence of a recording, with its turn made anew from the protocol. */
export function replayEvidence(recording: Recording): Evidence {
  const kept = recording.evidence === null ? LOST : parseEvidence(recording.evidence);
  return { ...kept, turn: replayTurn(recording) };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
