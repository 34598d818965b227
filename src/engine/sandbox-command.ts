import type { Command } from "../sys/spawn.ts";
import { toToml } from "./to-toml.ts";

export interface SandboxInput {
  codex: { command: string; args: readonly string[] };
  /** The run's permission profile; null for danger-full-access, where nothing stands between. */
  profile: Record<string, unknown> | null;
  /** A bare TOML key. */
  profileName: string;
  /**
   * An existing directory of ours without a configuration. With the user's own, `codex sandbox` merges a profile of
   * our name from config.toml, and in a trusted project from the repository's .codex/config.toml, into the one that
   * stands here, which widens it; and a mistake in either file stops every check (measured, 0.169.0).
   */
  codexHome: string;
  cwd: string;
  /** All that the command sees: `codex sandbox` hands its whole environment on. */
  env: NodeJS.ProcessEnv;
  argv: readonly string[];
}

/**
 * A command in the sandbox in which Codex's own commands ran: code that Codex just wrote must not escape through our
 * check. The kernel enforces the profile; `cwd` is the project root that the profile's paths are relative to.
 */
export function sandboxCommand({ codex, profile, profileName, codexHome, cwd, env, argv }: SandboxInput): Command {
  if (profile === null) {
    const [command = "", ...args] = argv;
    return { command, args, cwd, env };
  }
  const power = ["-P", profileName, "-c", `permissions.${profileName}=${toToml(profile)}`];
  return {
    command: codex.command,
    args: [...codex.args, "sandbox", ...power, "--", ...argv],
    cwd,
    env: { ...env, CODEX_HOME: codexHome },
  };
}
