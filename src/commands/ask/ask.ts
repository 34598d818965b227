import { defineCommand, type Io } from "../../cli/define.ts";
import { usageError } from "../../core/errors.ts";
import { redact } from "../../core/redact.ts";
import { refuseRecursion } from "../../gate/recursion.ts";
import { effective, type Layer } from "../../packet/effective.ts";
import { findRole } from "../../packet/roles/index.ts";
import { stateHome } from "../../sys/paths.ts";
import { followRun, NOT_DELIVERED } from "../follow-run.ts";
import { saidLayers } from "./collect-layers.ts";
import { attachTo, delegate, isUnattended, outputOf } from "./delegate.ts";
import { ASK_FLAGS, type AskFlags } from "./flags.ts";
import { lint } from "./plan-run.ts";
import { readGoal } from "./read-goal.ts";
import type { FoundSession, WaitingRun } from "./resolve-session.ts";

/** One delegation, end to end: plan, record, broker, and the verdict with its evidence. */
export const ask = defineCommand({
  name: "ask_codex",
  summary: "Hands a goal to Codex, which works on it in this repository, and prints the verdict with its evidence.",
  usage: [
    "ask_codex [options] [--] GOAL",
    "ask_codex [options] -            (the goal from stdin)",
    "ask_codex --packet FILE [options]",
    "ask_codex --plan FILE --task-id ID [options]",
    'ask_codex --session ID "MESSAGE or ANSWER"',
  ],
  flags: ASK_FLAGS,
  examples: [
    ['ask_codex "make the failing test in test/login.test.ts pass; npm test must be green"', "delegate a change"],
    [
      'ask_codex --scope src/cache.ts --scope test/ --verify "npm test" "drop expired entries in Cache.get"',
      "say what may be written, and what must pass: both are held by us, not by Codex",
    ],
    [
      'ask_codex --read-only -f src/auth.ts:10-80 "where is the session cookie set, and who reads it?"',
      "ask about the code; nothing can be written",
    ],
    [
      'ask_codex --session r-20261121-051103-k7qz "use the second option"',
      "answer a question, or go on in the same session",
    ],
    ["ask_codex --packet task.md", "everything from a file (references/packets.md)"],
    ["ask_codex --timeout 3600 - < goal.md", "a long goal from a file"],
    ['ask_codex --background --verify "npm test" "mend the flaky cache test"', "start it and go on with other work"],
    ['ask_codex --dry-run "add a --json flag to the export command"', "see the prompt and the power, start nothing"],
  ],
  async run({ flags, positionals }, io) {
    if (flags["list-units"] || flags["draft-packet"])
      return (await import("./show-plan.ts")).showPlan(flags, positionals, io);
    const goal = await readGoal(positionals, io.stdin);
    if (
      goal === undefined &&
      flags.packet === undefined &&
      (flags.plan === undefined || flags["task-id"] === undefined)
    )
      throw usageError("there is no goal", 'say what is to be done: ask_codex "fix the login test"');
    refuseRecursion(io.env);
    const home = stateHome(io.env);
    const said = await saidLayers(flags, goal, io.cwd);
    if (flags.key !== undefined || flags.once) {
      const first = await (await import("./keyed-run.ts")).findFirst(home, flags, said, io);
      if (first) return attachTo(first, said, flags, io);
    }
    const found = await findSession(home, flags.session, said, io);
    if (found?.waiting && !flags["dry-run"]) {
      if (goal === undefined)
        throw usageError("the session waits for an answer, and there is none", "say the answer as the goal");
      const code = await answerQuestion({ ...found, waiting: found.waiting }, goal, flags, io);
      if (code !== NOT_DELIVERED) return code;
    }
    return delegate({ said, home, found, flags }, io);
  },
});

/** Loaded only where it is asked for: a new session reads no record, and what it does not load it need not wait for. */
async function findSession(home: string, id: string | undefined, said: readonly Layer[], io: Io) {
  if (id === undefined && effective(said).values.taskId === undefined) return undefined;
  return (await import("./find-named-session.ts")).findNamedSession(home, id, said, io);
}

/** What an answer into a turn that waits can't change any more: all that is not about the output of this call. */
const FOR_ANSWERS = new Set(["session", "task-id", "json", "quiet", "verbose", "strict", "background"]);

async function answerQuestion(
  { waiting, session }: { waiting: WaitingRun; session: FoundSession["session"] },
  text: string,
  flags: AskFlags,
  io: Io,
): Promise<number> {
  const about = { goal: text, prompt: text, role: findRole(session?.role ?? "scout"), followUp: true };
  for (const warning of lint(about, flags.strict ?? false)) io.stderr.write(`warning: ${warning}\n`);
  const unused = Object.keys(flags).filter((name) => !FOR_ANSWERS.has(name));
  if (unused.length > 0)
    io.stderr.write(`warning: --${unused.join(", --")} can't change the turn that waits for this answer\n`);
  if (!flags.json) io.stdout.write(`run_id=${waiting.runId}\n`);
  const answer = redact(text);
  if (isUnattended(flags))
    return (await import("./start-in-background.ts")).answerAndLeave(waiting, answer, flags.json ?? false, io);
  return followRun({ ...waiting, answer, ownsRun: true, ...outputOf(flags) }, io);
}
