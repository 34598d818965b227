import type { Draft } from "../../packet/draft.ts";
import { describePower } from "../../policy/compare-power.ts";
import { planGrants } from "../../policy/grants.ts";
import { type Policy, planPolicy } from "../../policy/plan-policy.ts";
import { temporaryDir } from "../../sys/paths.ts";
import { oneLinePath } from "../render-receipt.ts";
import type { PlannedRun } from "./plan-run.ts";

/** What would be started, for a reader or as JSON: the prompt, the effective power and limits, and where each value came from. */
export function renderDryRun(
  { request, sources, delegate }: PlannedRun,
  options: { home: string; env: NodeJS.ProcessEnv; json: boolean },
): string {
  const { prompt, power, limits, workspace, engine, codex, packet, warnings } = request;
  const policy = planPolicy({
    ...request,
    id: request.runId,
    marker: request.runId,
    grants: planGrants(workspace, power).directories,
    stateHome: options.home,
    tmpDir: temporaryDir(options.home, request.runId),
    env: options.env,
  });
  // What is withheld is not what the run would have.
  const profile = policy.withheld === undefined ? policy.profile : null;
  const model = request.model ?? "Codex's default";
  const reasoning = request.reasoning ?? "Codex's default";
  if (options.json)
    return `${JSON.stringify({ dry_run: true, workspace, role: packet.role, power, profile, limits, engine, codex, model, reasoning, packet, sources, delegate: delegate ?? null, deny: request.deny, volatile: request.volatile, session_id: request.threadId ?? null, warnings, prompt })}\n`;
  const limit = (ms: number) => (ms === 0 ? "none" : `${ms / 1000}s`);
  const from = (key: keyof Draft) => (sources[key] === undefined ? "" : `   (${oneLinePath(sources[key])})`);
  const list = (name: string, values: readonly string[], key: keyof Draft) =>
    values.map((value) => `${name}=${oneLinePath(value)}${from(key)}`);
  return [
    "dry run: nothing was started",
    `workspace=${oneLinePath(workspace)}${from("workspace")}`,
    `role=${packet.role}${from("role")}`,
    `power=${oneLinePath(describePower(power))}`,
    ...list("scope", power.scope, "scope"),
    ...list("verify", packet.verify, "verify"),
    ...list("expect_file", packet.expectFiles, "expectFiles"),
    `profile=${profileText(policy)}`,
    `engine=${engine}${from("engine")}`,
    `codex=${[codex.command, ...codex.args].join(" ")}`,
    `model=${model}${from("model")}`,
    `reasoning=${reasoning}${from("reasoning")}`,
    `timeout=${limit(limits.totalMs)}${from("timeoutS")}`,
    `idle_timeout=${limit(limits.idleMs)}${from("idleTimeoutS")}`,
    `max_steps=${limits.maxSteps === 0 ? "none" : limits.maxSteps}${from("maxSteps")}`,
    `verify_timeout=${limit(limits.checkMs)}${from("verifyTimeoutS")}`,
    ...(delegate === undefined ? [] : [`delegate=${delegate}   (settings)`]),
    ...(request.threadId ? [`session_id=${request.threadId}`] : []),
    ...warnings.map((warning) => `warning: ${warning}`),
    "",
    prompt,
    "",
  ].join("\n");
}

/** The profile, or why Codex is given none. */
export function profileText({ profile, withheld, legacy }: Pick<Policy, "profile" | "withheld" | "legacy">): string {
  if (withheld !== undefined) return `none (policy=degraded: Codex ${withheld}; its sandbox mode is ${legacy.mode})`;
  return profile === null ? "none (danger-full-access)" : JSON.stringify(profile);
}
