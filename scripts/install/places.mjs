import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { problem } from "./problem.mjs";

/** @typedef {Record<string, string | undefined>} Env */

/**
 * Where Claude Code looks for the skill: with CLAUDE_CONFIG_DIR set it does not read the home directory at all.
 * @param {Env} env
 * @param {string} cwd
 * @param {NodeJS.Platform} platform
 */
export function targetOf(env, cwd, platform) {
  if (env.CLAUDE_SKILLS_DIR) return resolve(cwd, env.CLAUDE_SKILLS_DIR, "ask-codex");
  if (env.CLAUDE_CONFIG_DIR) return resolve(cwd, env.CLAUDE_CONFIG_DIR, "skills", "ask-codex");
  const home = homeOf(env, platform);
  if (home) return resolve(cwd, home, ".claude", "skills", "ask-codex");
  throw problem(
    "no place to install to: HOME is not set, so ~/.claude/skills can't be found; set HOME or CLAUDE_SKILLS_DIR and run this again",
  );
}

/**
 * Claude Code's own folder, with the user's settings; undefined without a home.
 * @param {Env} env
 * @param {string} cwd
 * @param {NodeJS.Platform} platform
 */
export function configDirOf(env, cwd, platform) {
  if (env.CLAUDE_CONFIG_DIR) return resolve(cwd, env.CLAUDE_CONFIG_DIR);
  const home = homeOf(env, platform);
  return home ? resolve(cwd, home, ".claude") : undefined;
}

/**
 * Where the records of runs lie: the uninstaller names it and never touches it.
 * @param {Env} env
 * @param {string} cwd
 * @param {NodeJS.Platform} platform
 */
export function stateHomeOf(env, cwd, platform) {
  if (env.ASK_CODEX_HOME) return resolve(cwd, env.ASK_CODEX_HOME);
  if (platform === "win32" && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, "ask-codex");
  if (env.XDG_STATE_HOME) return resolve(cwd, env.XDG_STATE_HOME, "ask-codex");
  const home = homeOf(env, platform);
  return home ? resolve(cwd, home, ".local", "state", "ask-codex") : "~/.local/state/ask-codex";
}

/**
 * @param {Env} env
 * @param {NodeJS.Platform} platform
 */
function homeOf(env, platform) {
  return platform === "win32" ? env.USERPROFILE || env.HOME : env.HOME;
}

/**
 * Looks a program up as the system would, without starting it.
 * @param {string} name
 * @param {Env} env
 * @param {NodeJS.Platform} platform
 * @returns {string | undefined}
 */
export function findOnPath(name, env, platform) {
  const endings = platform === "win32" ? [".exe", ".cmd", ".bat"] : [""];
  for (const folder of (env.PATH ?? "").split(delimiter)) {
    for (const ending of endings) {
      const path = resolve(folder, name + ending);
      if (isProgram(path)) return path;
    }
  }
  return undefined;
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
