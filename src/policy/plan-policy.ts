import { homedir } from "node:os";
import { join } from "node:path";
import type { Power } from "../core/policy.ts";
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
export function planPolicy(input: PolicyInput): Policy {
  const { power, env } = input;
  const home = env.HOME || homedir();
  const secrets = secretsOf({
    workspace: input.workspace,
    home,
    codexHome: env.CODEX_HOME || join(home, ".codex"),
    extra: input.deny,
  });
  const variables = { tmpDir: input.tmpDir, marker: input.marker };
  return {
    power,
    name: profileName(input.id),
    profile: permissionProfile({ ...input, secrets, gitPlaces: gitPlacesOutside(input.workspace) }),
    legacy: legacySandbox(input),
    shellEnvironment: shellEnvironmentPolicy(power.env, variables),
    commandEnv: commandEnvironment(env, power.env, variables),
  };
}

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
