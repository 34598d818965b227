import type { Power } from "../core/request.ts";

/** The name under which our profile is known to Codex; a thread that does not report it back has some other power. */
export const PROFILE_NAME = "ask_codex";

export interface ProfileInput {
  power: Power;
  /** Our records: no command of the run may change them, wherever they lie. */
  stateHome: string;
}

/**
 * Projects the power of a run onto Codex's permission profile (CODEX.md A): reading everywhere, writing the
 * workspace and the temporary directories or nothing, network as said. The kernel enforces it.
 */
export function permissionProfile({ power, stateHome }: ProfileInput): Record<string, unknown> {
  const writes = power.write !== "none";
  return {
    filesystem: {
      ":root": "read",
      ":project_roots": { ".": writes ? "write" : "read" },
      ...(writes ? { ":slash_tmp": "write", ":tmpdir": "write" } : {}),
      // Reading is closed only where a command could use what it reads (the sockets need the network rule): a
      // "deny" makes Codex do its own file work in a sandbox of its own, which costs 0.1 s a run (measured, 0.169.0).
      [stateHome]: power.network ? "deny" : "read",
    },
    network: { enabled: power.network },
  };
}

/** Environment of the commands that Codex runs: no variable that looks like a key, and the run's marker for the sweep. */
export const shellEnvironmentPolicy = (marker: string, runId: string): Record<string, unknown> => ({
  inherit: "all",
  ignore_default_excludes: false,
  set: { [marker]: runId },
});

/** What stands between the commands of a run and the machine, in one word for the receipt. */
export const policyWord = (power: Power): "ok" | "off" => (power.write === "everything" ? "off" : "ok");
