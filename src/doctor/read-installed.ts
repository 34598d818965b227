import { existsSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { claudeConfigDir } from "../claude/find-transcript.ts";
import { attempt, readIfThere } from "../sys/files.ts";
import type { Target, World } from "./check.ts";

export interface Installed {
  /** Where the installer puts the skill, and what is there. */
  path: string;
  target: Target;
  /** A link that leads to nothing. */
  isDangling: boolean;
  /** Its name as a plugin, with the marketplace; undefined where it is none. */
  plugin: string | undefined;
}

/** How the skill got to this user's Claude Code, in the installer's own words. Throws what the installer would refuse. */
export function readInstalled(world: World): Installed {
  const { env, workspace, platform, installer } = world;
  const path = installer.targetOf(env, workspace, platform);
  const target = installer.readTarget(path);
  return { path, target, isDangling: target.kind === "link" && !existsSync(path), plugin: pluginOf(world) };
}

/** Where Claude Code keeps its settings. */
export const claudeDir = ({ env }: World): string => claudeConfigDir(env);

const Plugins = z.looseObject({ plugins: z.record(z.string(), z.unknown()) });

/** `ask-codex@MARKETPLACE` in Claude Code's list of plugins (CLAUDE-CODE.md 6). */
function pluginOf(world: World): string | undefined {
  const text = attempt(() => readIfThere(join(claudeDir(world), "plugins", "installed_plugins.json")));
  const listed = attempt(() => Plugins.parse(JSON.parse(text ?? "")).plugins) ?? {};
  return Object.keys(listed).find((name) => name.startsWith("ask-codex@"));
}
