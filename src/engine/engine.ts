import type { RunEvent } from "../core/event.ts";
import type { EngineName } from "../core/request.ts";
import type { NativeReview } from "../core/review.ts";
import type { Policy } from "../policy/plan-policy.ts";
import type { PipedProcess } from "../sys/spawn.ts";

/** Everything an engine must know to bring a thread to life. All of it is data, so that both engines are given the same. */
export interface ThreadRequest {
  cwd: string;
  /** What its turns may touch, in every form that a Codex may take it. */
  policy: Policy;
  /** Codex's environment, the run's marker in it. */
  env: NodeJS.ProcessEnv;
  codex: { command: string; args: readonly string[] };
  /** Codex, if it was already started the way this engine starts it: the broker does so before it loads anything else. */
  started?: PipedProcess;
  /** A private directory for files that the engine must hand over (a schema). */
  scratch: string;
  /** The thread to continue; absent for a new one. */
  threadId?: string;
  /** No record of ours knows that thread: an id that Codex does not know either is bad input. */
  adopted?: boolean;
  /** No turn of that thread is known to have ended: if Codex does not know it, a new one is as good. */
  unspoken?: boolean;
  model?: string;
  /** Its turns are Codex's own reviewer's, which takes how hard it thinks from the thread. */
  reviewing?: { reasoning?: string };
  /** Nobody is there to answer: the model is given no tool to ask with. */
  unasked?: boolean;
}

/** One turn of a thread. */
export interface TurnInput {
  prompt: string;
  model?: string;
  reasoning?: string;
  schema?: unknown;
  /** Codex's own reviewer does the turn; where there is none, prompt and schema are sent, and a warning says so. */
  review?: NativeReview;
}

export interface ThreadHooks {
  onEvent: (event: RunEvent) => void;
  /** Every raw message, for raw.jsonl; deltas are left out because the item repeats them whole. */
  onRaw: (line: string) => void;
  onStderr: (text: string) => void;
}

/** A thread in the hands of an engine. The end of a turn is the `turn_ended` event. */
export interface Thread {
  readonly engine: EngineName;
  readonly codexVersion: string | undefined;
  /** Why the power is held by less than a permission profile; known after `open`. */
  readonly degraded: string | undefined;
  /** Process ids of what the engine started: the roots of the stop ladder. */
  readonly roots: readonly number[];
  /** Whether its Codex lives on between turns and can take the next one. */
  readonly stays: boolean;
  /** Whether a turn was asked for and has not ended. */
  readonly busy: boolean;
  /** Resolves when a Codex that stays is gone; never for one that has a process per turn. */
  readonly gone: Promise<void>;
  /**
   * Brings the thread to life, with the power checked where the engine can tell, and makes sure that the sandbox can
   * start at all. Rejects with `EngineUnavailable` when this engine can't work here and nothing was asked of a model,
   * with an AskCodexError else.
   */
  open(): Promise<void>;
  /** Sends the prompt. Resolves when the turn has ended, rejects when Codex went away before that. */
  run(turn: TurnInput): Promise<void>;
  /**
   * Puts a text into the turn that goes on. False when there is none any more, or the engine can't. That Codex has
   * given it to the model is the event `steered` with this id.
   */
  steer(messageId: string, text: string): Promise<boolean>;
  /** Asks Codex to end the turn and waits until it has; the first rung of the stop ladder. Never rejects. */
  interrupt(): Promise<void>;
  /** Hands the answer to a parked `question`. False when nothing waits for it. */
  answer(callId: string, text: string): boolean;
  /** Closes stdin and waits for the process to go; true when it went within `graceMs`. */
  close(graceMs: number): Promise<boolean>;
}

/** A new engine is a folder with one of these and a line in the registry. */
export interface Engine {
  readonly name: EngineName;
  prepare(request: ThreadRequest, hooks: ThreadHooks): Thread;
}
