import { rmSync } from "node:fs";
import { launchBroker } from "../../broker/launch.ts";
import { defineCommand, type Io } from "../../cli/define.ts";
import { usageError } from "../../core/errors.ts";
import { redact } from "../../core/redact.ts";
import type { RunRequest } from "../../core/request.ts";
import { findCodex } from "../../engine/find-codex.ts";
import { refuseRecursion } from "../../gate/recursion.ts";
import { effective, type Layer } from "../../packet/effective.ts";
import { findRole } from "../../packet/roles/index.ts";
import { createRecord } from "../../run/create-record.ts";
import { stateHome } from "../../sys/paths.ts";
import { followRun, NOT_DELIVERED } from "../follow-run.ts";
import type { Loudness } from "../progress.ts";
import { saidLayers } from "./collect-layers.ts";
import { ASK_FLAGS, type AskFlags } from "./flags.ts";
import { lint, planRun } from "./plan-run.ts";
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

async function delegate(
  input: { said: readonly Layer[]; home: string; found: FoundSession | undefined; flags: AskFlags },
  io: Io,
): Promise<number> {
  const { said, home, found, flags } = input;
  const line = found?.line;
  const plan = { flags, said, home, session: found?.session, codex: findCodex(io.env), now: new Date() };
  const planned = await planRun({ ...plan, ...(line ? { line, running: true } : {}) }, io);
  const { request } = planned;
  if (flags["dry-run"]) {
    const { renderDryRun } = await import("./render-dry-run.ts");
    io.stdout.write(renderDryRun(planned, { home, env: io.env, json: flags.json ?? false }));
    return 0;
  }
  if (request.power.scope.length > 0)
    await (await import("./refuse-overlap.ts")).refuseOverlap(home, request, found?.session, io);
  const announced = flags.quiet ? [] : request.warnings;
  if (line) {
    const { handOver } = await import("./hand-over.ts");
    const say = () => announce(request, flags, io);
    return handOver({ home, request, after: found?.after, announce: say, announced, output: outputOf(flags) }, io);
  }
  const dir = createRecord(home, request);
  if (request.packet.taskId !== undefined) {
    const { claimForRun } = await import("./claim-for-run.ts");
    claimForRun(home, request, found?.after, () => rmSync(dir, { recursive: true, force: true }));
  }
  const launch = () => {
    announce(request, flags, io);
    return launchBroker({ program: io.brokerProgram, dir, env: io.env });
  };
  return followRun(
    {
      runId: request.runId,
      dir,
      line: request,
      launch,
      announced,
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

/** What an answer into a turn that waits can't change any more: all that is not about the output of this call. */
const FOR_ANSWERS = new Set(["session", "task-id", "json", "quiet", "verbose", "strict"]);

function answerQuestion(
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
  return followRun({ ...waiting, answer: redact(text), ownsRun: true, ...outputOf(flags) }, io);
}

function outputOf(flags: AskFlags): { json: boolean; loudness: Loudness } {
  return { json: flags.json ?? false, loudness: flags.quiet ? "quiet" : flags.verbose ? "verbose" : "normal" };
}
