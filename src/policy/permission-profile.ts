import { existsSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { Power } from "../core/policy.ts";
import { staticPart } from "./scope.ts";
import { GLOB_DEPTH } from "./secrets.ts";

/**
 * The name of a run's profile; a thread that does not report it back has some other power. It is another one for every
 * run, because Codex merges a profile of the same name from config.toml, and in a trusted project from the repository's
 * own .codex/config.toml, into ours, which could widen it (measured on 0.169.0).
 */
export const profileName = (id: string): string => `ask_codex_${id.replaceAll(/\W/g, "_")}`;

/**
 * What Claude Code takes orders from: a run that could write there would act outside its sandbox later. Closed unless
 * the scope names it; Codex itself closes `.git`, `.codex` and `.agents`.
 */
const GUARDED = [".claude", ".mcp.json", ".ask-codex"];

export interface ProfileInput {
  power: Power;
  workspace: string;
  /** Real paths of the directories that may be written. */
  grants: readonly string[];
  /** Our records: no command of the run may see them, wherever they lie. */
  stateHome: string;
  /** The run's own temporary directory. */
  tmpDir: string;
  secrets: { workspace: readonly string[]; paths: readonly string[] };
  /** Git's directories of this work tree where they lie outside it. */
  gitPlaces: readonly string[];
}

/**
 * Projects the power of a run onto Codex's permission profile (CODEX.md A): reading everywhere but secrets and our
 * records, writing the granted directories and the run's own temporary one, network as said. The kernel enforces it.
 * null: full access, which no profile can say.
 */
export function permissionProfile(input: ProfileInput): Record<string, unknown> | null {
  const { power, workspace, grants, secrets } = input;
  if (power.write === "everything") return null;
  const inside = grants.filter((path) => path === workspace || path.startsWith(workspace + sep));
  const outside = grants.filter((path) => !inside.includes(path));
  const opened = inside.map((path) => relative(workspace, path) || ".");
  return {
    filesystem: {
      ":root": "read",
      ...(power.tmp && power.write !== "none" ? { ":slash_tmp": "write" } : {}),
      ...entries(outside, "write"),
      ":project_roots": {
        ".": "read",
        ...entries(opened, "write"),
        ...entries(
          closedFolders(power).filter((name) => existsSync(join(workspace, name))),
          "read",
        ),
        ...entries(secrets.workspace, "deny"),
      },
      ...entries(input.gitPlaces, "read"),
      ...entries(secrets.paths, "deny"),
      [input.stateHome]: "deny",
      [input.tmpDir]: "write",
      glob_scan_max_depth: GLOB_DEPTH,
    },
    network: { enabled: power.network },
  };
}

const entries = (names: readonly string[], access: "read" | "write" | "deny"): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, access]));

/** The guarded names that the scope does not open by name: a glob that happens to match one names it not. */
export function closedFolders(power: Power): string[] {
  const named = power.write === "scope" ? power.scope.map(staticPart) : [];
  return GUARDED.filter((name) => !named.some((path) => path === name || path.startsWith(`${name}/`)));
}

/** What stands between the commands of a run and the machine, in one word for the receipt. */
export const policyWord = (power: Power): "ok" | "off" => (power.write === "everything" ? "off" : "ok");
