import type { SessionState } from "../src/core/session.ts";
import type { Gate } from "../test/kit/gate.ts";
import type { Beat } from "../test/kit/scripted-model.ts";
import type { Stage } from "./stage.ts";

export interface Props {
  gate: Gate;
  numbers: Stage["numbers"];
}

/**
 * Codex has not been given the prompt; works on it; is told to leave it; has ended it; the run has its receipt; it was
 * lost before; or nobody can know.
 */
export type TurnStage = "unsent" | "going" | "cut" | "ended" | "over" | "lost" | "any";

/** A moment of a session's life, and how a session is brought there. */
export interface Point {
  /** What the model says: to the goal, then to every message after it. */
  script(props: Props): Beat[][];
  /** More of Codex's config.toml. */
  config?(numbers: Stage["numbers"]): string;
  /** Codex can be kept from coming up. */
  holds?: true;
  /** Resolves in the moment itself. */
  reach(stage: Stage): Promise<void>;
  /** What the session truly is then. */
  words: readonly SessionState[];
  /** How far the run is that was begun first. */
  turn: TurnStage;
  /** The session is being stopped. */
  stops?: true;
  /** How long the moment lasts at least: the injury comes within it. */
  spreadMs: number;
}
