// The rule that Codex must not delegate to itself, in JavaScript: the launcher asks it before anything is loaded, so that
// a Codex that calls us again and again costs next to nothing (PAINS.md 26), and the commands ask the same.

/** Variables that only a command inside Codex has (CODEX.md 4), and our own mark of a run (sys/environment.ts). */
const MARKS = ["CODEX_THREAD_ID", "CODEX_SANDBOX", "CODEX_SANDBOX_NETWORK_DISABLED", "ASK_CODEX_RUN"];

/**
 * Why nothing may be started in this environment and what to do instead; undefined where it may.
 * @param {Record<string, string | undefined>} env
 * @returns {{ message: string; hint: string } | undefined}
 */
export function insideCodex(env) {
  const found = MARKS.find((name) => env[name]);
  if (found === undefined) return undefined;
  return {
    message: `this runs inside Codex (${found} is set), and Codex must not delegate to itself`,
    hint: "do the work here, or report back to whoever started this run",
  };
}

/**
 * The verbs of each script that start something, first in the call; null: all that it does is to start.
 * @type {Record<string, readonly string[] | null>}
 */
const STARTING = {
  ask_codex: null,
  codex_broker: ["start", "send", "answer", "resume"],
  codex_runs: ["resume"],
  codex_review: ["--uncommitted", "--base", "--commit", "--adversarial"],
};
/** What only prints. */
const PRINTING = /^(?:--(?:help|version|list-units|draft-packet)(?:=|$)|-\w*h)/;

/**
 * Whether a call is sure to start something. Where it is not, the command finds out: it asks the rule again.
 * @param {string} script
 * @param {readonly string[]} argv
 */
export function surelyStarts(script, argv) {
  const verbs = Object.hasOwn(STARTING, script) ? STARTING[script] : [];
  if (argv.some((word) => PRINTING.test(word))) return false;
  return verbs === null || verbs?.includes(argv[0] ?? "") === true;
}
