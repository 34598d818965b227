import type { RunRequest } from "../../core/request.ts";
import { permissionProfile } from "../../policy/permission-profile.ts";
import { oneLinePath } from "../render-receipt.ts";

/** What would be started, for a reader or as JSON: the prompt, the effective power and the limits. */
export function renderDryRun(request: RunRequest, json: boolean): string {
  const { prompt, power, limits, workspace, engine, codex, packet, warnings } = request;
  const model = request.model ?? "Codex's default";
  const reasoning = request.reasoning ?? "Codex's default";
  if (json)
    return `${JSON.stringify({ dry_run: true, workspace, role: packet.role, power, limits, engine, codex, model, reasoning, session_id: request.threadId ?? null, warnings, prompt })}\n`;
  const profile =
    power.write === "everything"
      ? "none (danger-full-access)"
      : JSON.stringify(permissionProfile({ power, stateHome: "<state home>" }));
  const limit = (ms: number) => (ms === 0 ? "none" : `${ms / 1000}s`);
  return [
    "dry run: nothing was started",
    `workspace=${oneLinePath(workspace)}`,
    `role=${packet.role}`,
    `power=write:${power.write} network:${power.network ? "on" : "off"}`,
    `profile=${profile}`,
    `engine=${engine}`,
    `codex=${[codex.command, ...codex.args].join(" ")}`,
    `model=${model}`,
    `reasoning=${reasoning}`,
    `limits=total:${limit(limits.totalMs)} idle:${limit(limits.idleMs)} steps:${limits.maxSteps === 0 ? "none" : limits.maxSteps}`,
    ...(request.threadId ? [`session_id=${request.threadId}`] : []),
    ...warnings.map((warning) => `warning: ${warning}`),
    "",
    prompt,
    "",
  ].join("\n");
}
