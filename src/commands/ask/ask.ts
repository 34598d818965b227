import { launchBroker } from "../../broker/launch.ts";
import { defineCommand, type Io } from "../../cli/define.ts";
import type { SessionRecord } from "../../core/record.ts";
import { redact } from "../../core/redact.ts";
import type { RunRequest } from "../../core/request.ts";
import { findCodex } from "../../engine/find-codex.ts";
import { refuseRecursion } from "../../gate/recursion.ts";
import { findRole } from "../../packet/roles/index.ts";
import { createRecord } from "../../run/create-record.ts";
import { stateHome } from "../../sys/paths.ts";
import { followRun, NOT_DELIVERED } from "../follow-run.ts";
import type { Loudness } from "../progress.ts";
import { ASK_FLAGS, type AskFlags } from "./flags.ts";
import { lint, planRun } from "./plan-run.ts";
import { readGoal } from "./read-goal.ts";
import { renderDryRun } from "./render-dry-run.ts";
import type { WaitingRun } from "./resolve-session.ts";

/** One delegation, end to end: plan, record, broker, and the verdict with its evidence. */
export const ask = defineCommand({
  name: "ask_codex",
  summary: "Hands a goal to Codex, which works on it in this repository, and prints the verdict with its evidence.",
  usage: [
    "ask_codex [options] [--] GOAL",
    "ask_codex [options] -            (the goal from stdin)",
    'ask_codex --session ID "MESSAGE or ANSWER"',
  ],
  flags: ASK_FLAGS,
  examples: [
    ['ask_codex "make the failing test in test/login.test.ts pass; npm test must be green"', "delegate a change"],
    [
      'ask_codex --read-only -f src/auth.ts:10-80 "where is the session cookie set, and who reads it?"',
      "ask about the code; nothing can be written",
    ],
    [
      'ask_codex --session r-20261121-051103-k7qz "use the second option"',
      "answer a question, or go on in the same session",
    ],
    ["ask_codex --timeout 3600 - < goal.md", "a long goal from a file"],
    ['ask_codex --dry-run "add a --json flag to the export command"', "see the prompt and the power, start nothing"],
  ],
  async run({ flags, positionals }, io) {
    const goal = await readGoal(positionals, io.stdin);
    refuseRecursion(io.env);
    const home = stateHome(io.env);
    const found = flags.session === undefined ? undefined : await findSession(home, flags.session);
    if (found?.waiting && !flags["dry-run"]) {
      const code = await answerQuestion({ ...found, waiting: found.waiting }, goal, flags, io);
      if (code !== NOT_DELIVERED) return code;
    }
    return delegate({ goal, home, session: found?.session, flags }, io);
  },
});

/** Loaded only here: a new session reads no record, and what it does not load it need not wait for. */
async function findSession(home: string, id: string) {
  const { resolveSession } = await import("./resolve-session.ts");
  return resolveSession(home, id);
}

async function delegate(
  input: { goal: string; home: string; session: SessionRecord | undefined; flags: AskFlags },
  io: Io,
): Promise<number> {
  const { goal, home, session, flags } = input;
  const request = await planRun({ flags, goal, home, session, codex: findCodex(io.env), now: new Date() }, io);
  if (flags["dry-run"]) {
    io.stdout.write(renderDryRun(request, flags.json ?? false));
    return 0;
  }
  const dir = createRecord(home, request);
  const launch = () => {
    announce(request, flags, io);
    return launchBroker({ program: io.brokerProgram, dir, env: io.env });
  };
  return followRun(
    {
      runId: request.runId,
      dir,
      socket: request.socket,
      launch,
      announced: flags.quiet ? [] : request.warnings,
      ownsRun: true,
      ...outputOf(flags),
    },
    io,
  );
}

/** The run's id at once, so that a client that is killed has said what to wait for; with --json on stderr. */
function announce(request: RunRequest, flags: AskFlags, io: Io): void {
  (flags.json ? io.stderr : io.stdout).write(`run_id=${request.runId}\n`);
  if (!flags.quiet) for (const warning of request.warnings) io.stderr.write(`warning: ${warning}\n`);
}

const NOT_FOR_ANSWERS = [
  "file",
  "workspace",
  "role",
  "read-only",
  "model",
  "reasoning",
  "timeout",
  "idle-timeout",
  "max-steps",
  "output",
  "schema",
  "network",
  "sandbox",
  "engine",
] as const;

function answerQuestion(
  { waiting, session }: { waiting: WaitingRun; session: SessionRecord },
  text: string,
  flags: AskFlags,
  io: Io,
): Promise<number> {
  const about = { goal: text, prompt: text, role: findRole(session.role), followUp: true };
  for (const warning of lint(about, flags.strict ?? false)) io.stderr.write(`warning: ${warning}\n`);
  const unused = NOT_FOR_ANSWERS.filter((name) => flags[name] !== undefined);
  if (unused.length > 0)
    io.stderr.write(`warning: --${unused.join(", --")} can't change the turn that waits for this answer\n`);
  if (!flags.json) io.stdout.write(`run_id=${waiting.runId}\n`);
  return followRun({ ...waiting, answer: redact(text), ownsRun: true, ...outputOf(flags) }, io);
}

function outputOf(flags: AskFlags): { json: boolean; loudness: Loudness } {
  return { json: flags.json ?? false, loudness: flags.quiet ? "quiet" : flags.verbose ? "verbose" : "normal" };
}
