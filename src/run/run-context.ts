import type { ChangedFile, SessionRecord } from "../core/record.ts";
import type { RunRequest } from "../core/request.ts";
import type { Engine, TurnHooks, TurnRequest } from "../engine/engine.ts";

/** Everything that a run is carried out with. */
export interface RunContext {
  dir: string;
  request: RunRequest;
  session: SessionRecord | undefined;
  turnRequest: TurnRequest;
  engines: readonly Engine[];
  hooks: TurnHooks;
  env: NodeJS.ProcessEnv;
  /** Called when a question parks the turn, and when the turn goes on. */
  onParked: (question: { callId: string; question: string; options: string[] } | undefined) => void;
}

/** What git says was changed, or why it can't say. */
export type Changes = { files: ChangedFile[] } | { failure: string };
