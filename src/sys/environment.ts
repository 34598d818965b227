/** Name of the variable that every process of a run carries, so that a sweep finds what escaped its process tree. */
export const RUN_MARKER = "ASK_CODEX_RUN";

const CLAUDE_CODE = /^(CLAUDE|ANTHROPIC_|AI_AGENT$|GIT_EDITOR$|COREPACK_ENABLE_AUTO_PIN$)/;
const OURS = /^ASK_CODEX_/;
/** A caller inside a git hook has GIT_DIR and friends set; they would point our git and Codex's at the wrong repository. */
const GIT_LOCATION =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX)$/;

/** What Codex itself gets: the caller's environment (its provider may need a key) without Claude Code's variables and ours. */
export function codexEnvironment(env: NodeJS.ProcessEnv, runId: string): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) => !(CLAUDE_CODE.test(name) || OURS.test(name) || GIT_LOCATION.test(name)),
  );
  return { ...Object.fromEntries(kept), [RUN_MARKER]: runId };
}

/** What our own git calls get: nothing that moves the repository, no prompts, stable messages. */
export function gitEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith("GIT_"));
  return { ...Object.fromEntries(kept), GIT_TERMINAL_PROMPT: "0", GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C" };
}
