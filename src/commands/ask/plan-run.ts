import { relative, resolve, sep } from "node:path";
import type { Io } from "../../cli/define.ts";
import { usageError } from "../../core/errors.ts";
import { newBrokerId, newRunId, newToken } from "../../core/ids.ts";
import type { Packet } from "../../core/packet.ts";
import type { Power } from "../../core/policy.ts";
import type { SessionRecord } from "../../core/record.ts";
import { redact } from "../../core/redact.ts";
import type { RunRequest } from "../../core/request.ts";
import type { Draft } from "../../packet/draft.ts";
import { effective, type Layer, type Sources } from "../../packet/effective.ts";
import { lintPacket } from "../../packet/lint.ts";
import { buildFollowUp, buildPrompt } from "../../packet/prompt.ts";
import { findRole } from "../../packet/roles/index.ts";
import { readWorkspaceFacts } from "../../packet/workspace-facts.ts";
import { scopeWarnings } from "../../policy/scope-warnings.ts";
import { hasAskTool } from "../../run/has-ask-tool.ts";
import { currentOwner } from "../../sys/owner.ts";
import { socketPath } from "../../sys/paths.ts";
import { collectLayers } from "./collect-layers.ts";
import type { AskFlags } from "./flags.ts";
import { checkOutput, checkPlan, type Place, readSchema } from "./locate.ts";
import { planBackground } from "./plan-background.ts";
import { planLimits } from "./plan-limits.ts";
import { planPower } from "./plan-power.ts";
import { planPush } from "./plan-push.ts";
import { withHandOver } from "./with-hand-over.ts";
import { withoutSecrets } from "./without-secrets.ts";

export interface PlanInput {
  flags: AskFlags;
  /** What the call itself says: its options, its packet. */
  said: readonly Layer[];
  home: string;
  session: SessionRecord | undefined;
  codex: RunRequest["codex"];
  now: Date;
  /** The broker that carries it out among other runs; absent: one of its own. */
  line?: BrokerLine;
  /** That broker runs already, in an environment of its own. */
  running?: boolean;
  /** Nobody waits for it: its end goes to the inbox. */
  unattended?: boolean;
  /** What it takes over of the run that it goes on with, where the call says nothing else. */
  before?: Pick<RunRequest, "schema" | "push">;
}

/** Where a broker can be spoken to, and what must be shown to it. */
export type BrokerLine = Pick<RunRequest, "brokerId" | "socket" | "token" | "live">;

/** The gate's threshold where nobody says another (DESIGN.md 7). */
export const QUOTA_GATE = 85;

/** A run that was planned: its request, and where each value came from. */
export interface PlannedRun {
  request: RunRequest;
  sources: Sources;
  /** Percent of the usage limit from which it is not started. */
  quotaGate: number;
  delegate: boolean | undefined;
}

