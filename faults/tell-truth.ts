import type { Receipt } from "../src/core/record.ts";
import { SESSION_STATES, type SessionState } from "../src/core/session.ts";
import type { Seen } from "../test/kit/live.ts";
import type { Fault } from "./cases.ts";
import type { Point, TurnStage } from "./point.ts";

/** What a status says, as far as it can be true or not. */
export type Told = Pick<Seen, "status" | "question" | "last_verdict" | "next">;

/** What is known of the session without asking it. */
export interface Facts {
  fault: Fault;
  brokerIsDead: boolean;
  point: Pick<Point, "words" | "stops">;
  /** Something else goes on at the point by itself, or was let go: the word of the point may be over. */
  movedOn: boolean;
}

const ENDED: readonly SessionState[] = ["stopped", "lost"];
const LIVE = SESSION_STATES.filter((word) => !ENDED.includes(word));
/** Verdicts after which a session waits for its next message, and those after which somebody should look. */
const CALM: readonly (string | null)[] = ["done", "cancelled", "question", "blocked"];

/** The words that are true of a session. */
export function trueWords({ fault, brokerIsDead, point, movedOn }: Facts): readonly SessionState[] {
  // A broker that can't keep its record ends by itself, and says so if it can.
  if (brokerIsDead) return point.stops || fault === "full-disk" ? ENDED : ["lost"];
  if (fault === "stop-broker" && !movedOn) return point.words;
  return point.stops ? SESSION_STATES : LIVE;
}

/** What is not true in what `status --json` says, in a sentence; undefined when nothing is. */
export function lieIn(seen: Told, facts: Facts): string | undefined {
  const words = trueWords(facts);
  if (!words.some((word) => word === seen.status)) return `status ${words.join(" or ")}`;
  const idle = seen.question === null;
  if (seen.status === "waiting_input" && idle && !CALM.includes(seen.last_verdict))
    return "a calm last verdict with waiting_input and no question";
  if (seen.status === "attention_required" && (seen.last_verdict === null || CALM.includes(seen.last_verdict)))
    return "a last verdict that needs attention with attention_required";
  if (facts.fault === "kill-codex" && !facts.brokerIsDead && !idle) return "no question of a Codex that is dead";
  if (facts.brokerIsDead && !seen.next?.includes("resume")) return "the command that resumes the session as next";
  return undefined;
}

type Verdicts = readonly Receipt["verdict"][];

const WITH_ITS_BROKER: Record<TurnStage, Verdicts> = {
  unsent: ["lost"],
  going: ["lost"],
  cut: ["lost", "cancelled"],
  ended: ["lost", "done"],
  over: ["done"],
  lost: ["lost"],
  any: ["lost", "done"],
};
/** Codex alone died, and was started again; or the broker hung for a while. */
const WITHOUT: Record<TurnStage, Verdicts> = {
  ...WITH_ITS_BROKER,
  unsent: ["done"],
  going: ["done"],
  cut: ["cancelled"],
  ended: ["done"],
  any: ["done"],
};
/** A record that can't be written fails its run, or its broker. */
const ON_A_FULL_DISK: Verdicts = ["failed", "fatal", "lost", "done"];

/** How the run that was injured can truly have ended. */
export function trueVerdicts(fault: Fault, point: Pick<Point, "turn" | "stops">): Verdicts {
  const { turn, stops } = point;
  if (fault === "kill-broker" || fault === "kill-both") return WITH_ITS_BROKER[turn];
  // A broker that hangs is killed by `stop`.
  if (fault === "stop-broker") return stops ? WITH_ITS_BROKER[turn] : WITHOUT[turn];
  if (fault === "kill-codex" || turn === "over" || turn === "lost") return WITHOUT[turn];
  return turn === "cut" ? [...ON_A_FULL_DISK, "cancelled"] : ON_A_FULL_DISK;
}
