import type { SessionRecord } from "../core/record.ts";
import type { RunRequest } from "../core/request.ts";
import type { ThreadHooks } from "../engine/engine.ts";
import type { Command } from "../sys/spawn.ts";
import type { CodexSource } from "./codex-source.ts";
import type { OpenPower } from "./open-power.ts";

/** Everything that a run is carried out with. */
export interface RunContext {
  dir: string;
  request: RunRequest;
  session: SessionRecord | undefined;
  power: OpenPower;
  codex: CodexSource;
  hooks: ThreadHooks;
  env: NodeJS.ProcessEnv;
  /** Puts commands of ours into Codex's sandbox with the run's power; `degraded` where this Codex knows no profiles. */
  sandboxed: (degraded: boolean) => Promise<(argv: readonly string[]) => Command>;
  /** Called before Codex is given the prompt: from then on the run can't be begun a second time. */
  onSending: () => void;
  /** Called when a question parks the turn, and when the turn goes on. */
  onParked: (question: { callId: string; question: string; options: string[] } | undefined) => void;
}
