import { PLATFORM } from "./platform.ts";

/** Name of the variable that every process of a run carries, so that a sweep finds what escaped its process tree. */
export const RUN_MARKER = "ASK_CODEX_RUN";

/** What the commands of a live session carry: they are swept after each run, and the Codex that stays is not. */
export const commandsMarker = (brokerId: string): string => `${brokerId}.commands`;

/** Everything that the Codex of a live session and its commands carry. */
export const sessionMarkers = (brokerId: string): string[] => [brokerId, commandsMarker(brokerId)];

/** What our own checks carry instead of the run's id: the sweep behind a check must not end the Codex that waits for it. */
export const checksMarker = (runId: string): string => `${runId}.checks`;

/**
 * A variable by its name. Windows knows `Path` and `PATH` as one, but only the process itself does: in a copy of it, such
 * as a broker hands on, the name stands as it was written.
 */
export function readVariable(env: NodeJS.ProcessEnv, name: string, platform = PLATFORM): string | undefined {
  const found = env[name];
  if (found !== undefined || platform !== "win32") return found;
  return Object.entries(env).find(([other]) => other.toUpperCase() === name.toUpperCase())?.[1];
}

/** A variable's name in the one spelling that a rule has. */
const ruled = (name: string, platform: NodeJS.Platform): string => (platform === "win32" ? name.toUpperCase() : name);

const CLAUDE_CODE = /^(CLAUDE|ANTHROPIC_|AI_AGENT$|GIT_EDITOR$|COREPACK_ENABLE_AUTO_PIN$)/;
const OURS = /^ASK_CODEX_/;
/** A caller inside a git hook has GIT_DIR and friends set; they would point our git and Codex's at the wrong repository. */
const GIT_LOCATION =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX)$/;

/**
 * What Codex itself gets: the caller's environment (its provider may need a key) without Claude Code's variables and
 * ours, except those that the caller named.
 */
export function codexEnvironment(
  env: NodeJS.ProcessEnv,
  runId: string,
  named: readonly string[] = [],
  platform = PLATFORM,
): NodeJS.ProcessEnv {
  const wanted = new Set(named.map((name) => ruled(name, platform)));
  const isKept = (name: string) =>
    wanted.has(name) || ![CLAUDE_CODE, OURS, GIT_LOCATION].some((rule) => rule.test(name));
  const kept = Object.entries(env).filter(([name]) => isKept(ruled(name, platform)));
  return { ...Object.fromEntries(kept), [RUN_MARKER]: runId };
}

/**
 * What our own git calls get: nothing that moves the repository, no prompts, stable messages, and no transport: a
 * partial clone would fetch what it lacks, by a program that its own configuration can name.
 */
export function gitEnvironment(env: NodeJS.ProcessEnv, platform = PLATFORM): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !ruled(name, platform).startsWith("GIT_"));
  const ours = { GIT_TERMINAL_PROMPT: "0", GIT_OPTIONAL_LOCKS: "0", GIT_ALLOW_PROTOCOL: "", LC_ALL: "C" };
  return { ...Object.fromEntries(kept), ...ours };
}
