import type { Policy } from "../policy/plan-policy.ts";
import type { Command } from "../sys/spawn.ts";
import { legacyForm, legacySandboxCommand } from "./legacy-sandbox.ts";
import { sandboxCommand } from "./sandbox-command.ts";

export interface SandboxedInput {
  codex: { command: string; args: readonly string[] };
  policy: Policy;
  cwd: string;
  /** A home for Codex in which nobody's settings are. */
  codexHome: string;
}

/** Puts a command of ours into Codex's sandbox. */
export type Sandboxed = (argv: readonly string[]) => Command;

/**
 * Builds commands of ours in Codex's sandbox, with exactly the power that the turn had; `degraded` says that this Codex
 * knows no permission profiles, and then it is asked once how it wants to be called.
 */
export async function sandboxedBy(
  { codex, policy, cwd, codexHome }: SandboxedInput,
  degraded: boolean,
): Promise<Sandboxed> {
  const about = { codex, codexHome, cwd, env: policy.commandEnv };
  if (!degraded) return (argv) => sandboxCommand({ ...about, argv, profile: policy.profile, profileName: policy.name });
  const form = await legacyForm({ ...codex, cwd, env: policy.commandEnv });
  return (argv) => legacySandboxCommand({ ...about, ...policy.legacy, argv, form });
}