/** Makes the whole request of a run from all that was said, or says what is wrong with it. Writes and starts nothing. */
export async function planRun(input: PlanInput, io: Io): Promise<PlannedRun> {
  const { flags, home, session, now } = input;
  if (flags.quiet && flags.verbose) throw usageError("--quiet and --verbose contradict each other", "give one of them");
  const collected = await collectLayers(input, io);
  const { place, settings } = collected;
  const { values, sources } = effective(collected.layers);
  const role = findRole(values.role ?? "writer");
  const power = planPower({
    flags,
    role,
    scope: values.scope === undefined ? undefined : { entries: values.scope, source: sources.scope ?? "the scope" },
    ...place,
    cwd: io.cwd,
    stateHome: home,
    session,
    roleNamed: collected.roleNamed,
  });
  if (power.write === "scope" && !place.git)
    throw usageError(
      `${place.workspace} is not in a git repository, so nobody could tell whether the write scope was kept`,
      "run git init there, or leave the scope out",
    );
  // A path that the command line names begins where the caller stands, any other in the packet's own directory.
  const at = (key: "plan" | "schema" | "output", path: string) =>
    resolve(sources[key]?.startsWith("--") ? io.cwd : place.callerDir, path);
  const plan = values.plan === undefined ? undefined : checkPlan(at("plan", values.plan));
  const base = sources.expectFiles?.startsWith("unit ") ? place.workspace : place.callerDir;
  const packet = toPacket(withHandOver(values, session), {
    role: role.name,
    power,
    place,
    base,
    plan,
    goal: goalOf(values),
  });
  const facts = await readWorkspaceFacts({ ...place, files: packet.files });
  const schema = values.schema === undefined ? input.before?.schema : await readSchema(at("schema", values.schema));
  const engine = values.engine ?? "app-server";
  // What a session happened to run on is nobody's wish.
  const enginePinned = !/^(default$|session )/.test(sources.engine ?? "default");
  if (input.running && session && enginePinned && engine !== session.engine)
    throw usageError(
      `the session ${session.broker_id} runs on ${session.engine}, but ${sources.engine} asks for ${engine}`,
      "leave that out, or start a new session",
    );
  const imported = session?.from_claude?.way === "import";
  const askTool = hasAskTool(engine, session, session?.session_id ?? undefined);
  const about = { packet, facts, schema: schema !== undefined, askTool, power, role };
  // A thread that no run of ours began has never been told how to work and report.
  const followUp = session !== undefined && session.runs.length > 0;
  // What the session was told before is not told again: its scope, or that it only reads.
  const { scope: _, ...unscoped } = packet;
  const told = values.scope === undefined && (power.write !== "none" || session?.power.write === "none");
  const news = told ? { ...about, packet: unscoped } : about;
  const whole = followUp ? buildFollowUp(news) : buildPrompt(about);
  const prompt = redact(whole);
  const checks = packet.verify.length + packet.verifyProse.length;
  const warnings = [
    ...lint({ goal: packet.goal, prompt: whole, role, followUp: followUp || imported, checks }, values.strict ?? false),
    ...scopeWarnings(place.workspace, power),
    ...missingVariables(power, input.running ? undefined : io.env),
  ];
  if (prompt !== whole) warnings.push("something that looks like a secret was taken out of the prompt");
  const push = planPush(flags, { cwd: io.cwd, env: io.env, home, workspace: place.workspace }) ?? input.before?.push;
  const background = input.unattended ? planBackground(values, io.env, input.line !== undefined) : undefined;
  const runId = newRunId(now);
  const request: RunRequest = {
    version: 1,
    runId,
    ...(input.line ?? ownLine(home, runId, session?.broker_id ?? newBrokerId(now))),
    createdAt: now.toISOString(),
    starter: currentOwner(),
    workspace: place.workspace,
    git: place.git,
    packet: withoutSecrets(packet),
    prompt,
    power,
    deny: settings.deny,
    volatile: settings.volatile,
    verifyBase: values.verifyBase ?? false,
    limits: planLimits(values, io.env),
    engine,
    enginePinned,
    ...(values.model === undefined ? {} : { model: values.model }),
    ...(values.reasoning === undefined ? {} : { reasoning: values.reasoning }),
    ...(session?.session_id ? { threadId: session.session_id } : {}),
    ...(schema === undefined ? {} : { schema }),
    ...(values.output === undefined ? {} : { output: checkOutput(at("output", values.output)) }),
    ...(push === undefined ? {} : { push }),
    ...(background === undefined ? {} : { background }),
    autoReview: values.autoReview ?? false,
    codex: input.codex,
    warnings,
  };
  return { request, sources, quotaGate: values.quotaGate ?? QUOTA_GATE, delegate: settings.delegate };
}

const missingVariables = ({ env: names }: Power, env: NodeJS.ProcessEnv | undefined): string[] =>
  names.flatMap((name) => (env && env[name] === undefined ? [`--env ${name}: there is no such variable`] : []));

const ownLine = (home: string, runId: string, brokerId: string): BrokerLine => ({
  brokerId,
  socket: socketPath(home, runId),
  token: newToken(),
  live: false,
});

function goalOf({ goal }: Draft): string {
  if (goal !== undefined && goal.trim() !== "") return goal;
  throw usageError(
    goal === undefined ? "there is no goal" : "the goal is empty",
    'say what is to be done: ask_codex "fix the login test"',
  );
}

function toPacket(
  values: Draft,
  {
    role,
    power,
    place,
    base,
    plan,
    goal,
  }: { role: Packet["role"]; power: Power; place: Place; base: string; plan: string | undefined; goal: string },
): Packet {
  return {
    version: 1,
    goal,
    role,
    files: values.files ?? [],
    ...(power.write === "none" ? { scope: [] } : power.scope.length > 0 ? { scope: power.scope } : {}),
    nonGoals: values.nonGoals ?? [],
    verify: values.verify ?? [],
    verifyProse: values.verifyProse ?? [],
    expectFiles: (values.expectFiles ?? []).map((path) => belowWorkspace(path, base, place.workspace)),
    ...(values.deliverable === undefined ? {} : { deliverable: values.deliverable }),
    ...(values.context === undefined ? {} : { context: values.context }),
    ...(plan === undefined ? {} : { plan }),
    ...(values.taskId === undefined ? {} : { taskId: values.taskId }),
    allowDirtyOverlap: values.allowDirtyOverlap ?? false,
  };
}

/** An expected file is looked for by us, in no sandbox: only below the workspace. */
function belowWorkspace(path: string, base: string, workspace: string): string {
  const inside = relative(workspace, resolve(base, path));
  if (inside === "" || inside === ".." || inside.startsWith(`..${sep}`) || resolve(workspace, inside) === inside)
    throw usageError(`the expected file ${path} lies outside the workspace ${workspace}`, "name a file below it");
  return inside.split(sep).join("/");
}

/** The warnings about a goal, or about the answer to a question; what must not go to a model is refused. */
export function lint(input: Parameters<typeof lintPacket>[0], strict: boolean): string[] {
  const findings = lintPacket(input);
  const refused = findings.find((finding) => finding.refuse || strict);
  if (refused) throw usageError(refused.message, refused.refuse ? undefined : "leave --strict out to run all the same");
  return findings.map((finding) => finding.message);
}
