import type { TurnRequest } from "../../../src/engine/engine.ts";

/** A turn as the broker asks for it; a test names only what it is about. */
export const sampleTurn = (over: Partial<TurnRequest>): TurnRequest => ({
  runId: "r-1",
  cwd: "/w",
  prompt: "do it",
  power: { write: "workspace", network: false },
  stateHome: "/state",
  env: { CODEX_HOME: "/no/such/home" },
  codex: { command: "/opt/codex", args: [] },
  scratch: "/state/r-1",
  ...over,
});
