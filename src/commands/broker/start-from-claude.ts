import { latestBroker } from "../../broker/store/broker-record.ts";
import type { Conversation } from "../../claude/conversation.ts";
import { findTranscript, namesTranscript } from "../../claude/find-transcript.ts";
import { readTranscript } from "../../claude/read-transcript.ts";
import type { Io } from "../../cli/define.ts";
import { usageError } from "../../core/errors.ts";
import { newBrokerId, newToken } from "../../core/ids.ts";
import type { RunRequest } from "../../core/request.ts";
import { findCodex } from "../../engine/find-codex.ts";
import { refuseRecursion } from "../../gate/recursion.ts";
import { effective } from "../../packet/effective.ts";
import { socketPath, stateHome } from "../../sys/paths.ts";
import { admit } from "../ask/admit.ts";
import { saidLayers } from "../ask/collect-layers.ts";
import { locate } from "../ask/locate.ts";
import { type PlanInput, planRun } from "../ask/plan-run.ts";
import { readGoal } from "../ask/read-goal.ts";
import { renderDryRun } from "../ask/render-dry-run.ts";
import { bringSession, refuseOtherProject, sessionOfCall } from "./bring-session.ts";
import { begin, firstWithKey, tell } from "./start-session.ts";
import { type Flags, type OptionName, RUN_OPTIONS } from "./verb.ts";

/**
 * Hands a session of Claude Code over: a new session with the power of the call, whose thread begins with what was said
 * and done there. Without a goal it waits for its first message. Nothing of Claude Code's own is changed.
 */
export async function startFromClaude(texts: readonly string[], flags: Flags, io: Io): Promise<number> {
  const { transcript, goals } = partWords(flags["from-claude"] ?? "", texts);
  const goal = await readGoal(goals, io.stdin, "codex_broker start --from-claude");
  const waits = goal === undefined && flags.packet === undefined;
  refuseOptions(flags, waits);
  refuseRecursion(io.env);
  const home = stateHome(io.env);
  const said = await saidLayers(flags, goal ?? NO_GOAL, io.cwd);
  const first = flags.key === undefined ? undefined : firstWithKey(home, flags.key, said, io);
  if (first && latestBroker(first)) return tell(first, undefined, flags, io);

  const conversation = readTranscript(findTranscript(transcript, io.env, io.cwd));
  const named = effective(said).values.workspace;
  if (named === undefined) refuseOtherProject(conversation, locate(named, io.cwd).workspace);
  const brokerId = newBrokerId(new Date());
  const line = { brokerId, socket: socketPath(home, brokerId), token: newToken(), live: true };
  const plan = { flags, said, home, codex: findCodex(io.env), now: new Date(), line, unattended: true };
  const { request, ...about } = await planRun({ ...plan, session: undefined }, io);
  if (flags["dry-run"]) return showPlan({ plan, request, conversation }, io);

  const admitted = waits ? request : await admit({ request, ...about }, { home, found: undefined, flags }, io);
  const brought = { ...(await bringSession({ request: admitted, conversation, home }, io)), waits };
  const { session } = brought;
  const planned = await planRun({ ...plan, session }, io);
  const { packet, prompt, warnings } = planned.request;
  const threadId = session.session_id === null ? {} : { threadId: session.session_id };
  return begin({ request: { ...admitted, packet, prompt, warnings, ...threadId }, brought }, flags, io);
}

/** What is planned where there is no goal: the power and the rest of it is the session's, and the goal goes nowhere. */
const NO_GOAL = "Wait for the first message.";

/**
 * `--from-claude=TRANSCRIPT GOAL`, and `--from-claude TRANSCRIPT GOAL` too: of two words the first is the transcript, and
 * one alone where it looks like one.
 */
export function partWords(
  value: string,
  texts: readonly string[],
): { transcript: string | undefined; goals: readonly string[] } {
  if (value !== "") return { transcript: value, goals: texts };
  const [first, ...rest] = texts;
  const isNamed = first !== undefined && (texts.length === 2 || (texts.length === 1 && namesTranscript(first)));
  return isNamed ? { transcript: first, goals: rest } : { transcript: undefined, goals: texts };
}

/** What a session has, and what its first run does not need to be there for. */
const OF_SESSION = new Set<OptionName>([
  "workspace",
  "role",
  "read-only",
  "model",
  "reasoning",
  "scope",
  "writable",
  "no-tmp",
  "env",
  "network",
  "sandbox",
]);

function refuseOptions(flags: Flags, waits: boolean): void {
  for (const name of ["session", "task-id"] as const)
    if (flags[name] !== undefined)
      throw usageError(`--from-claude begins a session, and --${name} names another one`, "give one of them");
  if (!waits) return;
  const unused = (["force", "quota-gate", ...RUN_OPTIONS] as const).find(
    (name) => flags[name] !== undefined && !OF_SESSION.has(name),
  );
  if (unused)
    throw usageError(
      `--${unused} is for a run, and there is no goal`,
      'codex_broker start --from-claude "GOAL", or give it to the first codex_broker send',
    );
}

async function showPlan(
  about: { plan: Omit<PlanInput, "session">; request: RunRequest; conversation: Conversation },
  io: Io,
): Promise<number> {
  const { plan, request, conversation } = about;
  const planned = await planRun({ ...plan, session: sessionOfCall(request, conversation) }, io);
  const { messages, summarised, redacted } = conversation;
  const counts = `${messages.length} messages (${summarised} more are in a summary, ${redacted} secrets taken out)`;
  io.stderr.write(`would hand over ${counts} of the session ${conversation.sessionId ?? "in the transcript"}\n`);
  io.stdout.write(renderDryRun(planned, { home: plan.home, env: io.env, json: plan.flags.json ?? false }));
  return 0;
}
