import type { Power } from "../core/policy.ts";
import { PLATFORM } from "../sys/platform.ts";
import { codexHome, userHome } from "../sys/user-home.ts";
import { commandEnvironment, shellEnvironmentPolicy } from "./command-environment.ts";
import { gitPlacesOutside } from "./git-places.ts";
import { permissionProfile, profileName } from "./permission-profile.ts";
import { secretsOf } from "./secrets.ts";

/** What a Codex without permission profiles is given instead: the strictest mode that fits. */
export interface LegacySandbox {
  mode: "read-only" | "workspace-write" | "danger-full-access";
  /** Codex's `sandbox_workspace_write`; only that mode reads it. */
  settings: Record<string, unknown>;
}

/** The power of a run in the forms in which Codex and the kernel are told it. */
export interface Policy {
  power: Power;
  /** The profile's name, which nobody could know before the run. */
  name: string;
  /** null: full access. */
  profile: Record<string, unknown> | null;
  legacy: LegacySandbox;
  /** Why Codex is given the sandbox mode though it may know profiles; then nothing is taken for refused by the kernel. */
  withheld?: string;
  /** Codex's `shell_environment_policy`. */
  shellEnvironment: Record<string, unknown>;
  /** The environment of the commands that we run in the sandbox ourselves. */
  commandEnv: NodeJS.ProcessEnv;
}

export interface PolicyInput {
  power: Power;
  workspace: string;
  grants: readonly string[];
  stateHome: string;
  tmpDir: string;
  /** Names the profile: the run, or the session that stays. */
  id: string;
  /** What its commands carry, so that a sweep finds them. */
  marker: string;
  /** More paths and globs that no command may read. */
  deny: readonly string[];
  /** The environment that Codex is given. */
  env: NodeJS.ProcessEnv;
}

/** Everything that a run's power means for Codex, from one place, so that the turn and the checks have the same. */
export function planPolicy(input: PolicyInput, platform = PLATFORM): Policy {
  const { power, env } = input;
  const secrets = secretsOf({
    workspace: input.workspace,
    home: userHome(env),
    codexHome: codexHome(env),
    extra: input.deny,
  });
  const variables = { tmpDir: input.tmpDir, marker: input.marker };
  const withheld = power.write === "everything" ? undefined : whyNoProfile(platform);
  return {
    power,
    ...(withheld === undefined ? {} : { withheld }),
    name: profileName(input.id),
    profile: permissionProfile({ ...input, secrets, gitPlaces: gitPlacesOutside(input.workspace) }),
    legacy: legacySandbox(input),
    shellEnvironment: shellEnvironmentPolicy(power.env, variables),
    commandEnv: commandEnvironment(env, power.env, variables),
  };
}

/**
 * Why Codex is given no profile on this platform, where it is not. Codex for Windows says itself that its usual
 * sandbox can't hold such a profile ("deny-read overrides require the elevated Windows sandbox backend", in the binary
 * of 0.169.0), and nobody has seen either of its two refuse anything to a run of ours.
 */
export const whyNoProfile = (platform: NodeJS.Platform): string | undefined =>
  platform === "win32" ? "runs on Windows, where nobody has seen its sandbox hold anything" : undefined;

/** Without profiles a scope is the whole workspace to the kernel, and nothing is hidden: the audit alone holds the rest. */
function legacySandbox({ power, grants, tmpDir }: PolicyInput): LegacySandbox {
  if (power.write === "everything") return { mode: "danger-full-access", settings: {} };
  if (power.write === "none" && grants.length === 0) return { mode: "read-only", settings: {} };
  return {
    mode: "workspace-write",
    settings: {
      writable_roots: [...grants, tmpDir],
      network_access: power.network,
      exclude_slash_tmp: !power.tmp,
      exclude_tmpdir_env_var: true,
    },
  };
}
